//! Asking the running receiver, and orders that it goes on with by itself.

use std::process::ExitCode;

use anyhow::Result;
use syncward_wire::{At, Clinic, Deleted, Forecast, Link, Receipt};
use uuid::Uuid;

use super::named::{Named, one_of};
use super::said::{counted, say};
use super::way::with_way;
use crate::config::Config;

/// Lists the calendars and their channels.
pub async fn links(config: Config, json: bool) -> Result<()> {
    let links: Vec<Link> = with_way(&config, async |way| way.list("links").await).await?;
    if json {
        say!("{}", serde_json::to_string(&links)?);
        return Ok(());
    }
    if links.is_empty() {
        eprintln!("No calendar is connected yet.");
    }
    for link in links {
        let expires = link.channel.as_ref().and_then(|channel| channel.expires_at);
        let expires = expires.map_or_else(
            || "no channel".to_owned(),
            |at| at.strftime("expires %Y-%m-%d %H:%M UTC").to_string(),
        );
        let state = serde_json::to_value(link.state)?;
        let held = match link.held_cancellations {
            0 => String::new(),
            held => format!(" · {} held", counted(held as usize, "cancellation")),
        };
        say!(
            "{}  {:<17} {:<28} {} · {}{held}",
            link.id,
            state.as_str().unwrap_or_default(),
            expires,
            link.clinic_name,
            link.calendar_name
        );
    }
    Ok(())
}

/// Says what the next two weeks bring.
pub async fn forecast(config: Config, off: Option<(String, String)>, json: bool) -> Result<()> {
    let absence = off.map(|(from, until)| [("off_from", from), ("off_until", until)]);
    let told: Forecast = with_way(&config, async |way| {
        let query = absence.as_ref().map_or(&[][..], |absence| absence);
        way.get("forecast", query).await
    })
    .await?;
    if json {
        say!("{}", serde_json::to_string(&told)?);
        return Ok(());
    }
    let written = |at: At| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let peak = told.peak;
    say!(
        "Peak: {} calls in the hour from {} ({} renewals, {} checks, {} polls), {:.1} % of the quota.",
        peak.calls,
        written(peak.at),
        peak.renewals,
        peak.checks,
        peak.polls,
        told.peak_share * 100.0
    );
    if let Some(absence) = &told.absence {
        say!(
            "Off from {} to {}:",
            written(absence.off_from_at),
            written(absence.off_until_at)
        );
        say!("{}", absence.sentence);
        for link in &absence.links {
            let lapse = link.lapses_at.map_or_else(
                || "keeps its channel".to_owned(),
                |at| format!("its channel expires {}", written(at)),
            );
            say!(
                "{}  {lapse} · {} · {}",
                link.link_id,
                link.clinic_name,
                link.calendar_name
            );
        }
        return Ok(());
    }
    for link in &told.links {
        let next = link
            .renewals
            .first()
            .map_or_else(|| "–".to_owned(), |renewal| written(renewal.earliest_at));
        say!(
            "{}  next renewal {next:<20}  {} in all · {} · {}",
            link.link_id,
            link.renewals.len(),
            link.clinic_name,
            link.calendar_name
        );
    }
    Ok(())
}

/// Forgets a clinic, named by its id or its exact name, or without `yes` says what would go.
pub async fn forget(config: Config, named: String, yes: bool, json: bool) -> Result<ExitCode> {
    let told = with_way(&config, async |way| {
        let clinics: Vec<Clinic> = way.list("clinics").await?;
        let clinic = one_of(clinics, &named)?;
        if !yes {
            let links: Vec<Link> = way.list("links").await?;
            let count = links.iter().filter(|link| link.clinic_id == clinic.id);
            return Ok(Forgetting::Unsure(clinic.name, count.count()));
        }
        let forget = format!("clinics/{}/forget", clinic.id);
        Ok(Forgetting::Done(way.post(&forget).await?))
    });
    let receipt = match told.await? {
        Forgetting::Done(receipt) => receipt,
        Forgetting::Unsure(name, links) => {
            let calendars = counted(links, "calendar");
            eprintln!(
                "This stops the channels of {calendars} of {name} at Google, revokes the clinic's consents, and deletes its \
                 appointments and all that is known of it. It can't be undone. Add --yes to do it."
            );
            return Ok(ExitCode::from(2));
        }
    };
    if json {
        say!("{}", serde_json::to_string(&receipt)?);
        return Ok(ExitCode::SUCCESS);
    }
    say!("Receipt {}", receipt.id);
    say!(
        "Clinic {} was forgotten on {}.",
        receipt.clinic_id,
        receipt.at.strftime("%Y-%m-%d %H:%M UTC")
    );
    for Deleted { kind, rows } in &receipt.deleted {
        say!("{rows:>10}  {kind}");
    }
    if receipt.consents_left > 0 {
        say!(
            "Google did not take back {} of its consents: end them at myaccount.google.com/permissions.",
            receipt.consents_left
        );
    }
    if let Some(at) = receipt.channels_end_at {
        say!(
            "{} channels could not be stopped; nobody hears them, and they end by {}.",
            receipt.channels_left,
            at.strftime("%Y-%m-%d %H:%M UTC")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What came of `forget`.
enum Forgetting {
    /// The clinic's name, and how many calendars it has.
    Unsure(String, usize),
    Done(Receipt),
}

impl Named for Clinic {
    const KIND: (&str, &str) = ("clinic", "clinics");

    fn id(&self) -> Uuid {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}
