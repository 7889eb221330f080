//! `watch`: every change of a calendar, an alert or the way to the receiver, a line each.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use syncward_wire::LinkState;
use syncward_wire::stream::StreamEvent;
use uuid::Uuid;

use super::report::{AlertLine, Calendar, Report, word};
use super::source::{App, Direct, Source};
use super::{Ended, Failure};
use crate::bridge::AlertState;
use crate::clock;
use crate::naming::clock_time;
use crate::words::Language;

/// Hints that come within this are one look.
const GATHERS: Duration = Duration::from_millis(100);

/// Writes what is so, then what changes, until interrupted.
pub(super) async fn run(
    source: &Source,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let report = source.report(language).await?;
    match json {
        true => say(out, json!({ "event": "status", "status": report }))?,
        false => report.write(false, false, out)?,
    }
    out.flush()?;
    let mut told = Told::of(&report);
    match source {
        Source::App(app) => follow_app(app, &mut told, json, out).await,
        Source::Receiver(direct) => follow_receiver(direct, &mut told, json, out).await,
    }
}

async fn follow_app(
    app: &App,
    told: &mut Told,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let mut hints = Box::pin(app.hints().await?.bytes_stream());
    loop {
        let report = Report::of_app(&app.snapshot().await?, told.language);
        told.compare(&report, json, out)?;
        tokio::select! {
            hint = hints.next() => match hint {
                Some(Ok(_)) => tokio::time::sleep(GATHERS).await,
                // The snapshot says why, or that nobody answers any more.
                Some(Err(_)) | None => hints = Box::pin(app.hints().await?.bytes_stream()),
            },
            _ = tokio::signal::ctrl_c() => return Ok(Ended::Well),
        }
    }
}

async fn follow_receiver(
    direct: &Direct,
    told: &mut Told,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let broken = |error: crate::client::ClientError| Failure::Fault(error.into());
    let mut stream = Box::pin(direct.client.stream(None).await.map_err(broken)?);
    loop {
        let event = tokio::select! {
            event = stream.next() => event,
            _ = tokio::signal::ctrl_c() => return Ok(Ended::Well),
        };
        let Some(event) = event else {
            return Err(broken(crate::client::ClientError::Silent));
        };
        if let (_, Some(StreamEvent::Link(link))) = event.map_err(broken)? {
            told.calendar(&Calendar::of(&link), json, out)?;
        }
    }
}

/// What was written last.
struct Told {
    language: Language,
    connected: bool,
    calendars: BTreeMap<Uuid, Calendar>,
    alerts: BTreeMap<String, AlertState>,
}

impl Told {
    fn of(report: &Report) -> Self {
        let calendars = report.calendars.iter();
        let alerts = report.alerts.iter().flatten();
        Self {
            language: report.language,
            connected: report.connected,
            calendars: calendars.map(|it| (it.id, it.clone())).collect(),
            alerts: alerts.map(|it| (it.id.clone(), it.state)).collect(),
        }
    }

    fn compare(
        &mut self,
        report: &Report,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        if self.connected != report.connected {
            self.connected = report.connected;
            let now = clock::now();
            let event = if report.connected {
                "connected"
            } else {
                "silent"
            };
            match json {
                true => say(
                    out,
                    json!({ "event": event, "at": now.to_string(), "sentence": report.sentence }),
                )?,
                false => writeln!(out, "{}  {}", clock_time(now), report.spoken)?,
            }
        }
        for calendar in &report.calendars {
            self.calendar(calendar, json, out)?;
        }
        for alert in report.alerts.iter().flatten() {
            self.alert(alert, json, out)?;
        }
        out.flush()
    }

    fn calendar(
        &mut self,
        calendar: &Calendar,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let before = self.calendars.insert(calendar.id, calendar.clone());
        if before.as_ref() == Some(calendar) {
            return Ok(());
        }
        let was: Option<LinkState> = before.map(|before| before.state);
        let now = clock::now();
        match json {
            true => say(
                out,
                json!({ "event": "calendar", "at": now.to_string(), "was": was, "calendar": calendar }),
            )?,
            false => writeln!(
                out,
                "{}  {}: {}",
                clock_time(now),
                calendar.name(),
                word(calendar.state, self.language)
            )?,
        }
        out.flush()
    }

    fn alert(
        &mut self,
        alert: &AlertLine,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let before = self.alerts.insert(alert.id.clone(), alert.state);
        if before == Some(alert.state) {
            return Ok(());
        }
        let now = clock::now();
        match json {
            true => say(
                out,
                json!({ "event": "alert", "at": now.to_string(), "was": before, "alert": alert }),
            ),
            false => writeln!(
                out,
                "{}  {}  {}",
                clock_time(now),
                alert.mark(self.language),
                alert.title
            ),
        }
    }
}

fn say(out: &mut (dyn Write + Send), line: Value) -> std::io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}
