//! Spanish.

use super::{Word, dated};

const DAYS: [&str; 7] = ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"];
const MONTHS: [&str; 12] = [
    "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::Demo { sentence } => format!("Demo, datos inventados: {sentence}"),
        Word::NoReceiver => "Aún no hay receptor.".into(),
        Word::Connecting => "Conectando.".into(),
        Word::NothingKnown => "Aún no se sabe nada.".into(),
        Word::Silent { span } => format!("Receptor en silencio desde hace {span}."),
        Word::NoCalendar => "Aún no hay ningún calendario conectado.".into(),
        Word::OneLive => "El calendario está activo.".into(),
        Word::OneNotLive => "El calendario no está activo.".into(),
        Word::OnePolledByDesign => {
            "El calendario se consulta periódicamente, como debe ser.".into()
        }
        Word::AllLive { total } => format!("Los {total} calendarios están activos."),
        Word::SomeLive { live: 1, total } => format!("1 de {total} calendarios está activo."),
        Word::SomeLive { live, total } => format!("{live} de {total} calendarios están activos."),
        Word::RestPolledByDesign { live, total } => format!(
            "{live} de {total} calendarios están activos; los demás se consultan periódicamente, como debe ser."
        ),
        Word::NextExpiry { name, span } => format!("Próximo vencimiento: {name} en {span}"),
        Word::RenewNow => "Renovar ahora".into(),
        Word::ReconnectNow => "Reconectar".into(),
        Word::Snooze => "Silenciar".into(),
        Word::Acknowledge => "Confirmar".into(),
        Word::ACalendar => "Un calendario".into(),
        Word::Renewed => "se ha renovado".into(),
        Word::NotRenewed => "no se ha renovado".into(),
        Word::ValidUntil { moment } => format!("Válido hasta el {moment}."),
        Word::OldStaysInCharge => "El canal antiguo sigue al cargo.".into(),
        Word::Unreachable => "No se puede llegar al receptor.".into(),
        Word::TriedAgain => "Se reintenta solo.".into(),
        Word::ReachesYou => "Syncward puede avisarle aquí".into(),
        Word::ThisIsATest => "Es una prueba. Una alerta diría qué falla y qué pasa después.".into(),
        Word::MoreAlerts { count } => format!("{count} alertas más"),
        Word::OpenToSeeAll { titles } => format!("{titles}. Abra Syncward para verlas todas."),
        Word::RenewAllDue => "Renovar todos los pendientes".into(),
        Word::SnoozeAnHour => "Silenciar 1 h".into(),
        Word::PauseAlerts => "Pausar las alertas 1 h".into(),
        Word::ResumeAlerts { until } => format!("Reanudar las alertas, en pausa hasta las {until}"),
        Word::Receiver => "Receptor…".into(),
        Word::Open => "Abrir".into(),
        Word::OpenSyncward => "Abrir Syncward".into(),
        Word::Quit => "Salir".into(),
        Word::QuitStops { channels: 1 } => "Salir: deja de vigilar 1 canal".into(),
        Word::QuitStops { channels } => format!("Salir: deja de vigilar {channels} canales"),
        Word::QuitSilences => "Salir: no habrá más alertas en este equipo".into(),
        Word::Live => "Activo".into(),
        Word::Due => "Por renovar".into(),
        Word::DueIn { span } => format!("Por renovar, vence en {span}"),
        Word::Renewing => "Renovando".into(),
        Word::Unproved => "Sin confirmar".into(),
        Word::Polling => "Por consulta".into(),
        Word::Expired => "Vencido".into(),
        Word::Reconnect => "Reconectar".into(),
        Word::Paused => "En pausa".into(),
        Word::UnderAMinute => "menos de un minuto".into(),
        Word::Minutes(n) => format!("{n} min"),
        Word::Hours(n) => format!("{n} h"),
        Word::Moment(at) => {
            let (day, month, time) = dated(at, DAYS, MONTHS);
            format!("{day} {} {month} {time}", at.day())
        }
        Word::Days(n) => format!("{n} d"),
    }
}
