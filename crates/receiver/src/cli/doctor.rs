//! `doctor`: what can be checked from here, each with a remedy.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::health::{self, Health};
use super::said::{counted, say};
use crate::config::tls::{Life, Tls};
use crate::config::{Config, IN_CLEAR};
use crate::store::Store;
use crate::{clock, store};

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    message: String,
}

/// Checks and tells; 1 when something needs a hand.
pub async fn doctor(config: Config, json: bool) -> Result<ExitCode> {
    let mut findings = vec![configuration(&config).await];
    findings.push(match &config.public_url {
        Some(url) => Finding {
            check: "push",
            ok: true,
            message: format!(
                "Google is asked to post to {}/webhooks/calendar/google",
                url.as_str().trim_end_matches('/')
            ),
        },
        None => Finding {
            check: "push",
            ok: true,
            message: "no SYNCWARD_PUBLIC_URL: calendars are polled".to_owned(),
        },
    });
    findings.push(match config.oauth.id.is_empty() {
        true => Finding {
            check: "google client",
            ok: false,
            message: "set SYNCWARD_GOOGLE_CLIENT_ID to connect Google".to_owned(),
        },
        false => Finding {
            check: "google client",
            ok: true,
            message: "a client id is set".to_owned(),
        },
    });
    findings.push(tls_finding(&config));
    findings.push(running(&config).await);
    findings.extend(store_findings(&config).await);
    findings.push(google_finding(&config).await);
    let failed = findings.iter().any(|finding| !finding.ok);
    if json {
        say!("{}", serde_json::to_string(&findings)?);
    } else {
        for finding in &findings {
            say!(
                "{} {}: {}",
                if finding.ok { "ok  " } else { "FAIL" },
                finding.check,
                finding.message
            );
        }
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What is checked are this shell's settings: where they are not the receiver's, that is said.
async fn configuration(config: &Config) -> Finding {
    let noted = match Store::open_beside_at(&config.place) {
        Ok(store) if !config.says_where => store.read(store::receiver::door).await,
        _ => Ok(None),
    };
    let elsewhere = noted.ok().flatten().map(|door| {
        format!(
            ", but they are this shell's: give it those of the receiver at {} to have them checked",
            door.address
        )
    });
    Finding {
        check: "configuration",
        ok: true,
        message: format!("every setting is readable{}", elsewhere.unwrap_or_default()),
    }
}

/// Whether it runs and does its work: nothing is watched while it does not.
async fn running(config: &Config) -> Finding {
    let (ok, message) = match health::ask(config).await {
        Ok(Health {
            address,
            why_not: None,
        }) => (
            true,
            format!("the receiver at {address} answers and is ready"),
        ),
        Ok(Health {
            address,
            why_not: Some(why),
        }) => (
            false,
            format!("the receiver at {address} answers, but is not ready: {why}"),
        ),
        Err(error) => (false, format!("{error:#}")),
    };
    Finding {
        check: "running",
        ok,
        message,
    }
}

/// The certificate, as `serve` takes it; none is made here.
fn tls_finding(config: &Config) -> Finding {
    let (ok, message) = match &config.tls {
        Tls::Off if config.is_in_clear() => {
            (true, format!("plain http on {}: {IN_CLEAR}", config.listen))
        }
        Tls::Off => (
            true,
            format!("plain http on {}, for this computer alone", config.listen),
        ),
        Tls::Own(path) if !path.exists() => (
            true,
            "the receiver makes its own certificate at its next start".to_owned(),
        ),
        Tls::Own(_) | Tls::Given { .. } => match config.identity() {
            Err(error) => (false, format!("{:#}", anyhow::Error::from(error))),
            Ok(identity) => certificate(identity.map(|identity| identity.life(clock::now()))),
        },
    };
    Finding {
        check: "tls",
        ok,
        message,
    }
}

fn certificate(life: Option<Life>) -> (bool, String) {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let renew = "renew the files of SYNCWARD_TLS_CERT and SYNCWARD_TLS_KEY, which a running receiver takes up by itself";
    match life {
        Some(Life::Ended(at)) => (
            false,
            format!("the certificate ended on {}: {renew}", day(at)),
        ),
        Some(Life::EndsSoon(at)) => (
            true,
            format!("the certificate ends on {}: {renew}", day(at)),
        ),
        Some(Life::Lasts) | None => (true, "the certificate and its key fit together".to_owned()),
    }
}

async fn store_findings(config: &Config) -> Vec<Finding> {
    let place = &config.place;
    let opened = match Store::open_beside_at(&config.place) {
        Ok(store) => {
            let seal = Arc::clone(&config.seal);
            let read = store.read(move |connection| {
                let links = store::link::all(connection)?.len();
                let chain = store::audit::verify(connection)?;
                store::old_key::teach(connection, &seal)?;
                Ok((links, chain, store::sealed::counts(connection)?))
            });
            read.await
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok((links, chain, sealed)) => vec![
            Finding {
                check: "store",
                ok: true,
                message: format!("{place} holds {}", counted(links, "calendar")),
            },
            Finding {
                check: "audit",
                ok: chain.intact,
                message: match chain.broken_at {
                    None => format!("all {} entries are as they were written", chain.entries),
                    Some(seq) => format!(
                        "entry {seq} was changed or is missing: compare the database with a backup"
                    ),
                },
            },
            key_finding(config, &sealed),
        ],
        Err(error) => vec![Finding {
            check: "store",
            ok: false,
            message: format!("{place}: {:#}", anyhow::Error::from(error)),
        }],
    }
}

/// Under which keys the sealed values are.
fn key_finding(config: &Config, sealed: &BTreeMap<String, u64>) -> Finding {
    let newest = config.seal.key_id().to_string();
    let under = |name: &String| sealed.get(name).copied().unwrap_or_default();
    let others = sealed.iter().filter(|(name, _)| **name != newest);
    let others: Vec<String> = others
        .map(|(name, count)| match config.seal.names(name) {
            true => format!("{count} are still under {name}: run syncward-receiver rotate-key"),
            false => format!("{count} are under {name}, which is not given: nobody can open them"),
        })
        .collect();
    let held = format!(
        "{} sealed values are under the key {newest}",
        under(&newest)
    );
    Finding {
        check: "keys",
        ok: others.is_empty(),
        message: std::iter::once(held)
            .chain(others)
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// Any answer at all proves name, way and certificate.
async fn google_finding(config: &Config) -> Finding {
    let client = reqwest::Client::builder()
        .timeout(config.google_timeout)
        .build();
    let url = config.endpoints.token.clone();
    let asked = match client {
        Ok(client) => client.get(url.clone()).send().await.map(|_| ()),
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => Finding {
            check: "google",
            ok: true,
            message: format!("{url} answers"),
        },
        Err(error) => Finding {
            check: "google",
            ok: false,
            message: format!(
                "{url} does not answer: {:#}",
                anyhow::Error::from(error.without_url())
            ),
        },
    }
}
