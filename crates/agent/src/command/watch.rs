//! `watch`: every change of a calendar, an alert or the way to the receiver, a line each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Duration;

use futures_util::future::{join_all, ready};
use futures_util::stream::{once, select_all};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use syncward_wire::stream::StreamEvent;
use syncward_wire::{LinkState, Role};
use uuid::Uuid;

use super::reader::Reader;
use super::receivers::ReceiverLine;
use super::report::{AlertLine, Calendar, Report, word};
use super::source::{App, Direct, Source};
use super::{Ended, Failure};
use crate::bridge::AlertState;
use crate::client::ClientError;
use crate::clock;
use crate::words::Word;

/// Hints that come within this are one look.
const GATHERS: Duration = Duration::from_millis(100);

/// Writes what is so, then what changes, until interrupted.
pub(super) async fn run(
    source: &Source,
    json: bool,
    reader: &Reader,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let report = source.report(reader).await?;
    match json {
        true => say(out, json!({ "event": "status", "status": report }))?,
        false => {
            report.write(false, out)?;
            writeln!(out, "{}", reader.times())?;
        }
    }
    out.flush()?;
    let mut told = Told::of(&report);
    match source {
        Source::App(app) => follow_app(app, &mut told, json, out).await,
        Source::Receivers(receivers) => follow_receivers(receivers, &mut told, json, out).await,
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
        let report = Report::of_app(&app.snapshot().await?, &told.reader);
        told.compare(&report, json, out)?;
        if report.is_over() {
            return Ok(report.ended());
        }
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

/// A receiver that falls silent is told; it is over when none is left.
async fn follow_receivers(
    receivers: &[Direct],
    told: &mut Told,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let several = receivers.len() > 1;
    let title = |direct: &Direct| several.then(|| direct.entry.title().to_owned());
    let streams = receivers.iter().map(async |direct| {
        let opened = async {
            let stream = direct.client()?.stream(None).await;
            stream.map_err(|error| direct.failed(error, Role::Viewer))
        };
        match opened.await {
            Ok(stream) => stream
                .map_err(Failure::from)
                .chain(once(ready(Err(ClientError::Silent.into()))))
                .boxed(),
            Err(failure) => once(ready(Err(failure))).boxed(),
        }
        .map(move |event| (direct, event))
    });
    let mut heard = select_all(join_all(streams).await);
    let mut left = receivers.len();
    loop {
        let event = tokio::select! {
            event = heard.next() => event,
            _ = tokio::signal::ctrl_c() => return Ok(Ended::Well),
        };
        match event {
            Some((direct, Ok((_, Some(StreamEvent::Link(link)))))) => {
                told.calendar(&Calendar::of(&link, title(direct)), json, out)?;
            }
            // The stream tells of no calendar that is gone; the counts do.
            Some((direct, Ok((_, Some(StreamEvent::Overview(overview))))))
                if told.is_more_than(overview.counts.total, title(direct).as_ref()) =>
            {
                // A receiver that falls silent just now is told by its stream.
                if let Ok(links) = direct.links().await {
                    let there = links.iter().map(|link| link.id).collect();
                    let title = title(direct);
                    let is_its = |it: &Calendar| it.receiver == title;
                    told.calendars_gone(&there, is_its, json, out)?;
                }
            }
            Some((_, Ok(_))) => {}
            Some((direct, Err(failure))) => {
                // Nothing more comes of a stream that broke but its end.
                left = left.saturating_sub(1);
                if left == 0 {
                    return Err(failure);
                }
                let line = ReceiverLine::of_itself(direct, Err(&failure));
                told.receiver(&line, json, out)?;
            }
            None => return Err(ClientError::Silent.into()),
        }
    }
}

/// What was written last.
struct Told {
    reader: Reader,
    receivers: BTreeMap<String, ReceiverLine>,
    connected: bool,
    calendars: BTreeMap<Uuid, Calendar>,
    alerts: BTreeMap<String, AlertLine>,
}

impl Told {
    fn of(report: &Report) -> Self {
        let calendars = report.calendars.iter();
        let alerts = report.alerts.iter().flatten();
        Self {
            reader: report.reader.clone(),
            receivers: by_key(report),
            connected: report.connected,
            calendars: calendars.map(|it| (it.id, it.clone())).collect(),
            alerts: alerts.map(|it| (it.id.clone(), it.clone())).collect(),
        }
    }

    fn compare(
        &mut self,
        report: &Report,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        self.departures(report, json, out)?;
        if report.receivers.len() > 1 {
            for receiver in &report.receivers {
                self.receiver(receiver, json, out)?;
            }
        } else if self.connected != report.connected {
            let (now, sentence) = (clock::now(), &report.sentence);
            let event = event_word(report.connected);
            match json {
                true => say(
                    out,
                    json!({ "event": event, "at": now.to_string(), "sentence": sentence }),
                )?,
                false => writeln!(out, "{}  {}", self.reader.clock_time(now), report.spoken)?,
            }
        }
        self.connected = report.connected;
        self.receivers = by_key(report);
        for calendar in &report.calendars {
            self.calendar(calendar, json, out)?;
        }
        if let Some(alerts) = &report.alerts {
            self.alerts(alerts, json, out)?;
        }
        out.flush()
    }

    /// What is there no longer: a receiver that was forgotten, with its calendars in one line, and calendars of those that
    /// answer; of one that is silent nobody knows.
    fn departures(
        &mut self,
        report: &Report,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let left = by_key(report);
        let (kept, forgotten) = std::mem::take(&mut self.receivers)
            .into_iter()
            .partition(|(key, _)| left.contains_key(key));
        self.receivers = kept;
        let forgotten: BTreeMap<String, ReceiverLine> = forgotten;
        for receiver in forgotten.into_values() {
            let name = receiver.spoken_name(self.reader.language);
            let event = json!({ "event": "receiver_removed", "at": clock::now().to_string(), "receiver": receiver });
            self.gone(&name, event, json, out)?;
            let others =
                |it: &Calendar| it.receiver.as_ref().is_some_and(|it| *it != receiver.name);
            self.calendars.retain(|_, calendar| others(calendar));
        }
        let there = report.calendars.iter().map(|it| it.id).collect();
        let answers = |it: &Calendar| {
            let is_its =
                |one: &&ReceiverLine| it.receiver.as_ref().is_none_or(|it| *it == one.name);
            let mut owners = report.receivers.iter().filter(is_its);
            owners.all(|one| one.connected)
        };
        self.calendars_gone(&there, answers, json, out)
    }

    /// Tells those that `concerns` and that are not `there`.
    fn calendars_gone(
        &mut self,
        there: &BTreeSet<Uuid>,
        concerns: impl Fn(&Calendar) -> bool,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let calendars = self.calendars.values();
        let is_gone = |it: &&Calendar| !there.contains(&it.id) && concerns(it);
        for calendar in calendars.filter(is_gone).cloned().collect::<Vec<_>>() {
            self.calendars.remove(&calendar.id);
            let event = json!({ "event": "calendar_removed", "at": clock::now().to_string(), "calendar": calendar });
            self.gone(calendar.name(), event, json, out)?;
        }
        Ok(())
    }

    fn gone(
        &self,
        name: &str,
        event: Value,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        if json {
            return say(out, event);
        }
        let sentence = self.reader.language.say(Word::WatchedNoLonger { name });
        writeln!(out, "{}  {sentence}", self.reader.clock_time(clock::now()))?;
        out.flush()
    }

    /// Whether more calendars were told of a receiver than it has.
    fn is_more_than(&self, total: u32, receiver: Option<&String>) -> bool {
        let calendars = self.calendars.values();
        let its = calendars.filter(|it| it.receiver.as_ref() == receiver);
        its.count() > total as usize
    }

    /// One of several.
    fn receiver(
        &mut self,
        receiver: &ReceiverLine,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let before = self.receivers.insert(receiver.key(), receiver.clone());
        if before.is_some_and(|before| before.connected == receiver.connected) {
            return Ok(());
        }
        let now = clock::now();
        let event = event_word(receiver.connected);
        match json {
            true => say(
                out,
                json!({ "event": event, "at": now.to_string(), "receiver": receiver }),
            )?,
            false => {
                let standing = receiver.standing(&self.reader);
                writeln!(out, "{}  {standing}", self.reader.clock_time(now))?;
            }
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
        if before
            .as_ref()
            .is_some_and(|before| before.says_the_same_as(calendar))
        {
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
                self.reader.clock_time(now),
                calendar.name(),
                word(calendar.state, self.reader.language)
            )?,
        }
        out.flush()
    }

    /// All that there are; one that is there no longer, as one that passed while it was pending, has ended.
    fn alerts(
        &mut self,
        alerts: &[AlertLine],
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let mut gone = std::mem::take(&mut self.alerts);
        for alert in alerts {
            if let Some(before) = gone.remove(&alert.id) {
                self.alerts.insert(alert.id.clone(), before);
            }
            self.alert(alert, json, out)?;
        }
        for (id, before) in gone {
            let ended = AlertLine {
                state: AlertState::Resolved,
                ..before.clone()
            };
            self.alerts.insert(id.clone(), before);
            self.alert(&ended, json, out)?;
            self.alerts.remove(&id);
        }
        Ok(())
    }

    fn alert(
        &mut self,
        alert: &AlertLine,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let before = self.alerts.insert(alert.id.clone(), alert.clone());
        let before = before.map(|before| before.state);
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
                self.reader.clock_time(now),
                alert.mark(self.reader.language),
                alert.title
            ),
        }
    }
}

