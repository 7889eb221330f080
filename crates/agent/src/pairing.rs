//! Pairs this computer with a receiver and keeps the token.

use secrecy::SecretString;
use syncward_wire::{Fingerprint, Overview, Paired};

use crate::bridge::{self, Fault, ReceiverEntry};
use crate::client::{self, Client};
use crate::clock;
use crate::keychain::Keychain;
use crate::sidecar::SidecarConfig;

/// A receiver that can be connected to.
#[derive(Debug)]
pub struct NewReceiver {
    pub entry: ReceiverEntry,
    pub token: SecretString,
    pub keychain: bridge::Keychain,
}

/// Exchanges the code for a token and keeps it.
pub async fn pair(
    address: &str,
    code: &str,
    pin: Option<Fingerprint>,
    local: bool,
    keychain: &Keychain,
) -> Result<NewReceiver, Fault> {
    let paired = client::pair(address, code, &device_name(), pin).await?;
    let root = client::parse_address(address)?;
    let mut entry = entry_of(root.as_str().trim_end_matches('/'), local, &paired);
    // Over plain HTTP to this computer there is no certificate to hold to.
    entry.pin = pin.filter(|_| root.scheme() == "https");
    let token = SecretString::from(paired.token);
    let (name, kept) = (entry.key().to_owned(), token.clone());
    let saved = keychain
        .off_loop(move |keychain| keychain.save(&name, &kept))
        .await;
    let keychain = match saved {
        Some(Ok(note)) => note,
        Some(Err(error)) => return Err(unkept(&error.to_string())),
        None => return Err(unanswered()),
    };
    Ok(NewReceiver {
        entry,
        token,
        keychain,
    })
}

/// Attaches to the receiver this app started: with the token from before, else by pairing itself.
pub async fn attach_local(
    config: &SidecarConfig,
    address: &str,
    keychain: &Keychain,
) -> Result<NewReceiver, Fault> {
    if let Some(known) = known_local(address, keychain).await {
        return Ok(known);
    }
    let code = config.pairing_code().await.map_err(|why| {
        Fault::new(
            "local_pairing_failed",
            format!("The receiver on this computer could not be paired: {why}."),
            "Try again; its log is named under About.",
        )
    })?;
    pair(address, &code, None, true, keychain).await
}

async fn known_local(address: &str, keychain: &Keychain) -> Option<NewReceiver> {
    let (token, note) = keychain
        .off_loop(|keychain| keychain.load("local"))
        .await??;
    let client = Client::new(address, token.clone(), None).ok()?;
    let overview: Overview = client.get("overview", &[]).await.ok()?;
    Some(NewReceiver {
        entry: ReceiverEntry {
            address: address.to_owned(),
            local: true,
            current: true,
            role: syncward_wire::Role::Admin,
            version: overview.receiver.version,
            paired_at: clock::now().into(),
            pin: None,
            name: String::new(),
        },
        token,
        keychain: note,
    })
}

fn entry_of(address: &str, local: bool, paired: &Paired) -> ReceiverEntry {
    ReceiverEntry {
        address: address.to_owned(),
        local,
        current: true,
        role: paired.role,
        version: paired.receiver.version.clone(),
        paired_at: clock::now().into(),
        pin: None,
        name: String::new(),
    }
}

fn unkept(why: &str) -> Fault {
    Fault::new(
        "token_not_kept",
        format!("Pairing worked, but the token could be kept nowhere: failed to {why}."),
        "Free some space or check the folder's rights, then pair again with a new code.",
    )
}

fn unanswered() -> Fault {
    Fault::new(
        "keychain_silent",
        "Pairing worked, but the system's keychain did not answer; it may be waiting for its password.",
        "Unlock it, then pair again with a new code.",
    )
}

/// What people see in the receiver's list of devices.
fn device_name() -> String {
    let named = ["COMPUTERNAME", "HOSTNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok())
        .or_else(|| std::fs::read_to_string("/etc/hostname").ok());
    match named.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => format!("Syncward on {name}"),
        _ => "Syncward desktop".into(),
    }
}
