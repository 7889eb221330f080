//! `syncward://` links: read, bounded, and turned into something that a person is asked about.
//!
//! A link comes from anywhere: a mail, a web page, another program. Nothing here acts; what is not exactly one of the
//! known forms is refused with a sentence that repeats nothing of it.

use serde::{Deserialize, Serialize};
use syncward_wire::Fingerprint;
use syncward_wire::pairing::LINK_SCHEME;
use url::Url;
use uuid::Uuid;

use crate::bridge::Fault;
use crate::client::parse_address;

/// Bytes of a link.
const LONGEST: usize = 1024;
/// Characters of a receiver's address in it.
const LONGEST_ADDRESS: usize = 253;
/// Characters of a pairing code.
const LONGEST_CODE: usize = 32;

/// Where a link leads; the window asks, or shows the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Visit {
    /// Fills the pairing form; a person presses Connect.
    Pair {
        address: String,
        code: String,
        /// The key of the receiver's certificate, as the receiver told it when it made the link.
        pin: Option<Fingerprint>,
    },
    /// A screen of the window, such as `#/channels`.
    Open { hash: String },
    /// Not a link that Syncward knows, and why.
    Refused { fault: Fault },
}

/// A link that was followed, until the window has shown where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Arrival {
    /// Its own, so that what was seen of one link says nothing about the next.
    pub id: Uuid,
    pub visit: Visit,
}

/// Reads a link; whatever is wrong with it becomes [`Visit::Refused`].
pub fn visit(link: &str) -> Visit {
    read(link).unwrap_or_else(|fault| Visit::Refused { fault })
}

fn read(link: &str) -> Result<Visit, Fault> {
    if link.len() > LONGEST || !link.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused(
            "link_malformed",
            "This link is too long or holds characters that no link of Syncward's has.",
        ));
    }
    let url = Url::parse(link).map_err(|_| refused("link_malformed", "This is not a link."))?;
    if url.scheme() != LINK_SCHEME {
        return Err(refused("link_foreign", "This link is not for Syncward."));
    }
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.port().is_none()
        && url.fragment().is_none();
    match (url.host_str(), url.path()) {
        (Some("pair"), "" | "/") if bare => pair(&url),
        (Some("open"), path) if bare && url.query().is_none() => open(path),
        _ => Err(refused(
            "link_unknown",
            "Syncward knows no such link; this version knows syncward://pair and syncward://open.",
        )),
    }
}

/// `syncward://pair?address=…&code=…`, with or without `pin`, each once and nothing else.
fn pair(url: &Url) -> Result<Visit, Fault> {
    let (mut address, mut code, mut pin) = (None, None, None);
    for (name, value) in url.query_pairs() {
        let place = match name.as_ref() {
            "address" => &mut address,
            "code" => &mut code,
            "pin" => &mut pin,
            _ => return Err(incomplete()),
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(incomplete());
        }
    }
    let (Some(address), Some(code)) = (address, code) else {
        return Err(incomplete());
    };
    let pin = pin.map(|pin: String| pin.parse::<Fingerprint>());
    let pin = pin.transpose().map_err(|_| incomplete())?;
    let fits = |text: &str, most: usize| !text.is_empty() && text.len() <= most;
    let plain = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits(&code, LONGEST_CODE) || !plain || !fits(&address, LONGEST_ADDRESS) {
        return Err(incomplete());
    }
    let root = parse_address(&address).map_err(Fault::from)?;
    if !root.username().is_empty()
        || root.password().is_some()
        || root.query().is_some()
        || root.fragment().is_some()
    {
        return Err(incomplete());
    }
    // As it was understood, not as it was written: what a person reads is what will be asked.
    let address = root.as_str().trim_end_matches('/').to_owned();
    Ok(Visit::Pair { address, code, pin })
}

/// `syncward://open/channels/<id>` and the like.
fn open(path: &str) -> Result<Visit, Fault> {
    const SCREENS: [&str; 8] = [
        "overview", "channels", "latency", "alerts", "clinics", "activity", "receiver", "settings",
    ];
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let hash = match parts.as_slice() {
        [""] => "#/overview".to_owned(),
        ["channels", id] => match Uuid::try_parse(id) {
            Ok(id) => format!("#/channels/{id}"),
            Err(_) => return Err(no_screen()),
        },
        [screen] if SCREENS.contains(screen) => format!("#/{screen}"),
        _ => return Err(no_screen()),
    };
    Ok(Visit::Open { hash })
}

fn no_screen() -> Fault {
    refused(
        "link_unknown",
        "This link leads to no screen of Syncward's.",
    )
}

fn incomplete() -> Fault {
    refused(
        "link_incomplete",
        "This pairing link is not whole: it has to hold one address and one code, and nothing else.",
    )
}

