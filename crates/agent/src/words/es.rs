//! Spanish.

use syncward_wire::Role;

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
        Word::OneSilent {
            sentence,
            name,
            span,
        } => format!("{sentence} {name} lleva {span} en silencio."),
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
        Word::RestPolledByDesign { live, total } => {
            let are = if live == 1 { "está activo" } else { "están activos" };
            let rest = total - live;
            let rest_are = if rest == 1 { "se consulta" } else { "se consultan" };
            format!(
                "{live} de {total} calendarios {are}; {rest} {rest_are} periódicamente, como debe ser."
            )
        }
        Word::NextExpiry { name, span } => format!("Próximo vencimiento: {name} en {span}"),
        Word::RenewNow => "Renovar ahora".into(),
        Word::ReconnectNow => "Reconectar".into(),
        Word::Snooze => "Silenciar".into(),
        Word::Acknowledge => "Confirmar".into(),
        Word::ACalendar => "Un calendario".into(),
        Word::Renewed => "se ha renovado".into(),
        Word::NotRenewed => "no se ha renovado".into(),
        Word::ValidUntil { moment } => format!("Válido hasta el {moment}."),
        Word::Unreachable => "No se puede llegar al receptor.".into(),
        Word::TriedAgain => "Se reintenta solo.".into(),
        Word::ReachesYou => "Syncward puede avisarle aquí".into(),
        Word::ThisIsATest => "Es una prueba. Una alerta diría qué falla y qué pasa después.".into(),
        Word::StaysInTray => "Syncward sigue en la bandeja".into(),
        Word::WatchesFromTray { calendars: 0 } => "Un clic en su icono lo abre de nuevo; «Salir» está en su \
            menú."
            .into(),
        Word::WatchesFromTray { calendars: 1 } => "Sigue vigilando 1 calendario. Un clic en su icono lo abre de nuevo; «Salir» en su menú lo \
            detiene."
            .into(),
        Word::WatchesFromTray { calendars } => format!(
            "Sigue vigilando {calendars} calendarios. Un clic en su icono lo abre de nuevo; «Salir» en su \
             menú lo detiene."
        ),
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
        Word::Unproved => "Sin probar".into(),
        Word::Polling => "Por consulta".into(),
        Word::Expired => "Vencido".into(),
        Word::Reconnect => "Reconectar".into(),
        Word::Paused => "En pausa".into(),
        Word::Late => "Retrasado".into(),
        Word::LateExpiresIn { span } => format!("Retrasado, vence en {span}"),
        Word::Held => "Retenido: decida".into(),
        Word::Unsent => "Cambios sin enviar".into(),
        Word::ReceiverPaused => "El receptor está en pausa.".into(),
        Word::OnePaused { name } => format!("{name} está en pausa."),
        Word::SomePaused { receivers } => format!("{receivers} receptores están en pausa."),
        Word::AllPaused => "Todos los receptores están en pausa.".into(),
        Word::IsDemo => {
            "Es la demostración: Google está simulado, los datos son inventados.".into()
        }
        Word::AsOf { moment } => format!("Lo que sigue es del {moment}."),
        Word::NextExpiryAt { moment } => format!("Próximo vencimiento: {moment}."),
        Word::Times { zone: Some(zone) } => format!("Horas: {zone}."),
        Word::Times { zone: None } => "Horas: según el reloj de este equipo.".into(),
        Word::ExpiresAt { moment } => format!("vence el {moment}"),
        Word::CancellationsHeld(1) => "1 cancelación espera su decisión".into(),
        Word::CancellationsHeld(held) => format!("{held} cancelaciones esperan su decisión"),
        Word::EditsWait { edits: 1, moment } => {
            format!("1 cambio espera a Google desde el {moment}")
        }
        Word::EditsWait { edits, moment } => {
            format!("{edits} cambios esperan a Google, el más antiguo desde el {moment}")
        }
        Word::Urgent => "Urgente".into(),
        Word::Warning => "Aviso".into(),
        Word::Notice => "Nota".into(),
        Word::Pending => "En espera".into(),
        Word::Acknowledged => "Confirmada".into(),
        Word::Snoozed => "Silenciada".into(),
        Word::Recovering => "Recuperándose".into(),
        Word::Resolved => "Resuelta".into(),
        Word::BeingRenewed { name } => format!("{name} se está renovando."),
        Word::NothingDue => "No toca renovar nada.".into(),
        Word::AllBeingRenewed => "Se están renovando todos los pendientes.".into(),
        Word::IsRenewed { name } => format!("{name} se ha renovado."),
        Word::IsNotRenewed { name, why } => format!("{name} no se ha renovado: {why}"),
        Word::WaitsForProof { name } => {
            format!("Esperando a que se pruebe el canal nuevo de {name}, dos minutos como mucho.")
        }
        Word::NothingTold => "Ahora no hay ninguna alerta sobre esto.".into(),
        Word::Quiet { title } => format!("En silencio: {title}"),
        Word::NoAnswerFrom { sentence, name } => format!("{sentence} {name} no responde."),
        Word::OnePairAgain { sentence, name } => {
            format!("{sentence} {name} debe emparejarse de nuevo.")
        }
        Word::PairAgain => "debe emparejarse de nuevo".into(),
        Word::ThisComputer => "este equipo".into(),
        Word::Role(Role::Viewer) => "observador".into(),
        Word::Role(Role::Operator) => "operador".into(),
        Word::Role(Role::Admin) => "administrador".into(),
        Word::Role(Role::Integration) => "integración".into(),
        Word::NobodyAnswers => "Ningún receptor responde.".into(),
        Word::WatchedNoLonger { name } => format!("{name}: ya no se vigila"),
        Word::Answers {
            version,
            calendars: 1,
        } => format!("responde, versión {version}, 1 calendario"),
        Word::Answers { version, calendars } => {
            format!("responde, versión {version}, {calendars} calendarios")
        }
        Word::SilentSince { moment } => format!("en silencio desde el {moment}"),
        Word::LastHeard { moment } => format!("no responde, última noticia el {moment}"),
        Word::NeverHeard => "no responde".into(),
        Word::KnownByKey { fingerprint } => {
            format!("conocido por la clave comparada: {fingerprint}")
        }
        Word::KnownBySystem => "este sistema confía en su certificado".into(),
        Word::KnownByLoopback => "se accede a él solo en este equipo".into(),
        Word::PairedAs { moment, role } => format!("emparejado el {moment} como {role}"),
        Word::Forgets {
            name,
            address,
            calendars,
        } => format!(
            "Olvida {name} ({address}) en este equipo: su token, la clave comparada, todo lo que contó de \
                calendarios ({calendars}) y sus alertas. El receptor sigue por su cuenta, y en Google no cambia nada."
        ),
        Word::ForgetsLocal { calendars } => format!(
            "Termina el receptor de este equipo y olvida su token, todo lo que contó de calendarios ({calendars}) y \
                sus alertas. Sus propios archivos se quedan, y en Google no cambia nada."
        ),
        Word::ForgetIt => "¿Olvidarlo? [s/N]".into(),
        Word::IsForgotten { name } => format!("{name} queda olvidado."),
        Word::IsPaired { name } => format!("{name} está emparejado con este equipo."),
        Word::NothingForgotten => "No se ha olvidado nada.".into(),
        Word::OlderReceiver { version, own } => format!(
            "El receptor ({version}) es más antiguo que esta aplicación ({own}): lo que no conoce queda vacío aquí. Actualice \
             el receptor."
        ),
        Word::NewerReceiver { version, own } => format!(
            "El receptor ({version}) es más nuevo que esta aplicación ({own}): lo nuevo de allí no se muestra aquí. Actualice \
             Syncward en este equipo."
        ),
        Word::OwnClock { ahead_s } => format!(
            "El reloj de este equipo va {} s {} respecto al del receptor: póngalo en hora, pues las antigüedades se desvían \
             otro tanto.",
            ahead_s.unsigned_abs(),
            if ahead_s > 0 {
                "adelantado"
            } else {
                "atrasado"
            }
        ),
        Word::ReceiversClock { ahead_s } => format!(
            "El reloj del receptor va {} s {} respecto al de Google: haga que siga la hora de la red, pues la latencia se mide \
             entre los dos.",
            ahead_s.unsigned_abs(),
            if ahead_s > 0 {
                "adelantado"
            } else {
                "atrasado"
            }
        ),
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
