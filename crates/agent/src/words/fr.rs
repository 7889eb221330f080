//! French.

use super::Word;

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::Demo { sentence } => format!("Démo, données inventées : {sentence}"),
        Word::NoReceiver => "Pas encore de récepteur.".into(),
        Word::Connecting => "Connexion.".into(),
        Word::NothingKnown => "Rien de connu pour l’instant.".into(),
        Word::Silent { span } => format!("Récepteur muet depuis {span}."),
        Word::NoCalendar => "Aucun agenda n’est encore connecté.".into(),
        Word::OneLive => "L’agenda est actif.".into(),
        Word::OneNotLive => "L’agenda n’est pas actif.".into(),
        Word::OnePolledByDesign => "L’agenda est consulté régulièrement, comme prévu.".into(),
        Word::AllLive { total } => format!("Les {total} agendas sont actifs."),
        Word::SomeLive { live, total } if live < 2 => {
            format!("{live} agenda sur {total} est actif.")
        }
        Word::SomeLive { live, total } => format!("{live} agendas sur {total} sont actifs."),
        Word::RestPolledByDesign { live, total } => format!(
            "{live} agendas sur {total} sont actifs, les autres sont consultés régulièrement, comme prévu."
        ),
        Word::NextExpiry { name, span } => format!("Prochaine expiration : {name} dans {span}"),
        Word::RenewNow => "Renouveler maintenant".into(),
        Word::RenewAllDue => "Renouveler tout ce qui est dû".into(),
        Word::SnoozeAnHour => "Mettre en veille 1 h".into(),
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
        Word::Unproved => "Non confirmé".into(),
        Word::Polling => "Par consultation".into(),
        Word::Expired => "Expiré".into(),
        Word::Reconnect => "À reconnecter".into(),
        Word::Paused => "En pause".into(),
        Word::UnderAMinute => "moins d’une minute".into(),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Days(n) => format!("{n} j"),
    }
}
