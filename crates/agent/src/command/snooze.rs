//! `snooze`: keeps alerts of the running app quiet.

use std::io::Write;

use serde_json::json;

use super::renew::find;
use super::source::{Source, fault};
use super::{Ended, Failure};
use crate::bridge::{Alert, AlertState, Request, SnoozeFor};
use crate::words::{Language, Word};

/// Snoozes one alert, those of a calendar, or without either all that are told.
pub(super) async fn run(
    source: &Source,
    what: Option<&str>,
    until: SnoozeFor,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let Source::App(app) = source else {
        return Err(fault(
            "app_unreachable",
            "Syncward does not run on this computer, so it tells no alerts.",
            "Start Syncward, or `syncward --headless`.",
        ));
    };
    let snapshot = app.snapshot().await?;
    let firing = |alert: &&Alert| alert.state == AlertState::Firing;
    let known = what.and_then(|text| snapshot.alerts.iter().find(|it| it.id == text));
    let chosen: Vec<&Alert> = match (what, known) {
        (None, _) => snapshot.alerts.iter().filter(firing).collect(),
        (Some(_), Some(alert)) => vec![alert],
        (Some(text), None) => {
            let link_id = find(&snapshot.links, text)?.id;
            let of_link = |alert: &&Alert| alert.link_ids.contains(&link_id);
            let alerts = snapshot.alerts.iter().filter(firing);
            alerts.filter(of_link).collect()
        }
    };
    for alert in &chosen {
        let incident = alert.id.clone();
        app.ask(Request::Snooze { incident, until }).await?;
    }
    let ids: Vec<&str> = chosen.iter().map(|alert| alert.id.as_str()).collect();
    match (json, ids.len()) {
        (true, _) => writeln!(out, "{}", json!({ "snoozed": ids, "until": until }))?,
        (false, 0) => writeln!(out, "{}", language.say(Word::NothingTold))?,
        (false, _) => {
            for alert in &chosen {
                let title = &alert.title;
                writeln!(out, "{}", language.say(Word::Quiet { title }))?;
            }
        }
    }
    Ok(Ended::Well)
}
