//! How often an address may try a pairing code, apart from how often a code may be guessed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Tries of one address within [`WITHIN`].
const TRIES_MOST: u32 = 10;
const WITHIN: Duration = Duration::from_secs(60);
/// Addresses remembered; beyond them strangers wait for the oldest to be forgotten.
const ADDRESSES_MOST: usize = 4096;

/// The recent tries per address; an IPv6 subscriber's whole /64 is one.
#[derive(Debug, Default)]
pub struct Tries(Mutex<HashMap<IpAddr, Recent>>);

#[derive(Clone, Copy, Debug)]
struct Recent {
    tries: u32,
    since: Timestamp,
}

impl Tries {
    /// Counts a try.
    ///
    /// # Errors
    /// How long to wait when there were too many.
    pub fn count(&self, from: IpAddr, now: Timestamp) -> Result<(), Duration> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, one| left(one.since, now).is_some());
        let from = subscriber(from);
        if recent.len() >= ADDRESSES_MOST && !recent.contains_key(&from) {
            return Err(WITHIN);
        }
        let one = recent.entry(from).or_insert(Recent {
            tries: 0,
            since: now,
        });
        if one.tries >= TRIES_MOST {
            return Err(left(one.since, now).unwrap_or(WITHIN));
        }
        one.tries += 1;
        Ok(())
    }

    /// Whether nobody was told yet that an address has too many; true once.
    pub fn is_news(&self, from: IpAddr) -> bool {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = recent
            .get_mut(&subscriber(from))
            .filter(|one| one.tries == TRIES_MOST);
        full.map(|one| one.tries += 1).is_some()
    }

    /// Forgets an address that had a right code.
    pub fn forgive(&self, from: IpAddr) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.remove(&subscriber(from));
    }
}

/// What is left of the time that tries count; a clock that stepped back forgets them.
fn left(since: Timestamp, now: Timestamp) -> Option<Duration> {
    let ago = Duration::try_from(now.duration_since(since)).ok()?;
    WITHIN.checked_sub(ago).filter(|left| !left.is_zero())
}

fn subscriber(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(second)
    }

    #[test]
    fn an_address_waits_after_ten_tries_and_others_do_not() {
        let tries = Tries::default();
        let (one, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        for _ in 0..10 {
            assert_eq!(tries.count(one, at(0)), Ok(()));
        }
        assert_eq!(tries.count(one, at(20)), Err(Duration::from_secs(40)));
        assert_eq!(tries.count(other, at(20)), Ok(()));
        assert_eq!(tries.count(one, at(60)), Ok(()));
        tries.forgive(one);
        assert_eq!(tries.count(one, at(61)), Ok(()));
    }

    #[test]
    fn a_whole_64_of_ipv6_is_one_address() {
        let tries = Tries::default();
        for last in 0..10u16 {
            let from = [0x2001, 0xdb8, 0, 7, 0, 0, 0, last].into();
            assert_eq!(tries.count(from, at(0)), Ok(()));
        }
        let same = [0x2001, 0xdb8, 0, 7, 9, 9, 9, 9].into();
        assert!(tries.count(same, at(0)).is_err());
        let next = [0x2001, 0xdb8, 0, 8, 0, 0, 0, 0].into();
        assert!(tries.count(next, at(0)).is_ok());
    }
}
