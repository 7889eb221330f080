//! `devices` and `revoke`: who may ask the receiver, and shutting one of them out.

use anyhow::Result;
use syncward_wire::At;
use syncward_wire::receiver::Device;
use uuid::Uuid;

use super::named::{Named, one_of};
use super::said::say;
use super::way::with_way;
use crate::config::Config;
use crate::store::device::word;

impl Named for Device {
    const KIND: (&str, &str) = ("device", "devices");

    fn id(&self) -> Uuid {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Lists the paired devices, revoked ones included.
pub async fn devices(config: Config, json: bool) -> Result<()> {
    let devices: Vec<Device> = with_way(&config, async |way| way.list("devices").await).await?;
    if json {
        say!("{}", serde_json::to_string(&devices)?);
        return Ok(());
    }
    if devices.is_empty() {
        eprintln!("No device is paired yet; `syncward-receiver pair` makes a code for one.");
    }
    for device in devices {
        let seen = match (device.revoked_at, device.seen_at) {
            (Some(at), _) => format!("revoked {}", written(at)),
            (None, Some(at)) => format!("seen {}", written(at)),
            (None, None) => "never seen".to_owned(),
        };
        say!(
            "{}  {:<11}  paired {}  {seen:<28}  {}",
            device.id,
            word(device.role),
            written(device.paired_at),
            device.name
        );
    }
    Ok(())
}

/// Shuts out the device of that id, or of that name among those that may still ask.
pub async fn revoke(config: Config, named: String, json: bool) -> Result<()> {
    let device = with_way(&config, async |way| {
        let mut devices: Vec<Device> = way.list("devices").await?;
        devices.retain(|one| one.revoked_at.is_none() || one.id.to_string() == named);
        let device = one_of(devices, &named)?;
        way.delete(&format!("devices/{}", device.id)).await?;
        Ok(device)
    });
    let device = device.await?;
    match json {
        true => say!(
            "{}",
            serde_json::json!({ "id": device.id, "name": device.name, "revoked": true })
        ),
        false => say!("{} is shut out: its token is taken no more.", device.name),
    }
    Ok(())
}

fn written(at: At) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