fn by_key(report: &Report) -> BTreeMap<String, ReceiverLine> {
    let receivers = report.receivers.iter();
    receivers.map(|it| (it.key(), it.clone())).collect()
}

fn event_word(connected: bool) -> &'static str {
    match connected {
        true => "connected",
        false => "silent",
    }
}

fn say(out: &mut (dyn Write + Send), line: Value) -> std::io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use syncward_wire::At;

    use super::*;
    use crate::bridge::{AlertKind, Severity};
    use crate::words::Language;

    fn alert(state: AlertState) -> AlertLine {
        AlertLine {
            id: "receiver:1".into(),
            kind: AlertKind::Receiver,
            severity: Severity::Warning,
            state,
            title: "The receiver is silent".into(),
            body: String::new(),
            since: At::from(clock::now()),
            until: None,
            calendar_ids: Vec::new(),
        }
    }

    #[test]
    fn an_alert_that_passes_while_it_is_pending_ends_and_begins_anew() {
        let mut told = Told {
            reader: Reader::in_utc(Language::En),
            receivers: BTreeMap::new(),
            connected: true,
            calendars: BTreeMap::new(),
            alerts: BTreeMap::new(),
        };
        let pending = [alert(AlertState::Pending)];
        let resolved = [alert(AlertState::Resolved)];
        let mut out = Vec::new();
        for now in [&pending[..], &pending, &[], &[], &pending, &resolved, &[]] {
            told.alerts(now, true, &mut out).unwrap();
        }
        let lines = String::from_utf8(out).unwrap();
        let lines = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            (line["was"].clone(), line["alert"]["state"].clone())
        });
        let (pending, resolved) = (json!("pending"), json!("resolved"));
        let expected = [
            (Value::Null, pending.clone()),
            (pending.clone(), resolved.clone()),
            (Value::Null, pending.clone()),
            (pending, resolved),
        ];
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
}
