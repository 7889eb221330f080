//! Asking the running receiver: with a token of a minute's life, lent by the store that both share.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use syncward_wire::client::http_for;
use syncward_wire::{At, Clinic, Deleted, Forecast, Link, Operation, Page, Receipt};
use url::Url;
use uuid::Uuid;

use super::said::say;
use crate::config::Config;
use crate::entropy::secret_bytes;
use crate::store::Store;
use crate::{clock, seal, store};

/// How long a lent token is good, should this process not live to take it back.
const TOKEN_LIFE: Duration = Duration::from_secs(60);
/// Clinics that a refusal lists.
const CLINICS_SHOWN: usize = 20;

/// Lists the calendars and their channels.
pub async fn links(config: Config, json: bool) -> Result<()> {
    let links: Vec<Link> = with_token(config, |http, root, token| async move {
        whole(&http, &format!("{root}/links"), &token).await
    })
    .await?;
    if json {
        say!("{}", serde_json::to_string(&links)?);
        return Ok(());
    }
    for link in links {
        let expires = link.channel.as_ref().and_then(|channel| channel.expires_at);
        let expires = expires.map_or_else(
            || "–".to_owned(),
            |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        );
        let state = serde_json::to_value(link.state)?;
        say!(
            "{}  {:<17} {:<22} {} · {}",
            link.id,
            state.as_str().unwrap_or_default(),
            expires,
            link.clinic_name,
            link.calendar_name
        );
    }
    Ok(())
}

/// Renews a link, or all that are due.
pub async fn renew(config: Config, link: Option<Uuid>, json: bool) -> Result<()> {
    let path = link.map_or_else(
        || "links/renew-due".to_owned(),
        |id| format!("links/{id}/renew"),
    );
    order(config, path, json).await
}

/// Syncs a link.
pub async fn sync(config: Config, link: Uuid, json: bool) -> Result<()> {
    order(config, format!("links/{link}/sync"), json).await
}

/// Drills a link.
pub async fn fire_drill(config: Config, link: Uuid, json: bool) -> Result<()> {
    order(config, format!("links/{link}/fire-drill"), json).await
}

/// Says what the next two weeks bring.
pub async fn forecast(config: Config, off: Option<(String, String)>, json: bool) -> Result<()> {
    let told: Forecast = with_token(config, |http, root, token| async move {
        let mut request = http.get(format!("{root}/forecast")).bearer_auth(token);
        if let Some((off_from, off_until)) = off {
            request = request.query(&[("off_from", off_from), ("off_until", off_until)]);
        }
        answered(request.send().await?).await
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
    let told = with_token(config, |http, root, token| async move {
        let clinics = whole(&http, &format!("{root}/clinics"), &token).await?;
        let clinic = one_of(clinics, &named)?;
        if !yes {
            let links: Vec<Link> = whole(&http, &format!("{root}/links"), &token).await?;
            let count = links.iter().filter(|link| link.clinic_id == clinic.id);
            return Ok(Forgetting::Unsure(clinic.name, count.count()));
        }
        let forget = http.post(format!("{root}/clinics/{}/forget", clinic.id));
        let receipt = answered(forget.bearer_auth(token).send().await?).await?;
        Ok(Forgetting::Done(receipt))
    });
    let receipt = match told.await? {
        Forgetting::Done(receipt) => receipt,
        Forgetting::Unsure(name, links) => {
            eprintln!(
                "This stops the channels of {links} calendars of {name} at Google, revokes the clinic's consents, and deletes its \
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

/// The clinic of that id, or of that name when no other has it.
fn one_of(clinics: Vec<Clinic>, named: &str) -> Result<Clinic> {
    let id: Option<Uuid> = named.parse().ok();
    let is_meant = |clinic: &Clinic| Some(clinic.id) == id || clinic.name == named;
    let (mut meant, others): (Vec<_>, Vec<_>) = clinics.into_iter().partition(is_meant);
    let listed = |clinics: &[Clinic]| {
        let shown = clinics.iter().take(CLINICS_SHOWN);
        let shown = shown.map(|clinic| format!("{} ({})", clinic.name, clinic.id));
        let more = clinics.len().saturating_sub(CLINICS_SHOWN);
        let more = (more > 0).then(|| format!("{more} more"));
        shown.chain(more).collect::<Vec<_>>().join(", ")
    };
    match (meant.pop(), meant.is_empty()) {
        (Some(clinic), true) => Ok(clinic),
        (Some(clinic), false) => {
            meant.push(clinic);
            bail!(
                "several clinics have the name {named}; name one by its id: {}",
                listed(&meant)
            )
        }
        (None, _) if others.is_empty() => {
            bail!("there is no such clinic: {named}; there is none at all")
        }
        (None, _) => bail!(
            "there is no such clinic: {named}; write the id or the exact name of one of {}",
            listed(&others)
        ),
    }
}

async fn order(config: Config, path: String, json: bool) -> Result<()> {
    let operation: Operation = with_token(config, |http, root, token| async move {
        answered(
            http.post(format!("{root}/{path}"))
                .bearer_auth(token)
                .send()
                .await?,
        )
        .await
    })
    .await?;
    if json {
        say!("{}", serde_json::to_string(&operation)?);
    } else {
        say!("Under way: {}", operation.operation);
    }
    Ok(())
}

async fn with_token<T, F, Fut>(config: Config, ask: F) -> Result<T>
where
    F: FnOnce(reqwest::Client, String, String) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let store = Store::open_beside_at(&config.place)?;
    let token = URL_SAFE_NO_PAD.encode(secret_bytes::<32>());
    let (device_id, hash) = (Uuid::new_v4(), seal::hash(&token));
    store
        .write(move |tx| {
            let now = clock::now();
            let expires_at = now + TOKEN_LIFE;
            store::device::lend(tx, device_id, "command line", &hash, now, expires_at)
        })
        .await?;
    let pin = config.identity()?.map(|identity| identity.fingerprint);
    let address = format!("{}://{}", config.tls.scheme(), config.listen);
    let http = http_for(&Url::parse(&address)?, pin)?;
    let asked = ask(http, format!("{address}/api/v1"), token).await;
    store
        .write(move |tx| store::device::take_back(tx, device_id))
        .await?;
    let address = format!("the receiver at {} (SYNCWARD_LISTEN)", config.listen);
    asked.map_err(|error| match error.downcast_ref::<reqwest::Error>() {
        Some(fault) if fault.is_connect() => {
            error.context(format!("failed to ask {address}: is it running?"))
        }
        Some(_) => error.context(format!("failed to ask {address}")),
        // It has answered, in words of its own.
        None => error,
    })
}

/// Reads a whole list, page by page.
async fn whole<T: DeserializeOwned>(
    http: &reqwest::Client,
    list: &str,
    token: &str,
) -> Result<Vec<T>> {
    let mut items = Vec::new();
    let mut query = vec![("limit", "1000".to_owned())];
    loop {
        let request = http.get(list).query(&query).bearer_auth(token);
        let page: Page<T> = answered(request.send().await?).await?;
        items.extend(page.items);
        let Some(next) = page.next else {
            return Ok(items);
        };
        query.truncate(1);
        query.push(("after", next));
    }
}

async fn answered<T: DeserializeOwned>(answer: reqwest::Response) -> Result<T> {
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        let problem: Option<syncward_wire::Problem> = serde_json::from_str(&text).ok();
        bail!(
            "{}",
            problem.map_or_else(
                || status.to_string(),
                |problem| format!("{} {}", problem.detail, problem.action)
            )
        );
    }
    Ok(serde_json::from_str(&text)?)
}
