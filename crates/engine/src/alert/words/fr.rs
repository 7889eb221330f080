//! French.

use jiff::civil::Weekday;

use super::{Word, counted, dated, either};
use crate::alert::Kind;
use crate::failure::Cause;

const MONTHS: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::TheReceiver => "Le récepteur".into(),
        Word::AClinic => "Une clinique".into(),
        Word::ACalendar => "Un agenda".into(),
        Word::Changes => "Les changements".into(),
        Word::Calendars => "Agendas".into(),
        Word::CountedCalendars(count) => counted(count, "agenda", "agendas"),
        Word::UnknownTime => "un temps inconnu".into(),
        Word::ShutOut => "a exclu cet ordinateur".into(),
        Word::Silent => "ne répond plus".into(),
        Word::Late { by } => format!("arrivent tard : {by}"),
        Word::LosesGoogle { left } => format!("perd Google dans {left}"),
        Word::ExpiresIn { left } => format!("expire dans {left}"),
        Word::ChannelsExpire { count, left } => format!("{count} canaux expirent, dont un dans {left}"),
        Word::Expired { one } => either(one, "a un canal expiré", "ont un canal expiré"),
        Word::MustReconnect => "doit reconnecter Google".into(),
        Word::NotProved { one } => either(one, "est non prouvé", "sont non prouvés"),
        Word::PushRefused { .. } => "sans push : refusé".into(),
        Word::PolledOnly { one } => either(one, "est seulement interrogé", "sont seulement interrogés"),
        Word::NotSynced { one } => either(one, "n’est pas synchronisable", "sont non synchronisables"),
        Word::Unsent { one } => either(one, "a des envois en attente", "ont des envois en attente"),
        Word::Waits { one } => either(one, "attend votre décision", "attendent votre décision"),
        Word::NotTold { one } => either(one, "ignorait des changements", "ignoraient des changements"),
        Word::NeedsALook => "demande un coup d’œil".into(),
        Word::ConnectedAnew => "est reconnectée".into(),
        Word::HasLostGoogle => "a perdu Google".into(),
        Word::AnswersAgain => "répond de nouveau".into(),
        Word::InTimeAgain => "arrivent à temps".into(),
        Word::Decided => "est décidé".into(),
        Word::ToldAgain => "est de nouveau averti".into(),
        Word::ChangedState => "a changé d’état".into(),
        Word::ConnectedAgain => "est de nouveau connectée".into(),
        Word::Renewed { one } => either(one, "est renouvelé", "sont renouvelés"),
        Word::LiveAgain { one } => either(one, "est de nouveau actif", "sont de nouveau actifs"),
        Word::SyncedAgain { one } => either(one, "se synchronise à nouveau", "se synchronisent à nouveau"),
        Word::AllSent { one } => either(one, "n’a plus rien à envoyer", "n’ont plus rien à envoyer"),
        Word::AllWell => "Tout va bien après le silence".into(),
        Word::FromTheQuiet(count) => format!("{} du temps calme", counted(count, "alerte", "alertes")),
        Word::NothingKnownFor { lasted } => format!("Rien n’est connu depuis {lasted}."),
        Word::PairAgain => "Associez-le de nouveau dans Syncward.".into(),
        Word::NoContactFor { lasted } => format!("Aucun contact depuis {lasted}."),
        Word::KeepsTrying => "Syncward continue d’essayer.".into(),
        Word::RunOutSince(count) => {
            let channels = counted(count, "canal a expiré", "canaux ont expiré");
            format!("{channels} depuis, sauf si le récepteur a renouvelé sans être vu.")
        }
        Word::NotReadMeanwhile => "Les changements dans Google ne sont peut-être pas lus entre-temps.".into(),
        Word::NextToRunOut { first, at } => format!("Prochaine expiration : {first}, {at}."),
        Word::NextToRunOutAndMore { first, at, rest, last } => {
            format!("Prochaine expiration : {first}, {at}, et {rest} de plus d’ici {last}.")
        }
        Word::Lateness { window, limit } => format!(
            "Un sur vingt a pris plus longtemps ces dernières {window} ; la limite est {limit}. Latence montre quelle étape \
             est lente."
        ),
        Word::CameAndWent(count) => {
            counted(count, "alerte est venue et repartie seule", "alertes sont venues et reparties seules")
        }
        Word::More(count) => format!("{count} de plus"),
        Word::NothingNeeded { over } => format!("{over}. Il n’y a rien à faire."),
        Word::OpenToSee { list } => format!("{list}. Ouvrez Syncward pour les voir."),
        Word::TestingEnds { left } => {
            format!("L’application est à l’état « Testing » chez Google, la connexion prend donc fin dans {left} :")
        }
        Word::LimitedEnds { left } => {
            format!("La connexion à Google a été donnée pour un temps limité, elle prend donc fin dans {left} :")
        }
        Word::StandStillThen(count) => format!(
            "{}. Rien n’est supprimé.",
            counted(count, "agenda s’arrête alors", "agendas s’arrêtent alors")
        ),
        Word::Publish => "Publiez l’application dans Google Cloud Console (écran de consentement OAuth, « En production »), \
            puis reconnectez Google."
            .into(),
        Word::ConnectBefore => "Reconnectez Google dans Syncward avant.".into(),
        Word::RenewalFails { lasted, because } => {
            format!("Le renouvellement automatique échoue depuis {lasted}{because}.")
        }
        Word::RenewalFailed { times: 1, because, .. } => format!("Le renouvellement automatique a échoué{because}."),
        Word::RenewalFailed { times: 2, because, .. } => {
            format!("Le renouvellement automatique a échoué deux fois{because}.")
        }
        Word::RenewalFailed { times, lasted, because } => {
            format!("Le renouvellement automatique a échoué {times} fois en {lasted}{because}.")
        }
        Word::NextTry { at } => format!("Prochain essai : {at}."),
        Word::TriedByItself => "L’essai reprend tout seul.".into(),
        Word::PollingThen => "Après l’expiration, les changements arrivent par interrogation.".into(),
        Word::ExpiredMeans => {
            "Les changements arrivent maintenant par interrogation, donc plus tard que d’habitude.".into()
        }
        Word::GrantLost(count) => format!(
            "Google n’honore plus la connexion, donc {}. Rien n’est supprimé. Reconnectez Google dans Syncward.",
            counted(count, "agenda est à l’arrêt", "agendas sont à l’arrêt")
        ),
        Word::UnprovedMeans => "Google a ouvert le canal, mais aucun message n’est arrivé. Les changements arrivent par \
            interrogation."
            .into(),
        Word::RefusedMeans { because } => format!(
            "Google a refusé le canal{because}, les changements arrivent donc par interrogation. Nouvel essai une \
            fois par jour."
        ),
        Word::NoChannelFor { lasted, because } => format!(
            "Aucun canal n’a pu être ouvert depuis {lasted}{because}. Les changements arrivent plus tard que d’habitude."
        ),
        Word::ReadingFails { lasted, because } => format!(
            "La lecture des changements échoue depuis {lasted}{because}. Rien n’est supprimé ; elle est réessayée toute seule."
        ),
        Word::EditsWait { edits, lasted } => format!(
            "{} Google depuis {lasted} : il n’a pas pu les prendre.",
            counted(edits, "changement du système de la clinique attend", "changements du système de la clinique attendent")
        ),
        Word::EditsRefused { edits, lasted } => format!(
            "{} depuis {lasted} : Google refuse ce qui a été changé. La page de l’agenda dit pourquoi.",
            counted(edits, "changement du système de la clinique attend", "changements du système de la clinique attendent")
        ),
        Word::EditsPaused { edits, lasted } => format!(
            "{} depuis {lasted} : l’agenda est en pause.",
            counted(edits, "changement du système de la clinique attend", "changements du système de la clinique attendent")
        ),
        Word::FirstStarts { left } => format!("Le premier de ces rendez-vous commence dans {left}."),
        Word::EditsAreKept => "Rien n’est perdu, et l’essai reprend tout seul ; d’ici là Google montre l’ancien état.".into(),
        Word::EditsGoOnResume => "Rien n’est perdu : ils partiront à la reprise ; d’ici là Google montre l’ancien état.".into(),
        Word::EditsWaitAlong(edits) => format!(
            "En attendant, {} Google.",
            counted(edits, "changement du système de la clinique attend", "changements du système de la clinique attendent")
        ),
        Word::PausedNotRenewed => {
            "Il est en pause et n’est donc pas renouvelé. Reprenez-le pour qu’il reste surveillé.".into()
        }
        Word::RenewalPlanned { until } => {
            format!("Le renouvellement est prévu dans {until} ; il n’y a rien à faire.")
        }
        Word::RenewalOverdue => {
            "Il aurait déjà dû être renouvelé. Après l’expiration, les changements arrivent par interrogation.".into()
        }
        Word::Held(count) => format!(
            "Google a annulé {} d’un coup. Ils sont gardés jusqu’à ce que vous acceptiez ou refusiez.",
            counted(count, "rendez-vous", "rendez-vous")
        ),
        Word::LeftOut(count) => format!(
            "Push a omis {} en 24 heures ; le contrôle régulier les a trouvés. Rien n’est perdu. « Tester la livraison » \
             montre si push fonctionne maintenant.",
            counted(count, "changement", "changements")
        ),
        Word::Lasted { lasted } => format!("Cela a duré {lasted}."),
        Word::ValidUntil(at) => {
            let (day, (month, time)) = (day(at.weekday()), dated(at, MONTHS));
            format!("Valable jusqu’au {day} {} {month} {time}.", at.day())
        }
        Word::Because(cause) => self::because(cause),
        Word::Seconds(n) => format!("{n} s"),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Days(n) => format!("{n} j"),
        Word::Day(day) => self::day(day).into(),
        Word::Rule(kind) => rule(kind).into(),
    }
}