fn refused(code: &str, message: &str) -> Fault {
    Fault::new(
        code,
        message,
        "Nothing was done. Ask for a new link, or enter address and code by hand.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use syncward_wire::pairing::pairing_link;

    fn code_of(link: &str) -> String {
        match visit(link) {
            Visit::Refused { fault } => fault.code,
            taken @ (Visit::Pair { .. } | Visit::Open { .. }) => format!("{taken:?}"),
        }
    }

    #[test]
    fn a_pairing_link_fills_the_form() {
        let link = pairing_link("https://calendar.clinic.example", "ABCDE-FGHJK", None);
        assert_eq!(
            visit(&link),
            Visit::Pair {
                address: "https://calendar.clinic.example".into(),
                code: "ABCDE-FGHJK".into(),
                pin: None,
            }
        );
    }

    #[test]
    fn a_link_opens_a_screen() {
        let id = Uuid::from_u128(7);
        let opened = |hash: &str| Visit::Open { hash: hash.into() };
        assert_eq!(visit("syncward://open/alerts"), opened("#/alerts"));
        assert_eq!(visit("syncward://open"), opened("#/overview"));
        assert_eq!(
            visit(&format!("syncward://open/channels/{id}")),
            opened(&format!("#/channels/{id}"))
        );
    }

    #[test]
    fn what_is_not_exactly_known_is_refused_in_a_word() {
        for (link, code) in [
            ("https://clinic.example/pair", "link_foreign"),
            ("file:///etc/passwd", "link_foreign"),
            ("nonsense", "link_malformed"),
            ("syncward://pair?address=a b", "link_malformed"),
            ("syncward://erase/everything", "link_unknown"),
            (
                "syncward:pair?address=https://a.example&code=A",
                "link_unknown",
            ),
            ("syncward://open/channels/'-alert(1)-'", "link_unknown"),
            ("syncward://open/settings?then=quit", "link_unknown"),
            ("syncward://me@open/settings", "link_unknown"),
            ("syncward://open/../../x", "link_unknown"),
            ("syncward://pair", "link_incomplete"),
            (
                "syncward://pair?address=https://a.example",
                "link_incomplete",
            ),
            (
                "syncward://pair?address=https://a.example&code=A&code=B",
                "link_incomplete",
            ),
            (
                "syncward://pair?address=https://a.example&code=A&run=1",
                "link_incomplete",
            ),
            (
                "syncward://pair?address=https://a.example&code=%3Cb%3E",
                "link_incomplete",
            ),
            (
                "syncward://pair?address=https://a.example&code=A&pin=abc",
                "link_incomplete",
            ),
            (
                "syncward://pair?address=https://u:p@a.example&code=A",
                "link_incomplete",
            ),
            (
                "syncward://pair?address=http://a.example&code=A",
                "address_invalid",
            ),
            (
                "syncward://pair?address=javascript:alert(1)&code=A",
                "address_invalid",
            ),
        ] {
            assert_eq!(code_of(link), code, "{link}");
        }
        let long = format!("syncward://open/{}", "a".repeat(LONGEST));
        assert_eq!(code_of(&long), "link_malformed");
    }

    #[test]
    fn a_refusal_repeats_nothing_of_the_link() {
        let Visit::Refused { fault } = visit("syncward://erase/Planted-Word") else {
            panic!("it was taken");
        };
        assert!(!format!("{fault:?}").contains("Planted"), "{fault:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(link in ".{0,200}") {
            let _ = visit(&link);
            let _ = visit(&format!("syncward://{link}"));
            let _ = visit(&format!("syncward://pair?{link}"));
        }

        #[test]
        fn whatever_opens_is_a_plain_hash(path in "[ -~]{0,80}") {
            if let Visit::Open { hash } = visit(&format!("syncward://open/{path}")) {
                prop_assert!(hash.starts_with("#/"));
                prop_assert!(hash[2..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte)));
            }
        }

        #[test]
        fn every_address_and_code_survive_the_way(
            host in "[a-z][a-z0-9]{0,20}\\.example", port in proptest::option::of(1024u16..), code in "[A-Z2-7]{5}-[A-Z2-7]{5}",
            pin in proptest::option::of("[0-9a-f]{64}"),
        ) {
            let address = match port {
                Some(port) => format!("https://{host}:{port}"),
                None => format!("https://{host}"),
            };
            let pin: Option<Fingerprint> = pin.map(|hex| hex.parse().expect("64 digits"));
            let link = pairing_link(&address, &code, pin.as_ref());
            prop_assert_eq!(visit(&link), Visit::Pair { address, code, pin });
        }
    }
}
