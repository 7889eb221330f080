//! German.

use jiff::civil::Weekday;

use super::{Word, counted, dated, either};
use crate::alert::Kind;
use crate::failure::Cause;

const MONTHS: [&str; 12] = [
    "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez.",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::TheReceiver => "Der Empfänger".into(),
        Word::AClinic => "Eine Praxis".into(),
        Word::ACalendar => "Ein Kalender".into(),
        Word::Changes => "Änderungen".into(),
        Word::Calendars => "Kalender".into(),
        Word::CountedCalendars(count) => counted(count, "Kalender", "Kalender"),
        Word::UnknownTime => "unbekannter Zeit".into(),
        Word::ShutOut => "sperrt diesen Computer aus".into(),
        Word::Silent => "schweigt".into(),
        Word::Late { by } => format!("kommen spät an: {by}"),
        Word::LosesGoogle { left } => format!("verliert Google in {left}"),
        Word::ExpiresIn { left } => format!("läuft in {left} ab"),
        Word::ChannelsExpire { count, left } => format!("{count} Kanäle laufen ab, erster in {left}"),
        Word::Expired { one } => either(one, "hat keinen gültigen Kanal", "haben keinen gültigen Kanal"),
        Word::MustReconnect => "muss Google neu verbinden".into(),
        Word::NotProved { one } => either(one, "ist ungeprüft", "sind ungeprüft"),
        Word::PushRefused { .. } => "ohne Push: verweigert".into(),
        Word::PolledOnly { one } => either(one, "wird nur abgefragt", "werden nur abgefragt"),
        Word::NotSynced { one } => either(one, "ist nicht abgleichbar", "sind nicht abgleichbar"),
        Word::Unsent { one } => either(one, "hat ungesendete Änderungen", "haben ungesendete Änderungen"),
        Word::Waits { one } => either(one, "wartet auf Entscheidung", "warten auf Entscheidung"),
        Word::NotTold { one } => either(one, "erfuhr nicht jede Änderung", "erfuhren nicht jede Änderung"),
        Word::NeedsALook => "braucht einen Blick".into(),
        Word::ConnectedAnew => "ist neu verbunden".into(),
        Word::HasLostGoogle => "hat Google verloren".into(),
        Word::AnswersAgain => "antwortet wieder".into(),
        Word::InTimeAgain => "kommen wieder rechtzeitig".into(),
        Word::Decided => "ist entschieden".into(),
        Word::ToldAgain => "erfährt Änderungen wieder".into(),
        Word::ChangedState => "hat den Zustand gewechselt".into(),
        Word::ConnectedAgain => "ist wieder verbunden".into(),
        Word::Renewed { one } => either(one, "ist erneuert", "sind erneuert"),
        Word::LiveAgain { one } => either(one, "ist wieder live", "sind wieder live"),
        Word::SyncedAgain { one } => either(one, "wird wieder abgeglichen", "werden wieder abgeglichen"),
        Word::AllSent { one } => either(one, "hat nichts mehr zu senden", "haben nichts mehr zu senden"),
        Word::AllWell => "Alles gut nach der Ruhe".into(),
        Word::FromTheQuiet(count) => format!("{} aus der Ruhezeit", counted(count, "Warnung", "Warnungen")),
        Word::NothingKnownFor { lasted } => format!("Seit {lasted} ist nichts bekannt."),
        Word::PairAgain => "Koppeln Sie ihn in Syncward neu.".into(),
        Word::NoContactFor { lasted } => format!("Kein Kontakt seit {lasted}."),
        Word::KeepsTrying => "Syncward versucht es weiter.".into(),
        Word::RunOutSince(count) => {
            let channels = counted(count, "Kanal ist", "Kanäle sind");
            format!("{channels} seither abgelaufen, falls der Empfänger nicht ungesehen erneuert hat.")
        }
        Word::NotReadMeanwhile => "Änderungen in Google werden solange vielleicht nicht gelesen.".into(),
        Word::NextToRunOut { first, at } => format!("Als Nächstes läuft ab: {first}, {at}."),
        Word::NextToRunOutAndMore { first, at, rest, last } => {
            format!("Als Nächstes läuft ab: {first}, {at}, {rest} weitere bis {last}.")
        }
        Word::Lateness { window, limit } => format!(
            "Jede zwanzigste brauchte in den letzten {window} länger; die Grenze ist {limit}. Latenz zeigt, welche Strecke \
             langsam ist."
        ),
        Word::CameAndWent(count) => {
            counted(count, "Warnung kam und ging von selbst", "Warnungen kamen und gingen von selbst")
        }
        Word::More(count) => counted(count, "weitere", "weitere"),
        Word::NothingNeeded { over } => format!("{over}. Sie müssen nichts tun."),
        Word::OpenToSee { list } => format!("{list}. Syncward zeigt alle."),
        Word::TestingEnds { left } => {
            format!("Die App steht bei Google auf „Testing“, daher endet die Verbindung in {left}:")
        }
        Word::LimitedEnds { left } => {
            format!("Die Verbindung mit Google wurde befristet erteilt, daher endet sie in {left}:")
        }
        Word::StandStillThen(count) => format!(
            "{}. Nichts wird gelöscht.",
            counted(count, "Kalender steht dann still", "Kalender stehen dann still")
        ),
        Word::Publish => "Veröffentlichen Sie die App in der Google Cloud Console (OAuth-Zustimmungsbildschirm, „In \
            Produktion“), dann verbinden Sie Google neu."
            .into(),
        Word::ConnectBefore => "Verbinden Sie Google vorher in Syncward neu.".into(),
        Word::RenewalFails { lasted, because } => {
            format!("Die automatische Erneuerung misslingt seit {lasted}{because}.")
        }
        Word::RenewalFailed { times: 1, because, .. } => format!("Die automatische Erneuerung misslang{because}."),
        Word::RenewalFailed { times: 2, because, .. } => format!("Die automatische Erneuerung misslang zweimal{because}."),
        Word::RenewalFailed { times, lasted, because } => {
            format!("Die automatische Erneuerung misslang {times}-mal in {lasted}{because}.")
        }
        Word::NextTry { at } => format!("Nächster Versuch: {at}."),
        Word::TriedByItself => "Es wird von selbst wieder versucht.".into(),
        Word::PollingThen => "Nach dem Ablauf kommen Änderungen durch Abfragen.".into(),
        Word::ExpiredMeans => "Änderungen kommen nun durch Abfragen, also später als sonst.".into(),
        Word::GrantLost(count) => format!(
            "Google erkennt die Verbindung nicht mehr an, daher {}. Nichts wird gelöscht. Verbinden Sie Google in Syncward \
             neu.",
            match count {
                1 => "steht 1 Kalender still".to_owned(),
                _ => format!("stehen {count} Kalender still"),
            }
        ),
        Word::UnprovedMeans => "Google hat den Kanal geöffnet, aber keine Nachricht kam an. Änderungen kommen durch \
            Abfragen."
            .into(),
        Word::RefusedMeans { because } => format!(
            "Google hat den Kanal verweigert{because}, daher kommen Änderungen durch Abfragen. Einmal am Tag wird \
            es wieder versucht."
        ),
        Word::NoChannelFor { lasted, because } => {
            format!("Seit {lasted} ließ sich kein Kanal öffnen{because}. Änderungen kommen später als sonst.")
        }
        Word::ReadingFails { lasted, because } => format!(
            "Seit {lasted} lassen sich Änderungen nicht lesen{because}. Nichts wird gelöscht; es wird von selbst wieder versucht."
        ),
        Word::EditsWait { edits, lasted } => format!(
            "Seit {lasted} {} auf Google: Es konnte sie nicht annehmen.",
            counted(edits, "Änderung des Praxissystems wartet", "Änderungen des Praxissystems warten")
        ),
        Word::EditsRefused { edits, lasted } => format!(
            "Seit {lasted} {}: Google lehnt ab, was geändert wurde. Die Seite des Kalenders sagt, warum.",
            counted(edits, "Änderung des Praxissystems wartet", "Änderungen des Praxissystems warten")
        ),
        Word::EditsPaused { edits, lasted } => format!(
            "Seit {lasted} {}: Der Kalender ist pausiert.",
            counted(edits, "Änderung des Praxissystems wartet", "Änderungen des Praxissystems warten")
        ),
        Word::FirstStarts { left } => format!("Der erste dieser Termine beginnt in {left}."),
        Word::EditsAreKept => "Nichts ist verloren, und es wird von selbst wieder versucht; bis dahin zeigt Google den alten Stand.".into(),
        Word::EditsGoOnResume => "Nichts ist verloren: Sie gehen hinaus, sobald er fortgesetzt wird; bis dahin zeigt Google den alten Stand.".into(),
        Word::EditsWaitAlong(edits) => format!(
            "Derweil {} auf Google.",
            counted(edits, "Änderung des Praxissystems wartet", "Änderungen des Praxissystems warten")
        ),
        Word::PausedNotRenewed => {
            "Er ist pausiert und wird daher nicht erneuert. Setzen Sie ihn fort, damit er überwacht bleibt.".into()
        }
        Word::RenewalPlanned { until } => format!("Die Erneuerung ist in {until} geplant; Sie müssen nichts tun."),
        Word::RenewalOverdue => {
            "Er hätte schon erneuert sein sollen. Nach dem Ablauf kommen Änderungen durch Abfragen.".into()
        }
        Word::Held(count) => format!(
            "Google hat {} auf einmal abgesagt. Sie bleiben, bis Sie das annehmen oder ablehnen.",
            counted(count, "Termin", "Termine")
        ),
        Word::LeftOut(count) => format!(
            "Push hat in 24 Stunden {} ausgelassen; die regelmäßige Prüfung hat sie gefunden. Nichts ist verloren. „Zustellung \
             testen“ zeigt, ob Push jetzt geht.",
            counted(count, "Änderung", "Änderungen")
        ),
        Word::Lasted { lasted } => format!("Es dauerte {lasted}."),
        Word::ValidUntil(at) => {
            let (day, (month, time)) = (day(at.weekday()), dated(at, MONTHS));
            format!("Gültig bis {day} {}. {month} {time}.", at.day())
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
        Cause::RateLimit => "Anfragegrenze von Google erreicht".into(),
        Cause::NotWatchable => "dieser Kalender lässt sich nicht mit Push überwachen".into(),
        Cause::NotHttps => "die öffentliche Adresse ist nicht https".into(),
        Cause::NotAccepted => "Google nimmt die öffentliche Adresse nicht an".into(),
        Cause::Timeout => "Google hat nicht rechtzeitig geantwortet".into(),
        Cause::Unreachable => "Google war nicht erreichbar".into(),
        Cause::Unreadable => "Googles Antwort war nicht lesbar".into(),
        Cause::Internal => "Google hatte einen internen Fehler".into(),
        Cause::Gone => "der Kalender ist weg oder nicht mehr freigegeben".into(),
        Cause::Forbidden => "das Konto darf das nicht".into(),
        Cause::NotOrganizer => "nur wer den Termin organisiert, darf ihn ändern".into(),
        Cause::GrantLost => "Google erkennt die Verbindung nicht mehr an".into(),
        Cause::NoHandshake => "der Handschlag des Nachfolgers kam nicht an".into(),
        Cause::Changed => "der Termin wurde inzwischen in Google geändert".into(),
        Cause::Invalid => "Google nimmt die Anfrage so nicht an".into(),
        Cause::ClientRefused => "Google nimmt den OAuth-Client des Empfängers nicht an".into(),
        Cause::NotGoogles => "etwas dazwischen antwortete an Googles Stelle".into(),
        Cause::NoReason => "Google nannte keinen Grund".into(),
        Cause::Said(reason) => format!("Google antwortete {reason}"),
    }
}

fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mo",
        Weekday::Tuesday => "Di",
        Weekday::Wednesday => "Mi",
        Weekday::Thursday => "Do",
        Weekday::Friday => "Fr",
        Weekday::Saturday => "Sa",
        Weekday::Sunday => "So",
    }
}

fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Receiver => "Der Empfänger schweigt seit {}.",
        Kind::Grant => "Google erkennt eine Zustimmung nicht mehr an.",
        Kind::Ending => "Eine Zustimmung, die noch gilt, endet voraussichtlich binnen {}.",
        Kind::Expired => "Ein Kanal ist abgelaufen und kein Nachfolger bewährt.",
        Kind::Renewal => "Eine Erneuerung misslingt seit {}.",
        Kind::Unproved => "Ein neuer Kanal ist seit {} ungeprüft.",
        Kind::Refused => "Google verweigert Push für einen Kalender.",
        Kind::Polling => "Ein Kalender wird seit {} nur abgefragt.",
        Kind::Sync => "Ein Kalender ist seit {} nicht lesbar.",
        Kind::Outbound => "Eine Änderung des Praxissystems wartet seit {} auf Google.",
        Kind::Held => {
            "Google hat viele Termine auf einmal abgesagt, und sie warten auf eine Entscheidung."
        }
        Kind::Lag => "Änderungen brauchen länger als {} (p95), und das {} lang.",
        Kind::Missed => "Push hat {} eines Kalenders in 24 Stunden nicht gemeldet.",
        Kind::Reminder => "Ein Kanal läuft binnen {} ab, und seine Erneuerung hat nicht begonnen.",
    }
}
