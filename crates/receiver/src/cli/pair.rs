//! `pair`: a one-time code, and the link that carries it to a desktop.

use anyhow::Result;
use syncward_wire::pairing::pairing_link;
use syncward_wire::{Fingerprint, Role};

use super::said::say;
use crate::api;
use crate::config::Config;
use crate::store::receiver::Reach;
use crate::store::{self, Store};

/// Makes a code and tells it.
pub async fn pair(config: &Config, role: Role, json: bool) -> Result<()> {
    let store = Store::open_beside_at(&config.place)?;
    let code = api::make_code(&store, role).await?;
    // A person's shell knows nothing of what the receiver was started with.
    let noted = match config.says_where {
        true => None,
        false => store.read(store::receiver::reach).await?,
    };
    let (address, fingerprint, pin) = match noted {
        Some(Reach {
            address,
            fingerprint,
        }) => {
            let fingerprint: Option<Fingerprint> = fingerprint.and_then(|hex| hex.parse().ok());
            (address, fingerprint, fingerprint)
        }
        None => {
            let fingerprint = config.identity()?.map(|identity| identity.fingerprint);
            let pin = fingerprint.filter(|_| config.public_url.is_none());
            (config.address_for_desktops(), fingerprint, pin)
        }
    };
    let link = pairing_link(&address, &code.code, pin.as_ref());
    if json {
        let mut told = serde_json::to_value(&code)?;
        told["link"] = link.into();
        if let Some(fingerprint) = fingerprint {
            told["fingerprint"] = fingerprint.hex().into();
        }
        say!("{told}");
        return Ok(());
    }
    say!("{}", code.code);
    if let Some(fingerprint) = fingerprint {
        eprintln!(
            "Where the desktop asks to compare a fingerprint, it has to be this one:\n{fingerprint}"
        );
    }
    eprintln!(
        "Enter it in the desktop within ten minutes (until {}), or open this link on that computer:\n{link}",
        code.expires_at.strftime("%H:%M UTC")
    );
    Ok(())
}
