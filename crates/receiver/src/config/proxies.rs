//! Which proxies are believed when they say for whom they ask.

use std::net::{IpAddr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};

/// Networks of proxies in front of the receiver; nobody else's word on a client's address counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Addresses and networks (`10.0.0.0/8`) between commas.
    ///
    /// # Errors
    /// What is wrong with the part that is neither, and what helps.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim);
        parts.map(network).collect::<Result<_, _>>().map(Self)
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
            if !self.0.iter().any(|network| network.contains(&client)) {
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

/// The network that is meant; a single address is one, too.
fn network(part: &str) -> Result<IpNet, String> {
    const LIKE: &str =
        "write addresses or networks of your proxies between commas, such as 127.0.0.1,10.0.0.0/8";
    if let Ok(address) = part.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = match part.parse() {
        Ok(network) => canonical(network),
        Err(_) if part.is_empty() => return Err(format!("an entry is empty; {LIKE}")),
        Err(_) => {
            return Err(format!(
                "'{part}' is neither an address nor a network; {LIKE}"
            ));
        }
    };
    // Whom one may not trust could be meant by what stands behind the prefix.
    match network == network.trunc() {
        true => Ok(network),
        false => Err(format!(
            "'{part}' has bits set beyond its prefix; write {} for the network, or the address alone",
            network.trunc()
        )),
    }
}

/// Networks of IPv4 written as IPv6 (`::ffff:10.0.0.0/104`) hold what peers are compared as.
fn canonical(network: IpNet) -> IpNet {
    let v4 = match (network.addr().to_canonical(), network) {
        (IpAddr::V4(address), IpNet::V6(_)) => network
            .prefix_len()
            .checked_sub(96)
            .and_then(|length| Ipv4Net::new(address, length).ok()),
        _ => None,
    };
    v4.map_or(network, IpNet::V4)
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
    }

    /// Fly's proxy adds whom it heard, then the app's own address.
    #[test]
    fn behind_fly_the_apps_own_addresses_are_trusted_too_or_all_are_one() {
        const HOPS: &str = "6.6.6.6, 192.0.2.1, 203.0.113.9";
        for (proxies, expected) in [
            ("", "172.19.2.97"),
            ("172.16.0.0/12", "203.0.113.9"),
            ("172.16.0.0/12,203.0.113.9,2001:db8::9", "192.0.2.1"),
        ] {
            assert_eq!(client(proxies, "172.19.2.97", HOPS), expected, "{proxies}");
        }
    }

    #[test]
    fn a_network_of_proxies_is_trusted_as_a_whole_and_no_further() {
        let nets = "10.0.0.0/8, 2001:db8:a::/48, 192.0.2.7";
        for (proxies, peer, expected) in [
            (nets, "10.255.255.255", "6.6.6.6"),
            (nets, "::ffff:10.0.0.1", "6.6.6.6"),
            (nets, "11.0.0.0", "11.0.0.0"),
            (nets, "2001:db8:a:ffff::1", "6.6.6.6"),
            (nets, "2001:db8:b::1", "2001:db8:b::1"),
            (nets, "192.0.2.7", "6.6.6.6"),
            (nets, "192.0.2.8", "192.0.2.8"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "6.6.6.6"),
            ("::ffff:10.0.0.0/104", "11.1.2.3", "11.1.2.3"),
            ("0.0.0.0/0", "203.0.113.9", "6.6.6.6"),
            ("0.0.0.0/0", "2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(
                client(proxies, peer, "6.6.6.6"),
                expected,
                "{proxies}: {peer}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_named_with_what_helps() {
        for (text, words) in [
            ("127.0.0.1,proxy", &["'proxy'", "neither", "10.0.0.0/8"][..]),
            ("10.0.0.0/33", &["'10.0.0.0/33'", "neither"]),
            ("10.0.0.0/", &["'10.0.0.0/'", "neither"]),
            ("127.0.0.1,,::1", &["empty"]),
            ("10.0.0.5/8", &["'10.0.0.5/8'", "write 10.0.0.0/8"]),
            ("2001:db8::1/32", &["write 2001:db8::/32"]),
        ] {
            let why = Proxies::parse(text).unwrap_err();
            assert!(words.iter().all(|word| why.contains(word)), "{text}: {why}");
        }
    }
}