fn because(cause: &Cause) -> String {
    match cause {
        Cause::RateLimit => "limite d’appels de Google".into(),
        Cause::NotWatchable => "cet agenda ne peut pas être surveillé par push".into(),
        Cause::NotHttps => "l’adresse publique n’est pas en https".into(),
        Cause::NotAccepted => "Google n’accepte pas l’adresse publique".into(),
        Cause::Timeout => "Google n’a pas répondu à temps".into(),
        Cause::Unreachable => "Google était injoignable".into(),
        Cause::Unreadable => "la réponse de Google était illisible".into(),
        Cause::Internal => "Google a eu une erreur interne".into(),
        Cause::Gone => "l’agenda a disparu ou n’est plus partagé".into(),
        Cause::Forbidden => "le compte n’en a pas le droit".into(),
        Cause::NotOrganizer => "seul l’organisateur peut modifier le rendez-vous".into(),
        Cause::GrantLost => "Google n’honore plus la connexion".into(),
        Cause::NoHandshake => "la poignée de main du successeur n’est pas arrivée".into(),
        Cause::Changed => "le rendez-vous a été changé entre-temps dans Google".into(),
        Cause::Invalid => "Google n’accepte pas la requête telle quelle".into(),
        Cause::ClientRefused => "Google n’accepte pas le client OAuth du récepteur".into(),
        Cause::NotGoogles => "quelque chose entre les deux a répondu à la place de Google".into(),
        Cause::NoReason => "Google n’a donné aucune raison".into(),
        Cause::Said(reason) => format!("Google a répondu {reason}"),
    }
}

fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "lun.",
        Weekday::Tuesday => "mar.",
        Weekday::Wednesday => "mer.",
        Weekday::Thursday => "jeu.",
        Weekday::Friday => "ven.",
        Weekday::Saturday => "sam.",
        Weekday::Sunday => "dim.",
    }
}

fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Receiver => "Le récepteur ne répond plus depuis {}.",
        Kind::Grant => "Google n’honore plus un consentement.",
        Kind::Ending => "Un consentement encore valable doit prendre fin d’ici {}.",
        Kind::Expired => "Un canal a expiré et aucun successeur n’a fait ses preuves.",
        Kind::Renewal => "Un renouvellement échoue depuis {}.",
        Kind::Unproved => "Un nouveau canal est non prouvé depuis {}.",
        Kind::Refused => "Google refuse push pour un agenda.",
        Kind::Polling => "Un agenda est seulement interrogé depuis {}.",
        Kind::Sync => "Un agenda n’a pas pu être lu depuis {}.",
        Kind::Outbound => "Un changement du système de la clinique attend Google depuis {}.",
        Kind::Held => {
            "Google a annulé beaucoup de rendez-vous d’un coup, et ils attendent une décision."
        }
        Kind::Lag => "Les changements prennent plus de {} (p95) pendant {}.",
        Kind::Missed => "Push n’a pas annoncé {} d’un agenda en 24 heures.",
        Kind::Reminder => "Un canal expire d’ici {}, et son renouvellement n’a pas commencé.",
    }
}
