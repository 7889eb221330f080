//! French.

use syncward_wire::Role;

use super::{Word, dated};

const DAYS: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
const MONTHS: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::Demo { sentence } => format!("Démo, données inventées : {sentence}"),
        Word::NoReceiver => "Pas encore de récepteur.".into(),
        Word::Connecting => "Connexion.".into(),
        Word::NothingKnown => "Rien de connu pour l’instant.".into(),
        Word::OneSilent {
            sentence,
            name,
            span,
        } => format!("{sentence} {name} est muet depuis {span}."),
        Word::Silent { span } => format!("Récepteur muet depuis {span}."),
        Word::NoCalendar => "Aucun agenda n’est encore connecté.".into(),
        Word::OneLive => "L’agenda est actif.".into(),
        Word::OneNotLive => "L’agenda n’est pas actif.".into(),
        Word::OnePolledByDesign => "L’agenda est interrogé régulièrement, comme prévu.".into(),
        Word::AllLive { total } => format!("Les {total} agendas sont actifs."),
        Word::SomeLive { live, total } if live < 2 => {
            format!("{live} agenda sur {total} est actif.")
        }
        Word::SomeLive { live, total } => format!("{live} agendas sur {total} sont actifs."),
        Word::RestPolledByDesign { live, total } => {
            let are = if live < 2 {
                format!("{live} agenda sur {total} est actif")
            } else {
                format!("{live} agendas sur {total} sont actifs")
            };
            let rest = total - live;
            let rest_are = if rest == 1 { "est interrogé" } else { "sont interrogés" };
            format!("{are}, {rest} {rest_are} régulièrement, comme prévu.")
        }
        Word::NextExpiry { name, span } => format!("Prochaine expiration : {name} dans {span}"),
        Word::RenewNow => "Renouveler maintenant".into(),
        Word::ReconnectNow => "Reconnecter".into(),
        Word::Snooze => "Sourdine".into(),
        Word::Acknowledge => "Acquitter".into(),
        Word::ACalendar => "Un agenda".into(),
        Word::Renewed => "est renouvelé".into(),
        Word::NotRenewed => "n’est pas renouvelé".into(),
        Word::ValidUntil { moment } => format!("Valable jusqu’au {moment}."),
        Word::Unreachable => "Le récepteur est injoignable.".into(),
        Word::TriedAgain => "L’essai reprend tout seul.".into(),
        Word::ReachesYou => "Syncward peut vous joindre ici".into(),
        Word::ThisIsATest => {
            "C’est un essai. Une alerte dirait ce qui ne va pas et ce qui suit.".into()
        }
        Word::StaysInTray => "Syncward continue dans la barre".into(),
        Word::WatchesFromTray { calendars: 0 } => "Un clic sur son icône le rouvre ; « Quitter » est dans son \
            menu."
            .into(),
        Word::WatchesFromTray { calendars: 1 } => "Il surveille toujours 1 agenda. Un clic sur son icône le rouvre ; « Quitter » dans son menu y \
            met fin."
            .into(),
        Word::WatchesFromTray { calendars } => format!(
            "Il surveille toujours {calendars} agendas. Un clic sur son icône le rouvre ; « Quitter » dans \
             son menu y met fin."
        ),
        Word::MoreAlerts { count } => format!("{count} autres alertes"),
        Word::OpenToSeeAll { titles } => format!("{titles}. Ouvrez Syncward pour les voir toutes."),
        Word::RenewAllDue => "Renouveler tout ce qui est dû".into(),
        Word::SnoozeAnHour => "Mettre en sourdine 1 h".into(),
        Word::PauseAlerts => "Suspendre les alertes 1 h".into(),
        Word::ResumeAlerts { until } => {
            format!("Reprendre les alertes, suspendues jusqu’à {until}")
        }
        Word::Receiver => "Récepteur…".into(),
        Word::Open => "Ouvrir".into(),
        Word::OpenSyncward => "Ouvrir Syncward".into(),
        Word::Quit => "Quitter".into(),
        Word::QuitStops { channels: 1 } => "Quitter : 1 canal ne sera plus surveillé".into(),
        Word::QuitStops { channels } => {
            format!("Quitter : {channels} canaux ne seront plus surveillés")
        }
        Word::QuitSilences => "Quitter : plus d’alertes sur cet ordinateur".into(),
        Word::Live => "Actif".into(),
        Word::Due => "À renouveler".into(),
        Word::DueIn { span } => format!("À renouveler, expire dans {span}"),
        Word::Renewing => "Renouvellement".into(),
        Word::Unproved => "Non prouvé".into(),
        Word::Polling => "Par interrogation".into(),
        Word::Expired => "Expiré".into(),
        Word::Reconnect => "À reconnecter".into(),
        Word::Paused => "En pause".into(),
        Word::Late => "En retard".into(),
        Word::LateExpiresIn { span } => format!("En retard, expire dans {span}"),
        Word::Held => "Retenu : à décider".into(),
        Word::Unsent => "Changements non envoyés".into(),
        Word::ReceiverPaused => "Le récepteur est en pause.".into(),
        Word::OnePaused { name } => format!("{name} est en pause."),
        Word::SomePaused { receivers } => format!("{receivers} récepteurs sont en pause."),
        Word::AllPaused => "Tous les récepteurs sont en pause.".into(),
        Word::IsDemo => "C’est la démo : Google est simulé, les données sont inventées.".into(),
        Word::AsOf { moment } => format!("Ce qui suit date du {moment}."),
        Word::NextExpiryAt { moment } => format!("Prochaine expiration : {moment}."),
        Word::Times { zone: Some(zone) } => format!("Heures : {zone}."),
        Word::Times { zone: None } => "Heures : selon l’horloge de cet ordinateur.".into(),
        Word::ExpiresAt { moment } => format!("expire le {moment}"),
        Word::CancellationsHeld(1) => "1 annulation attend votre décision".into(),
        Word::CancellationsHeld(held) => format!("{held} annulations attendent votre décision"),
        Word::EditsWait { edits: 1, moment } => {
            format!("1 changement attend Google depuis le {moment}")
        }
        Word::EditsWait { edits, moment } => {
            format!("{edits} changements attendent Google, le plus ancien depuis le {moment}")
        }
        Word::Urgent => "Urgent".into(),
        Word::Warning => "Avertissement".into(),
        Word::Notice => "Remarque".into(),
        Word::Pending => "En attente".into(),
        Word::Acknowledged => "Acquittée".into(),
        Word::Snoozed => "En sourdine".into(),
        Word::Recovering => "Se rétablit".into(),
        Word::Resolved => "Résolue".into(),
        Word::BeingRenewed { name } => format!("{name} est en cours de renouvellement."),
        Word::NothingDue => "Rien n’est à échéance.".into(),
        Word::AllBeingRenewed => "Tous ceux à échéance sont en cours de renouvellement.".into(),
        Word::IsRenewed { name } => format!("{name} est renouvelé."),
        Word::IsNotRenewed { name, why } => format!("{name} n’est pas renouvelé : {why}"),
        Word::WaitsForProof { name } => {
            format!("Attente de la preuve du nouveau canal de {name}, deux minutes au plus.")
        }
        Word::NothingTold => "Aucune alerte n’est ouverte à ce sujet.".into(),
        Word::Quiet { title } => format!("En sourdine : {title}"),
        Word::NoAnswerFrom { sentence, name } => format!("{sentence} {name} ne répond pas."),
        Word::OnePairAgain { sentence, name } => {
            format!("{sentence} {name} doit être appairé de nouveau.")
        }
        Word::PairAgain => "doit être appairé de nouveau".into(),
        Word::ThisComputer => "cet ordinateur".into(),
        Word::Role(Role::Viewer) => "lecture seule".into(),
        Word::Role(Role::Operator) => "opérateur".into(),
        Word::Role(Role::Admin) => "administrateur".into(),
        Word::Role(Role::Integration) => "intégration".into(),
        Word::NobodyAnswers => "Aucun récepteur ne répond.".into(),
        Word::WatchedNoLonger { name } => format!("{name} : n’est plus surveillé"),
        Word::Answers {
            version,
            calendars: 1,
        } => format!("répond, version {version}, 1 agenda"),
        Word::Answers { version, calendars } => {
            format!("répond, version {version}, {calendars} agendas")
        }
        Word::SilentSince { moment } => format!("silencieux depuis {moment}"),
        Word::LastHeard { moment } => {
            format!("ne répond pas, entendu pour la dernière fois {moment}")
        }
        Word::NeverHeard => "ne répond pas".into(),
        Word::KnownByKey { fingerprint } => format!("reconnu à la clé comparée : {fingerprint}"),
        Word::KnownBySystem => "ce système fait confiance à son certificat".into(),
        Word::KnownByLoopback => "joint sur cet ordinateur seulement".into(),
        Word::PairedAs { moment, role } => format!("appairé {moment} comme {role}"),
        Word::Forgets {
            name,
            address,
            calendars,
        } => format!(
            "Oublie {name} ({address}) sur cet ordinateur : son jeton, la clé comparée, tout ce qu’il a dit \
                d’agendas ({calendars}) et ses alertes. Le récepteur continue de lui-même, et rien ne change chez \
                Google."
        ),
        Word::ForgetsLocal { calendars } => format!(
            "Arrête le récepteur de cet ordinateur et oublie son jeton, tout ce qu’il a dit d’agendas ({calendars}) \
                et ses alertes. Ses propres fichiers restent, et rien ne change chez Google."
        ),
        Word::ForgetIt => "L’oublier ? [o/N]".into(),
        Word::IsForgotten { name } => format!("{name} est oublié."),
        Word::IsPaired { name } => format!("{name} est associé à cet ordinateur."),
        Word::NothingForgotten => "Rien n’a été oublié.".into(),
        Word::OlderReceiver { version, own } => format!(
            "Le récepteur ({version}) est plus ancien que cette application ({own}) : ce qu’il ne connaît pas reste vide ici. \
             Mettez à jour le récepteur."
        ),
        Word::NewerReceiver { version, own } => format!(
            "Le récepteur ({version}) est plus récent que cette application ({own}) : ce qui y est nouveau n’apparaît pas ici. \
             Mettez à jour Syncward sur cet ordinateur."
        ),
        Word::OwnClock { ahead_s } => format!(
            "L’horloge de cet ordinateur {} de {} s sur celle du récepteur : réglez-la, car les âges affichés sont faux \
             d’autant.",
            if ahead_s > 0 { "avance" } else { "retarde" },
            ahead_s.unsigned_abs()
        ),
        Word::ReceiversClock { ahead_s } => format!(
            "L’horloge du récepteur {} de {} s sur celle de Google : laissez-la suivre l’heure du réseau, car la latence se \
             mesure entre les deux.",
            if ahead_s > 0 { "avance" } else { "retarde" },
            ahead_s.unsigned_abs()
        ),
        Word::UnderAMinute => "moins d’une minute".into(),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Moment(at) => {
            let (day, month, time) = dated(at, DAYS, MONTHS);
            format!("{day} {} {month} {time}", at.day())
        }
        Word::Days(n) => format!("{n} j"),
    }
}
