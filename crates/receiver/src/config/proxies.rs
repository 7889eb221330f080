//! Which proxies are believed when they say for whom they ask.

use std::net::{IpAddr, SocketAddr};

/// Addresses of proxies in front of the receiver; nobody else's word on a client's address counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpAddr>);

impl Proxies {
    /// Addresses between commas.
    ///
    /// # Errors
    /// The part that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim);
        let addresses = parts.map(|part| match part.parse::<IpAddr>() {
            Ok(address) => Ok(address.to_canonical()),
            Err(_) => Err(part.to_owned()),
        });
        addresses.collect::<Result<_, _>>().map(Self)
    }

    /// Who asks: the peer, or the nearest of those `hops` that no trusted proxy has. Each proxy puts who asked it last;
    /// what stands before may have been made up by anybody.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        hops: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in hops.rev() {
            if !self.0.contains(&client) {
                break;
            }
            let Some(address) = address(hop.trim()) else {
                break;
            };
            client = address.to_canonical();
        }
        client
    }
}

/// Some proxies write the port, too.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn client(proxies: &str, peer: &str, hops: &str) -> String {
        let proxies = match proxies {
            "" => Proxies::default(),
            some => Proxies::parse(some).unwrap(),
        };
        let client = proxies.client(peer.parse().unwrap(), hops.split(','));
        client.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_asks() {
        let both = "127.0.0.1, 10.0.0.2";
        for (proxies, peer, hops, expected) in [
            ("", "127.0.0.1", "192.0.2.1", "127.0.0.1"),
            (both, "203.0.113.9", "192.0.2.1", "203.0.113.9"),
            (both, "127.0.0.1", "192.0.2.1", "192.0.2.1"),
            (both, "::ffff:127.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
            (both, "127.0.0.1", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
            (both, "127.0.0.1", "6.6.6.6,192.0.2.1,10.0.0.2", "192.0.2.1"),
            (both, "127.0.0.1", "6.6.6.6, unknown", "127.0.0.1"),
            (both, "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ] {
            assert_eq!(client(proxies, peer, hops), expected, "{peer}: {hops}");
        }
        assert_eq!(Proxies::parse("127.0.0.1,proxy"), Err("proxy".to_owned()));
    }
}
