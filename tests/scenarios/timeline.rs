//! How a story reads: one line per thing that matters, offsets from its beginning; quiet checks are only counted.

use jiff::Timestamp;
use syncward_engine::{Effect, Fact, Trigger, View, Watching};

pub fn offset(start: Timestamp, at: Timestamp) -> String {
    let ms = at.duration_since(start).as_millis();
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, thousandths) = (rest / 1000 % 60, rest % 1000);
    format!("{days}d {hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}")
}

/// The line of an effect; none for the quiet routine.
pub fn line(start: Timestamp, effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::OpenChannel { canary: true, .. } => "=> open a canary".into(),
        Effect::OpenChannel {
            generation,
            expires_at,
            ..
        } => format!(
            "=> open #{generation}, asked until {}",
            offset(start, *expires_at)
        ),
        Effect::StopChannel { channel, .. } if channel.0.starts_with("canary") => {
            "=> stop the canary".into()
        }
        Effect::StopChannel { .. } => "=> stop".into(),
        Effect::StartRun {
            trigger: Trigger::Check | Trigger::Poll,
            ..
        } => return None,
        Effect::StartRun { kind, trigger, .. } => format!("=> run {kind:?} ({trigger:?})"),
        Effect::Step { step, .. } => format!("   step {step:?}"),
        Effect::Watch { watching, from } => format!(
            "   watched by {} from {}",
            match watching {
                Watching::Push { generation } => format!("push #{generation}"),
                Watching::Overlap { generation } =>
                    format!("push #{generation} and its predecessor"),
                Watching::Polling { cause } => format!("polling ({cause})"),
                Watching::Gap { cause } => format!("NOBODY ({cause})"),
            },
            offset(start, *from)
        ),
        Effect::Drill { drill } if drill.ended_at.is_none() => return None,
        Effect::Drill { drill } => format!(
            "   drill {}: stopped {}, polled from {}, worked {}, proved {}",
            drill.failure.as_deref().unwrap_or("passed"),
            known(start, drill.stopped_at),
            known(start, drill.polling_at),
            known(start, drill.run_at),
            known(start, drill.proved_at)
        ),
        Effect::Record { fact, .. } => return fact_line(start, fact),
    })
}

fn known(start: Timestamp, at: Option<Timestamp>) -> String {
    at.map_or("-".into(), |at| offset(start, at))
}

fn fact_line(start: Timestamp, fact: &Fact) -> Option<String> {
    let until = |at: &Option<Timestamp>| at.map_or("never".into(), |at| offset(start, at));
    Some(match fact {
        Fact::RunFinished { report, .. } => {
            let changes = report.created + report.changed + report.cancelled;
            if changes == 0 {
                return None;
            }
            format!("   applied {changes}")
        }
        Fact::RunFailed { failure, retry_at } => {
            format!(
                "   run failed ({}), again at {}",
                failure.reason,
                until(retry_at)
            )
        }
        Fact::RenewalFailed { failure, retry_at } => {
            format!(
                "   not opened ({}), again at {}",
                failure.reason,
                until(retry_at)
            )
        }
        Fact::WatchRefused { failure } => format!("   refused for good ({})", failure.reason),
        Fact::Renewed {
            generation,
            expires_at,
        } => format!(
            "   renewed by #{generation} until {}",
            offset(start, *expires_at)
        ),
        Fact::RenewalDue { expires_at } => {
            format!("   renewal due, expires {}", offset(start, *expires_at))
        }
        Fact::ChannelOpening { .. } => return None,
        other => format!("   {other:?}"),
    })
}

pub fn view(view: &View) -> String {
    let reason = view
        .reason
        .as_ref()
        .map_or("-", |reason| reason.code.as_str());
    let channels = view
        .channels
        .iter()
        .map(|channel| format!("#{} {:?}", channel.generation, channel.state));
    let channels: Vec<String> = channels.collect();
    format!(
        "-- {:?}, {:?}, reason {reason}; {}",
        view.state,
        view.mode,
        channels.join(", ")
    )
}
