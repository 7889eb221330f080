//! The biography's sentences: what a fact reads like to a clinic's office manager. Never a patient's word.

use syncward_engine::activity::{Fact, Unrenewed};
use syncward_engine::failure::Cause;
use syncward_engine::link::FIRE_DRILL;
use syncward_engine::{Failure, RunReport, Trigger};

use crate::store::activity::Line;

const NO_PUBLIC_ADDRESS: &str = "no_public_address";
const NO_ADDRESS: &str = "this receiver has no public address";

/// The line for a fact; none for what is not worth telling.
pub fn line(fact: &Fact) -> Option<Line> {
    let line = match fact {
        Fact::Linked => good("linked", "Calendar connected", None),
        Fact::ChannelOpening { generation } => quiet(
            "channel_opening",
            format!("Opening channel {generation}"),
            None,
        ),
        Fact::ChannelProved {
            generation,
            after_ms,
        } => good(
            "channel_proved",
            format!("Channel {generation} proved"),
            Some(format!("{} after it was opened", seconds(*after_ms))),
        ),
        Fact::ChannelUnproved { generation } => warn(
            "channel_unproved",
            format!("Channel {generation} is unproved"),
            Some("no handshake came in time; polling beside it".to_owned()),
        ),
        Fact::Renewed {
            generation,
            expires_at,
        } => good(
            "renewed",
            "Renewed",
            Some(format!(
                "generation {generation} verified, valid until {}",
                expires_at.strftime("%-d %b %H:%M UTC")
            )),
        ),
        Fact::RenewalFailed { failure, retry_at } => {
            let next = retry_at.map_or("no further try by itself".to_owned(), |at| {
                format!("next try {}", at.strftime("%H:%M:%S UTC"))
            });
            warn(
                "renewal_failed",
                "Renewal failed",
                Some(format!("{}; {next}", words(failure))),
            )
        }
        Fact::WatchRefused { failure }
            if failure.reason == "pushNotSupportedForRequestedResource" =>
        {
            quiet(
                "push_not_supported",
                "Google offers no push for this calendar",
                Some("it is polled, by design".to_owned()),
            )
        }
        Fact::WatchRefused { failure } => warn(
            "watch_refused",
            "Google refused the channel",
            Some(words(failure)),
        ),
        Fact::RenewalDue { expires_at } => quiet(
            "renewal_due",
            "Due for renewal",
            Some(format!(
                "expires {}",
                expires_at.strftime("%-d %b %H:%M UTC")
            )),
        ),
        Fact::OldStopped { generation } => quiet(
            "old_stopped",
            format!("Generation {generation} stopped"),
            Some("after the overlap".to_owned()),
        ),
        Fact::ChannelExpired {
            generation,
            unrenewed,
        } => expired(*generation, *unrenewed),
        Fact::FellBackToPolling { cause } if cause == FIRE_DRILL => quiet(
            "polling",
            "Polling took over",
            Some("as the fire drill wants it".to_owned()),
        ),
        // Nothing failed: a person took the address away, and was told what follows.
        Fact::FellBackToPolling { cause } if cause == NO_PUBLIC_ADDRESS => {
            quiet("polling", "Polling took over", Some(pushless(cause)))
        }
        Fact::FellBackToPolling { cause } => {
            warn("polling", "Fell back to polling", Some(pushless(cause)))
        }
        Fact::PushRestored => good("push_restored", "Push is back", None),
        Fact::RunFinished {
            report,
            trigger,
            full,
        } => return finished(report, *trigger, *full),
        Fact::RunFailed { failure, retry_at } => {
            let next = retry_at.map_or(String::new(), |at| {
                format!("; next try {}", at.strftime("%H:%M:%S UTC"))
            });
            warn(
                "sync_failed",
                "Sync failed",
                Some(format!("{}{next}", words(failure))),
            )
        }
        Fact::CursorGone => bad(
            "cursor_gone",
            "Google said 410",
            Some("sync token dropped, listing everything again".to_owned()),
        ),
        Fact::GrantLost { .. } => bad(
            "grant_lost",
            "Google no longer honours the consent",
            Some("connect Google again".to_owned()),
        ),
        Fact::GrantRestored => good("grant_restored", "Google connected again", None),
        Fact::DeliveryTested {
            passed: true,
            after_ms,
        } => good(
            "delivery_tested",
            "Delivery test passed",
            Some(format!("in {}", seconds(*after_ms))),
        ),
        Fact::DeliveryTested { passed: false, .. } => warn(
            "delivery_tested",
            "Delivery test failed",
            Some("no notification came back from Google".to_owned()),
        ),
        Fact::FireDrillBegan { generation } => quiet(
            "fire_drill_began",
            "Fire drill",
            Some(format!("channel {generation} is stopped on purpose")),
        ),
        Fact::FireDrillPassed { after_ms } => good(
            "fire_drill_passed",
            "Fire drill passed",
            Some(format!(
                "polling took over, and push was proved again after {}",
                seconds(*after_ms)
            )),
        ),
        Fact::FireDrillFailed { why } => {
            warn("fire_drill_failed", "Fire drill failed", Some(why.clone()))
        }
        Fact::Paused => quiet("paused", "Paused", None),
        Fact::Resumed => good("resumed", "Resumed", None),
    };
    Some(line)
}

