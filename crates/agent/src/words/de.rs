//! German.

use syncward_wire::Role;

use super::{Word, dated};

const DAYS: [&str; 7] = ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"];
const MONTHS: [&str; 12] = [
    "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez.",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::Demo { sentence } => format!("Demo, erfundene Daten: {sentence}"),
        Word::NoReceiver => "Noch kein Empfänger.".into(),
        Word::Connecting => "Verbindet.".into(),
        Word::NothingKnown => "Noch nichts bekannt.".into(),
        Word::OneSilent {
            sentence,
            name,
            span,
        } => format!("{sentence} {name} schweigt seit {span}."),
        Word::Silent { span } => format!("Empfänger schweigt seit {span}."),
        Word::NoCalendar => "Noch kein Kalender verbunden.".into(),
        Word::OneLive => "Der Kalender ist live.".into(),
        Word::OneNotLive => "Der Kalender ist nicht live.".into(),
        Word::OnePolledByDesign => "Der Kalender wird planmäßig abgefragt.".into(),
        Word::AllLive { total } => format!("Alle {total} Kalender sind live."),
        Word::SomeLive { live: 1, total } => format!("1 von {total} Kalendern ist live."),
        Word::SomeLive { live, total } => format!("{live} von {total} Kalendern sind live."),
        Word::RestPolledByDesign { live, total } => {
            let are = if live == 1 { "ist" } else { "sind" };
            let rest = total - live;
            let rest_are = if rest == 1 { "wird" } else { "werden" };
            format!(
                "{live} von {total} Kalendern {are} live, {rest} {rest_are} planmäßig abgefragt."
            )
        }
        Word::NextExpiry { name, span } => format!("Nächster Ablauf: {name} in {span}"),
        Word::RenewNow => "Jetzt erneuern".into(),
        Word::ReconnectNow => "Neu verbinden".into(),
        Word::Snooze => "Stumm".into(),
        Word::Acknowledge => "Quittieren".into(),
        Word::ACalendar => "Ein Kalender".into(),
        Word::Renewed => "ist erneuert".into(),
        Word::NotRenewed => "nicht erneuert".into(),
        Word::ValidUntil { moment } => format!("Gültig bis {moment}."),
        Word::Unreachable => "Der Empfänger ist nicht erreichbar.".into(),
        Word::TriedAgain => "Es wird von selbst wieder versucht.".into(),
        Word::ReachesYou => "Syncward erreicht Sie hier".into(),
        Word::ThisIsATest => {
            "Das ist ein Test. Eine Warnung sagte, was nicht stimmt und wie es weitergeht.".into()
        }
        Word::StaysInTray => "Syncward läuft in der Leiste weiter".into(),
        Word::WatchesFromTray { calendars: 0 } => "Ein Klick auf sein Symbol öffnet es wieder; im Menü steht \
            „Beenden“."
            .into(),
        Word::WatchesFromTray { calendars: 1 } => "Es überwacht weiter 1 Kalender. Ein Klick auf sein Symbol öffnet es wieder; „Beenden“ im Menü \
            beendet das."
            .into(),
        Word::WatchesFromTray { calendars } => format!(
            "Es überwacht weiter {calendars} Kalender. Ein Klick auf sein Symbol öffnet es wieder; \
             „Beenden“ im Menü beendet das."
        ),
        Word::MoreAlerts { count } => format!("{count} weitere Warnungen"),
        Word::OpenToSeeAll { titles } => format!("{titles}. Syncward zeigt alle."),
        Word::RenewAllDue => "Alle fälligen erneuern".into(),
        Word::SnoozeAnHour => "1 h stumm".into(),
        Word::PauseAlerts => "Warnungen 1 h pausieren".into(),
        Word::ResumeAlerts { until } => format!("Warnungen fortsetzen, pausiert bis {until}"),
        Word::Receiver => "Empfänger…".into(),
        Word::Open => "Öffnen".into(),
        Word::OpenSyncward => "Syncward öffnen".into(),
        Word::Quit => "Beenden".into(),
        Word::QuitStops { channels: 1 } => "Beenden: 1 Kanal wird nicht mehr überwacht".into(),
        Word::QuitStops { channels } => {
            format!("Beenden: {channels} Kanäle werden nicht mehr überwacht")
        }
        Word::QuitSilences => "Beenden: keine Warnungen mehr auf diesem Computer".into(),
        Word::Live => "Live".into(),
        Word::Due => "Fällig".into(),
        Word::DueIn { span } => format!("Fällig, läuft in {span} ab"),
        Word::Renewing => "Wird erneuert".into(),
        Word::Unproved => "Ungeprüft".into(),
        Word::Polling => "Abfrage".into(),
        Word::Expired => "Abgelaufen".into(),
        Word::Reconnect => "Neu verbinden".into(),
        Word::Paused => "Pausiert".into(),
        Word::Late => "Überfällig".into(),
        Word::LateExpiresIn { span } => format!("Überfällig, läuft in {span} ab"),
        Word::Held => "Angehalten: entscheiden".into(),
        Word::Unsent => "Ungesendete Änderungen".into(),
        Word::ReceiverPaused => "Der Empfänger ist pausiert.".into(),
        Word::OnePaused { name } => format!("{name} ist pausiert."),
        Word::SomePaused { receivers } => format!("{receivers} Empfänger sind pausiert."),
        Word::AllPaused => "Alle Empfänger sind pausiert.".into(),
        Word::IsDemo => "Das ist die Demo: Google ist simuliert, die Daten sind erfunden.".into(),
        Word::AsOf { moment } => format!("Stand: {moment}."),
        Word::NextExpiryAt { moment } => format!("Nächster Ablauf: {moment}."),
        Word::Times { zone: Some(zone) } => format!("Zeiten: {zone}."),
        Word::Times { zone: None } => "Zeiten: nach der Uhr dieses Computers.".into(),
        Word::ExpiresAt { moment } => format!("läuft ab {moment}"),
        Word::CancellationsHeld(1) => "1 Absage wartet auf Ihre Entscheidung".into(),
        Word::CancellationsHeld(held) => format!("{held} Absagen warten auf Ihre Entscheidung"),
        Word::EditsWait { edits: 1, moment } => {
            format!("1 Änderung wartet auf Google seit {moment}")
        }
        Word::EditsWait { edits, moment } => {
            format!("{edits} Änderungen warten auf Google, die älteste seit {moment}")
        }
        Word::Urgent => "Dringend".into(),
        Word::Warning => "Warnung".into(),
        Word::Notice => "Hinweis".into(),
        Word::Pending => "Wartet".into(),
        Word::Acknowledged => "Quittiert".into(),
        Word::Snoozed => "Stumm".into(),
        Word::Recovering => "Erholt sich".into(),
        Word::Resolved => "Erledigt".into(),
        Word::BeingRenewed { name } => format!("{name} wird erneuert."),
        Word::NothingDue => "Nichts ist fällig.".into(),
        Word::AllBeingRenewed => "Alle fälligen werden erneuert.".into(),
        Word::IsRenewed { name } => format!("{name} ist erneuert."),
        Word::IsNotRenewed { name, why } => format!("{name} ist nicht erneuert: {why}"),
        Word::WaitsForProof { name } => {
            format!("Warte höchstens zwei Minuten, bis der neue Kanal von {name} bewiesen ist.")
        }
        Word::NothingTold => "Dazu wird gerade nicht gewarnt.".into(),
        Word::Quiet { title } => format!("Stumm: {title}"),
        Word::NoAnswerFrom { sentence, name } => format!("{sentence} {name} antwortet nicht."),
        Word::OnePairAgain { sentence, name } => {
            format!("{sentence} {name} muss neu gekoppelt werden.")
        }
        Word::PairAgain => "muss neu gekoppelt werden".into(),
        Word::ThisComputer => "dieser Computer".into(),
        Word::Role(Role::Viewer) => "Betrachter".into(),
        Word::Role(Role::Operator) => "Bediener".into(),
        Word::Role(Role::Admin) => "Admin".into(),
        Word::Role(Role::Integration) => "Schnittstelle".into(),
        Word::NobodyAnswers => "Kein Empfänger antwortet.".into(),
        Word::WatchedNoLonger { name } => format!("{name}: wird nicht mehr überwacht"),
        Word::Answers {
            version,
            calendars: 1,
        } => format!("antwortet, Version {version}, 1 Kalender"),
        Word::Answers { version, calendars } => {
            format!("antwortet, Version {version}, {calendars} Kalender")
        }
        Word::SilentSince { moment } => format!("schweigt seit {moment}"),
        Word::LastHeard { moment } => format!("antwortet nicht, zuletzt gehört {moment}"),
        Word::NeverHeard => "antwortet nicht".into(),
        Word::KnownByKey { fingerprint } => {
            format!("bekannt am verglichenen Schlüssel: {fingerprint}")
        }
        Word::KnownBySystem => "seinem Zertifikat vertraut dieses System".into(),
        Word::KnownByLoopback => "nur auf diesem Computer erreicht".into(),
        Word::PairedAs { moment, role } => format!("gekoppelt {moment} als {role}"),
        Word::Forgets {
            name,
            address,
            calendars,
        } => format!(
            "Vergisst {name} ({address}) auf diesem Computer: sein Gerätetoken, den verglichenen Fingerabdruck, \
                alles, was er von Kalendern ({calendars}) meldete, und seine Warnungen. Der Empfänger läuft von \
                selbst weiter, und bei Google ändert sich nichts."
        ),
        Word::ForgetsLocal { calendars } => format!(
            "Beendet den Empfänger auf diesem Computer und vergisst sein Gerätetoken, alles, was er von Kalendern \
                ({calendars}) meldete, und seine Warnungen. Seine eigenen Dateien bleiben, und bei Google ändert \
                sich nichts."
        ),
        Word::ForgetIt => "Vergessen? [j/N]".into(),
        Word::IsForgotten { name } => format!("{name} ist vergessen."),
        Word::IsPaired { name } => format!("{name} ist mit diesem Computer gekoppelt."),
        Word::NothingForgotten => "Nichts wurde vergessen.".into(),
        Word::OlderReceiver { version, own } => format!(
            "Der Empfänger ({version}) ist älter als diese App ({own}): Was er nicht kennt, bleibt hier leer. Aktualisieren \
             Sie den Empfänger."
        ),
        Word::NewerReceiver { version, own } => format!(
            "Der Empfänger ({version}) ist neuer als diese App ({own}): Was dort neu ist, fehlt hier. Aktualisieren Sie \
             Syncward auf diesem Computer."
        ),
        Word::OwnClock { ahead_s } => format!(
            "Die Uhr dieses Computers geht {} s {} der des Empfängers: Stellen Sie sie, denn Altersangaben sind um so viel \
             falsch.",
            ahead_s.unsigned_abs(),
            if ahead_s > 0 { "vor" } else { "hinter" }
        ),
        Word::ReceiversClock { ahead_s } => format!(
            "Die Uhr des Empfängers geht {} s {} der von Google: Lassen Sie sie der Netzzeit folgen, denn die Latenz wird \
             zwischen beiden gemessen.",
            ahead_s.unsigned_abs(),
            if ahead_s > 0 { "vor" } else { "hinter" }
        ),
        Word::UnderAMinute => "unter einer Minute".into(),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Moment(at) => {
            let (day, month, time) = dated(at, DAYS, MONTHS);
            format!("{day} {}. {month} {time}", at.day())
        }
        Word::Days(n) => format!("{n} d"),
    }
}
