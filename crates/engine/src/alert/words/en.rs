//! English.

use jiff::civil::Weekday;

use super::{Word, counted, dated, either};
use crate::alert::Kind;
use crate::failure::Cause;
use crate::grant::PUBLISH;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::TheReceiver => "The receiver".into(),
        Word::AClinic => "A clinic".into(),
        Word::ACalendar => "A calendar".into(),
        Word::Changes => "Changes".into(),
        Word::Calendars => "Calendars".into(),
        Word::CountedCalendars(count) => counted(count, "calendar", "calendars"),
        Word::UnknownTime => "an unknown time".into(),
        Word::ShutOut => "shut this computer out".into(),
        Word::Silent => "is silent".into(),
        Word::Late { by } => format!("arrive late: {by}"),
        Word::LosesGoogle { left } => format!("loses Google in {left}"),
        Word::ExpiresIn { left } => format!("expires in {left}"),
        Word::ChannelsExpire { count, left } => format!("{count} channels expire, first in {left}"),
        Word::Expired { one } => either(one, "has an expired channel", "have expired channels"),
        Word::MustReconnect => "must reconnect Google".into(),
        Word::NotProved { one } => either(one, "is not proved", "are not proved"),
        Word::PushRefused { one } => either(one, "is polled: push refused", "are polled: push refused"),
        Word::PolledOnly { one } => either(one, "is polled only", "are polled only"),
        Word::NotSynced { .. } => "can't be synced".into(),
        Word::Unsent { one } => either(one, "has unsent edits", "have unsent edits"),
        Word::Waits { one } => either(one, "waits for your decision", "wait for your decision"),
        Word::NotTold { one } => either(one, "was not told of changes", "were not told of changes"),
        Word::NeedsALook => "needs a look".into(),
        Word::ConnectedAnew => "is connected anew".into(),
        Word::HasLostGoogle => "has lost Google".into(),
        Word::AnswersAgain => "answers again".into(),
        Word::InTimeAgain => "arrive in time again".into(),
        Word::Decided => "is decided".into(),
        Word::ToldAgain => "is told of changes again".into(),
        Word::ChangedState => "changed state".into(),
        Word::ConnectedAgain => "is connected again".into(),
        Word::Renewed { one } => either(one, "renewed", "are renewed"),
        Word::LiveAgain { one } => either(one, "is live again", "are live again"),
        Word::SyncedAgain { one } => either(one, "is synced again", "are synced again"),
        Word::AllSent { one } => either(one, "has no unsent edits left", "have no unsent edits left"),
        Word::AllWell => "All well after the quiet".into(),
        Word::FromTheQuiet(count) => format!("{} from the quiet", counted(count, "alert", "alerts")),
        Word::NothingKnownFor { lasted } => format!("Nothing has been known for {lasted}."),
        Word::PairAgain => "Pair with it again in Syncward.".into(),
        Word::NoContactFor { lasted } => format!("No contact for {lasted}."),
        Word::KeepsTrying => "Syncward keeps trying.".into(),
        Word::RunOutSince(count) => {
            let channels = counted(count, "channel has", "channels have");
            format!("{channels} run out since, unless the receiver renewed them unseen.")
        }
        Word::NotReadMeanwhile => "Changes in Google may not be read meanwhile.".into(),
        Word::NextToRunOut { first, at } => format!("Next to run out: {first}, {at}."),
        Word::NextToRunOutAndMore { first, at, rest, last } => {
            format!("Next to run out: {first}, {at}, {rest} more by {last}.")
        }
        Word::Lateness { window, limit } => format!(
            "One in twenty took longer than that in the last {window}; {limit} is the limit. Latency shows which leg is slow."
        ),
        Word::CameAndWent(count) => format!("{} came and went by itself", counted(count, "alert", "alerts")),
        Word::More(count) => format!("{count} more"),
        Word::NothingNeeded { over } => format!("{over}. Nothing is needed."),
        Word::OpenToSee { list } => format!("{list}. Open Syncward to see them."),
        Word::TestingEnds { left } => {
            format!("The app is in Google's Testing state, so the connection ends in {left}:")
        }
        Word::LimitedEnds { left } => {
            format!("The Google connection was given for a limited time, so the connection ends in {left}:")
        }
        Word::StandStillThen(count) => format!(
            "{}. Nothing is deleted.",
            counted(count, "calendar stands still then", "calendars stand still then")
        ),
        Word::Publish => PUBLISH.into(),
        Word::ConnectBefore => "Connect Google again in Syncward before then.".into(),
        Word::RenewalFails { lasted, because } => format!("Automatic renewal has failed for {lasted}{because}."),
        Word::RenewalFailed { times: 1, because, .. } => format!("Automatic renewal failed{because}."),
        Word::RenewalFailed { times: 2, because, .. } => format!("Automatic renewal failed twice{because}."),
        Word::RenewalFailed { times, lasted, because } => {
            format!("Automatic renewal failed {times} times in {lasted}{because}.")
        }
        Word::NextTry { at } => format!("Next try {at}."),
        Word::TriedByItself => "It is tried again by itself.".into(),
        Word::PollingThen => "After expiry changes arrive by polling.".into(),
        Word::ExpiredMeans => "Changes now arrive by polling, so later than usual.".into(),
        Word::GrantLost(count) => format!(
            "Google no longer honours the connection, so {}. Nothing is deleted. Connect Google again in Syncward.",
            counted(count, "calendar stands still", "calendars stand still")
        ),
        Word::UnprovedMeans => "Google opened the channel, but no message has arrived. Changes arrive by polling.".into(),
        Word::RefusedMeans { because } => format!(
            "Google refused the channel{because}, so changes arrive by polling. It is tried again once a day."
        ),
        Word::NoChannelFor { lasted, because } => format!(
            "No channel could be opened for {lasted}{because}. Changes arrive later than usual."
        ),
        Word::ReadingFails { lasted, because } => {
            format!("Reading changes has failed for {lasted}{because}. Nothing is deleted; it is tried again by itself.")
        }
        Word::EditsWait { edits, lasted } => format!(
            "{} for Google for {lasted}: it has not been able to take them.",
            counted(edits, "edit of the clinic's system has waited", "edits of the clinic's system have waited")
        ),
        Word::EditsRefused { edits, lasted } => format!(
            "{} for {lasted}: Google refuses what was changed. The calendar's page says why.",
            counted(edits, "edit of the clinic's system has waited", "edits of the clinic's system have waited")
        ),
        Word::EditsPaused { edits, lasted } => format!(
            "{} for {lasted}: the calendar is paused.",
            counted(edits, "edit of the clinic's system has waited", "edits of the clinic's system have waited")
        ),
        Word::FirstStarts { left } => format!("The first of these appointments begins in {left}."),
        Word::EditsAreKept => "Nothing is lost, and it is tried again by itself; until then Google shows the old state.".into(),
        Word::EditsGoOnResume => "Nothing is lost: they go out when it is resumed; until then Google shows the old state.".into(),
        Word::EditsWaitAlong(edits) => format!(
            "{} for Google meanwhile.",
            counted(edits, "edit of the clinic's system waits", "edits of the clinic's system wait")
        ),
        Word::PausedNotRenewed => "It is paused, so it is not renewed. Resume it to keep it watched.".into(),
        Word::RenewalPlanned { until } => format!("Renewal is planned in {until}; nothing is needed."),
        Word::RenewalOverdue => "It should have been renewed by now. After expiry changes arrive by polling.".into(),
        Word::Held(count) => format!(
            "Google cancelled {} at once. They are kept until you approve or reject that.",
            counted(count, "appointment", "appointments")
        ),
        Word::LeftOut(count) => format!(
            "Push left out {} in 24 hours; the regular check found them. Nothing is lost. Test delivery shows whether push \
             works now.",
            counted(count, "change", "changes")
        ),
        Word::Lasted { lasted } => format!("It lasted {lasted}."),
        Word::ValidUntil(at) => {
            let (day, (month, time)) = (day(at.weekday()), dated(at, MONTHS));
            format!("Valid until {day} {} {month} {time}.", at.day())
        }
        Word::Because(cause) => self::because(cause),
        Word::Seconds(n) => format!("{n} s"),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Days(n) => format!("{n} d"),
        Word::Day(day) => self::day(day).into(),
        Word::Rule(kind) => rule(kind).into(),
    }
}

fn because(cause: &Cause) -> String {
    match cause {
        Cause::RateLimit => "Google: rate limit".into(),
        other => other.in_words(),
    }
}

fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Receiver => "The receiver has been silent for {}.",
        Kind::Grant => "Google no longer honours a consent.",
        Kind::Ending => "A consent that still works is foretold to end within {}.",
        Kind::Expired => "A channel has run out and no successor is proved.",
        Kind::Renewal => "A renewal has been failing for {}.",
        Kind::Unproved => "A new channel has not been proved for {}.",
        Kind::Refused => "Google refuses push for a calendar.",
        Kind::Polling => "A calendar has only been polled for {}.",
        Kind::Sync => "A calendar could not be read for {}.",
        Kind::Outbound => "An edit of the clinic's system has waited for Google for {}.",
        Kind::Held => "Google cancelled many appointments at once, and they wait for a decision.",
        Kind::Lag => "Changes take longer than {} (p95) for {}.",
        Kind::Missed => "Push did not announce {} of a calendar in 24 hours.",
        Kind::Reminder => "A channel expires within {}, and its renewal has not begun.",
    }
}
