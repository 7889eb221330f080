//! English.

use syncward_wire::Role;

use super::{Word, dated};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::Demo { sentence } => format!("Demo, made-up data: {sentence}"),
        Word::NoReceiver => "No receiver yet.".into(),
        Word::Connecting => "Connecting.".into(),
        Word::NothingKnown => "Nothing is known yet.".into(),
        Word::OneSilent {
            sentence,
            name,
            span,
        } => format!("{sentence} {name} has been silent for {span}."),
        Word::Silent { span } => format!("Receiver silent for {span}."),
        Word::NoCalendar => "No calendar is connected yet.".into(),
        Word::OneLive => "The calendar is live.".into(),
        Word::OneNotLive => "The calendar is not live.".into(),
        Word::OnePolledByDesign => "The calendar is polled, by design.".into(),
        Word::AllLive { total } => format!("All {total} calendars are live."),
        Word::SomeLive { live: 1, total } => format!("1 of {total} calendars is live."),
        Word::SomeLive { live, total } => format!("{live} of {total} calendars are live."),
        Word::RestPolledByDesign { live, total } => {
            let are = if live == 1 { "is" } else { "are" };
            let rest = total - live;
            let rest_are = if rest == 1 { "is" } else { "are" };
            format!("{live} of {total} calendars {are} live, {rest} {rest_are} polled by design.")
        }
        Word::NextExpiry { name, span } => format!("Next expiry: {name} in {span}"),
        Word::RenewNow => "Renew now".into(),
        Word::ReconnectNow => "Reconnect".into(),
        Word::Snooze => "Snooze".into(),
        Word::Acknowledge => "Acknowledge".into(),
        Word::ACalendar => "A calendar".into(),
        Word::Renewed => "renewed".into(),
        Word::NotRenewed => "not renewed".into(),
        Word::ValidUntil { moment } => format!("Valid until {moment}."),
        Word::Unreachable => "The receiver can't be reached.".into(),
        Word::TriedAgain => "It is tried again by itself.".into(),
        Word::ReachesYou => "Syncward can reach you here".into(),
        Word::ThisIsATest => {
            "This is a test. An alert would say what is wrong and what happens next.".into()
        }
        Word::StaysInTray => "Syncward goes on in the tray".into(),
        Word::WatchesFromTray { calendars: 0 } => "Click its icon to come back; its menu has \
            Quit."
            .into(),
        Word::WatchesFromTray { calendars: 1 } => {
            "It goes on watching 1 calendar. Click its icon to come back; Quit in its menu ends \
            that."
                .into()
        }
        Word::WatchesFromTray { calendars } => format!(
            "It goes on watching {calendars} calendars. Click its icon to come back; Quit in its menu ends \
             that."
        ),
        Word::MoreAlerts { count } => format!("{count} more alerts"),
        Word::OpenToSeeAll { titles } => format!("{titles}. Open Syncward to see them all."),
        Word::RenewAllDue => "Renew all due".into(),
        Word::SnoozeAnHour => "Snooze 1 h".into(),
        Word::PauseAlerts => "Pause alerts for 1 h".into(),
        Word::ResumeAlerts { until } => format!("Resume alerts, paused until {until}"),
        Word::Receiver => "Receiver…".into(),
        Word::Open => "Open".into(),
        Word::OpenSyncward => "Open Syncward".into(),
        Word::Quit => "Quit".into(),
        Word::QuitStops { channels: 1 } => "Quit: stops watching 1 channel".into(),
        Word::QuitStops { channels } => format!("Quit: stops watching {channels} channels"),
        Word::QuitSilences => "Quit: no more alerts on this computer".into(),
        Word::Live => "Live".into(),
        Word::Due => "Due".into(),
        Word::DueIn { span } => format!("Due, expires in {span}"),
        Word::Renewing => "Renewing".into(),
        Word::Unproved => "Unproved".into(),
        Word::Polling => "Polling".into(),
        Word::Expired => "Expired".into(),
        Word::Reconnect => "Reconnect".into(),
        Word::Paused => "Paused".into(),
        Word::Late => "Late".into(),
        Word::LateExpiresIn { span } => format!("Late, expires in {span}"),
        Word::Held => "Held: decide".into(),
        Word::Unsent => "Unsent edits".into(),
        Word::ReceiverPaused => "The receiver is paused.".into(),
        Word::OnePaused { name } => format!("{name} is paused."),
        Word::SomePaused { receivers } => format!("{receivers} receivers are paused."),
        Word::AllPaused => "All receivers are paused.".into(),
        Word::IsDemo => "This is the demo: Google is simulated, the data is made up.".into(),
        Word::AsOf { moment } => format!("What follows is as of {moment}."),
        Word::NextExpiryAt { moment } => format!("Next expiry: {moment}."),
        Word::Times { zone: Some(zone) } => format!("Times: {zone}."),
        Word::Times { zone: None } => "Times: this computer’s clock.".into(),
        Word::ExpiresAt { moment } => format!("expires {moment}"),
        Word::CancellationsHeld(1) => "1 cancellation waits for your decision".into(),
        Word::CancellationsHeld(held) => format!("{held} cancellations wait for your decision"),
        Word::EditsWait { edits: 1, moment } => {
            format!("1 edit has waited for Google since {moment}")
        }
        Word::EditsWait { edits, moment } => {
            format!("{edits} edits wait for Google, the oldest since {moment}")
        }
        Word::Urgent => "Urgent".into(),
        Word::Warning => "Warning".into(),
        Word::Notice => "Notice".into(),
        Word::Pending => "Pending".into(),
        Word::Acknowledged => "Acknowledged".into(),
        Word::Snoozed => "Snoozed".into(),
        Word::Recovering => "Recovering".into(),
        Word::Resolved => "Resolved".into(),
        Word::BeingRenewed { name } => format!("{name} is being renewed."),
        Word::NothingDue => "Nothing is due.".into(),
        Word::AllBeingRenewed => "All that are due are being renewed.".into(),
        Word::IsRenewed { name } => format!("{name} is renewed."),
        Word::IsNotRenewed { name, why } => format!("{name} is not renewed: {why}"),
        Word::WaitsForProof { name } => {
            format!("Waiting for the new channel of {name} to be proved, for two minutes at most.")
        }
        Word::NothingTold => "Nothing is told of it now.".into(),
        Word::Quiet { title } => format!("Quiet: {title}"),
        Word::NoAnswerFrom { sentence, name } => format!("{sentence} {name} does not answer."),
        Word::OnePairAgain { sentence, name } => {
            format!("{sentence} {name} needs to be paired again.")
        }
        Word::PairAgain => "needs to be paired again".into(),
        Word::ThisComputer => "this computer".into(),
        Word::Role(Role::Viewer) => "viewer".into(),
        Word::Role(Role::Operator) => "operator".into(),
        Word::Role(Role::Admin) => "admin".into(),
        Word::Role(Role::Integration) => "integration".into(),
        Word::NobodyAnswers => "No receiver answers.".into(),
        Word::WatchedNoLonger { name } => format!("{name}: watched no longer"),
        Word::Answers {
            version,
            calendars: 1,
        } => format!("answers, version {version}, 1 calendar"),
        Word::Answers { version, calendars } => {
            format!("answers, version {version}, {calendars} calendars")
        }
        Word::SilentSince { moment } => format!("silent since {moment}"),
        Word::LastHeard { moment } => format!("does not answer, last heard {moment}"),
        Word::NeverHeard => "does not answer".into(),
        Word::KnownByKey { fingerprint } => {
            format!("known by the key that was compared: {fingerprint}")
        }
        Word::KnownBySystem => "its certificate is trusted by this system".into(),
        Word::KnownByLoopback => "reached on this computer only".into(),
        Word::PairedAs { moment, role } => format!("paired {moment} as {role}"),
        Word::Forgets {
            name,
            address,
            calendars,
        } => format!(
            "Forgets {name} ({address}) on this computer: its token, the key that was compared, all that it told of \
                calendars ({calendars}), and its alerts. The receiver goes on by itself, and nothing changes at \
                Google."
        ),
        Word::ForgetsLocal { calendars } => format!(
            "Ends the receiver on this computer and forgets its token, all that it told of calendars ({calendars}), \
                and its alerts. Its own files stay, and nothing changes at Google."
        ),
        Word::ForgetIt => "Forget it? [y/N]".into(),
        Word::IsForgotten { name } => format!("{name} is forgotten."),
        Word::IsPaired { name } => format!("{name} is paired with this computer."),
        Word::NothingForgotten => "Nothing was forgotten.".into(),
        Word::OlderReceiver { version, own } => format!(
            "The receiver ({version}) is older than this app ({own}): what it does not know stays empty here. Update the \
             receiver."
        ),
        Word::NewerReceiver { version, own } => format!(
            "The receiver ({version}) is newer than this app ({own}): what is new there is not shown here. Update Syncward \
             on this computer."
        ),
        Word::OwnClock { ahead_s } => format!(
            "This computer's clock is {} s {} the receiver's: set it right, since ages shown here are off by as much.",
            ahead_s.unsigned_abs(),
            if ahead_s > 0 { "ahead of" } else { "behind" }
        ),
        Word::ReceiversClock { ahead_s } => format!(
            "The receiver's clock is {} s {} Google's: let it follow the network's time, since latency is measured between \
             the two.",
            ahead_s.unsigned_abs(),
            if ahead_s > 0 { "ahead of" } else { "behind" }
        ),
        Word::UnderAMinute => "under a minute".into(),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Moment(at) => {
            let (day, month, time) = dated(at, DAYS, MONTHS);
            format!("{day} {} {month} {time}", at.day())
        }
        Word::Days(n) => format!("{n} d"),
    }
}