/// The line for a start with another version than before.
pub fn updated(before: &str, version: &str) -> Line {
    let text = format!("Receiver updated from {before} to {version}");
    quiet("receiver_updated", text, None)
}

/// A channel that was in charge and ran out: bad only where it should have had a successor.
fn expired(generation: u32, unrenewed: Unrenewed) -> Line {
    let (made, why): (fn(_, String, _) -> _, _) = match unrenewed {
        Unrenewed::Failed => (bad, "before a successor was proved"),
        Unrenewed::NoPublicAddress => (
            quiet,
            "this receiver has no public address, so it was not renewed",
        ),
        Unrenewed::Paused => (quiet, "the calendar is paused, so it was not renewed"),
        Unrenewed::GrantLost => (
            warn,
            "Google no longer honours the consent, so it was not renewed",
        ),
    };
    let text = format!("Channel {generation} expired");
    made("channel_expired", text, Some(why.to_owned()))
}

/// Why there is no push, from the engine's stable word for it.
fn pushless(cause: &str) -> String {
    let words = match cause {
        NO_PUBLIC_ADDRESS => NO_ADDRESS,
        "push_not_supported" => "Google offers no push for this calendar",
        "webhook_url_not_https" => return Cause::NotHttps.in_words(),
        "webhook_url_unauthorized" => return Cause::NotAccepted.in_words(),
        "watch_refused" => "Google refused the channel",
        "watch_failing" => "a channel can't be opened now",
        "no_handshake" => "the channel's handshake did not arrive",
        "channel_expired" => "the channel expired before a successor was proved",
        "opening" => "a channel is being opened",
        reason => return Cause::of_reason(reason).in_words(),
    };
    words.to_owned()
}

fn finished(report: &RunReport, trigger: Trigger, full: bool) -> Option<Line> {
    let changes = report.created + report.changed + report.cancelled;
    if full {
        let detail = format!("{} events, {changes} changes, 0 lost", report.listed);
        return Some(good(
            "full_sync",
            if trigger == Trigger::First {
                "First sync"
            } else {
                "Full resync"
            },
            Some(detail),
        ));
    }
    if report.held > 0 {
        return Some(bad(
            "mass_change_held",
            format!("{} held", plural(report.held, "cancellation")),
            Some("approve or reject them".to_owned()),
        ));
    }
    if report.missed > 0 {
        let missed = format!(
            "found by the {}, not announced by Google",
            if trigger == Trigger::Check {
                "safety check"
            } else {
                "run"
            }
        );
        return Some(warn(
            "missed_changes",
            plural(report.missed, "missed change"),
            Some(missed),
        ));
    }
    if changes > 0 {
        return Some(good(
            "changes_applied",
            format!("{} applied", plural(changes, "change")),
            report.latency_ms.map(|ms| format!("in {}", latency(ms))),
        ));
    }
    match trigger {
        Trigger::Asked => Some(quiet("nothing_new", "Sync found nothing new", None)),
        // An empty check every quarter of an hour would drown the rest.
        Trigger::First
        | Trigger::Notification
        | Trigger::Check
        | Trigger::Poll
        | Trigger::CursorGone
        | Trigger::Retry => None,
    }
}

/// A latency as people read it: milliseconds below one second, then tenths, then whole seconds.
fn latency(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min", ms / 60_000),
    }
}

fn words(failure: &Failure) -> String {
    match failure.reason.as_str() {
        "no_public_url" => NO_ADDRESS.to_owned(),
        _ => failure.in_words(),
    }
}

fn plural(count: u32, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration for people")]
fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

fn made(
    kind: &'static str,
    tone: &'static str,
    text: impl Into<String>,
    detail: Option<String>,
) -> Line {
    Line {
        kind,
        tone,
        text: text.into(),
        detail,
    }
}

fn quiet(kind: &'static str, text: impl Into<String>, detail: Option<String>) -> Line {
    made(kind, "quiet", text, detail)
}

fn good(kind: &'static str, text: impl Into<String>, detail: Option<String>) -> Line {
    made(kind, "good", text, detail)
}

fn warn(kind: &'static str, text: impl Into<String>, detail: Option<String>) -> Line {
    made(kind, "warn", text, detail)
}

fn bad(kind: &'static str, text: impl Into<String>, detail: Option<String>) -> Line {
    made(kind, "bad", text, detail)
}
