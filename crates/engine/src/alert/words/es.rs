//! Spanish.

use jiff::civil::Weekday;

use super::{Word, counted, dated, either};
use crate::alert::Kind;
use crate::failure::Cause;

const MONTHS: [&str; 12] = [
    "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic",
];

pub(super) fn say(word: Word<'_>) -> String {
    match word {
        Word::TheReceiver => "El receptor".into(),
        Word::AClinic => "Una clínica".into(),
        Word::ACalendar => "Un calendario".into(),
        Word::Changes => "Los cambios".into(),
        Word::Calendars => "Calendarios".into(),
        Word::CountedCalendars(count) => counted(count, "calendario", "calendarios"),
        Word::UnknownTime => "un tiempo desconocido".into(),
        Word::ShutOut => "excluyó a este equipo".into(),
        Word::Silent => "no responde".into(),
        Word::Late { by } => format!("llegan tarde: {by}"),
        Word::LosesGoogle { left } => format!("pierde Google en {left}"),
        Word::ExpiresIn { left } => format!("vence en {left}"),
        Word::ChannelsExpire { count, left } => format!("{count} canales vencen, el primero en {left}"),
        Word::Expired { one } => either(one, "tiene el canal vencido", "tienen el canal vencido"),
        Word::MustReconnect => "debe reconectar Google".into(),
        Word::NotProved { one } => either(one, "está sin probar", "están sin probar"),
        Word::PushRefused { .. } => "sin push: rechazado".into(),
        Word::PolledOnly { one } => either(one, "va solo por consulta", "van solo por consulta"),
        Word::NotSynced { one } => either(one, "no se puede sincronizar", "no se pueden sincronizar"),
        Word::Unsent { one } => either(one, "tiene cambios sin enviar", "tienen cambios sin enviar"),
        Word::Waits { one } => either(one, "espera su decisión", "esperan su decisión"),
        Word::NotTold { one } => either(one, "no supo de cambios", "no supieron de cambios"),
        Word::NeedsALook => "pide una mirada".into(),
        Word::ConnectedAnew => "está conectada de nuevo".into(),
        Word::HasLostGoogle => "ha perdido Google".into(),
        Word::AnswersAgain => "vuelve a responder".into(),
        Word::InTimeAgain => "llegan a tiempo otra vez".into(),
        Word::Decided => "está decidido".into(),
        Word::ToldAgain => "vuelve a saber de cambios".into(),
        Word::ChangedState => "cambió de estado".into(),
        Word::ConnectedAgain => "vuelve a estar conectada".into(),
        Word::Renewed { one } => either(one, "se ha renovado", "se han renovado"),
        Word::LiveAgain { one } => either(one, "vuelve a estar activo", "vuelven a estar activos"),
        Word::SyncedAgain { one } => either(one, "se sincroniza de nuevo", "se sincronizan de nuevo"),
        Word::AllSent { one } => either(one, "ya no tiene nada por enviar", "ya no tienen nada por enviar"),
        Word::AllWell => "Todo bien tras el silencio".into(),
        Word::FromTheQuiet(count) => format!("{} del silencio", counted(count, "alerta", "alertas")),
        Word::NothingKnownFor { lasted } => format!("No se sabe nada desde hace {lasted}."),
        Word::PairAgain => "Vincúlelo de nuevo en Syncward.".into(),
        Word::NoContactFor { lasted } => format!("Sin contacto desde hace {lasted}."),
        Word::KeepsTrying => "Syncward sigue intentándolo.".into(),
        Word::RunOutSince(count) => {
            let channels = counted(count, "canal ha vencido", "canales han vencido");
            format!("{channels} desde entonces, salvo que el receptor los renovara sin verse.")
        }
        Word::NotReadMeanwhile => "Mientras tanto puede que no se lean los cambios en Google.".into(),
        Word::NextToRunOut { first, at } => format!("El próximo en vencer: {first}, {at}."),
        Word::NextToRunOutAndMore { first, at, rest, last } => {
            format!("El próximo en vencer: {first}, {at}, y {rest} más hasta {last}.")
        }
        Word::Lateness { window, limit } => format!(
            "Uno de cada veinte tardó más en los últimos {window}; el límite es {limit}. Latencia muestra qué tramo es lento."
        ),
        Word::CameAndWent(count) => {
            counted(count, "alerta vino y se fue sola", "alertas vinieron y se fueron solas")
        }
        Word::More(count) => format!("{count} más"),
        Word::NothingNeeded { over } => format!("{over}. No hace falta nada."),
        Word::OpenToSee { list } => format!("{list}. Abra Syncward para verlas."),
        Word::TestingEnds { left } => {
            format!("La aplicación está en estado «Testing» en Google, así que la conexión termina en {left}:")
        }
        Word::LimitedEnds { left } => {
            format!("La conexión con Google se dio por tiempo limitado, así que termina en {left}:")
        }
        Word::StandStillThen(count) => format!(
            "{}. No se borra nada.",
            counted(count, "calendario se detiene entonces", "calendarios se detienen entonces")
        ),
        Word::Publish => "Publique la aplicación en Google Cloud Console (pantalla de consentimiento OAuth, «En \
            producción») y conecte Google de nuevo."
            .into(),
        Word::ConnectBefore => "Conecte Google de nuevo en Syncward antes.".into(),
        Word::RenewalFails { lasted, because } => format!("La renovación automática falla desde hace {lasted}{because}."),
        Word::RenewalFailed { times: 1, because, .. } => format!("La renovación automática falló{because}."),
        Word::RenewalFailed { times: 2, because, .. } => format!("La renovación automática falló dos veces{because}."),
        Word::RenewalFailed { times, lasted, because } => {
            format!("La renovación automática falló {times} veces en {lasted}{because}.")
        }
        Word::NextTry { at } => format!("Próximo intento: {at}."),
        Word::TriedByItself => "Se reintenta solo.".into(),
        Word::PollingThen => "Tras el vencimiento los cambios llegan por consulta.".into(),
        Word::ExpiredMeans => "Ahora los cambios llegan por consulta, más tarde de lo normal.".into(),
        Word::GrantLost(count) => format!(
            "Google ya no acepta la conexión, así que {}. No se borra nada. Conecte Google de nuevo en Syncward.",
            counted(count, "calendario está parado", "calendarios están parados")
        ),
        Word::UnprovedMeans => "Google abrió el canal, pero no ha llegado ningún mensaje. Los cambios llegan por \
            consulta."
            .into(),
        Word::RefusedMeans { because } => format!(
            "Google rechazó el canal{because}, así que los cambios llegan por consulta. Se reintenta una vez al día."
        ),
        Word::NoChannelFor { lasted, because } => format!(
            "No se ha podido abrir un canal desde hace {lasted}{because}. Los cambios llegan más tarde de lo normal."
        ),
        Word::ReadingFails { lasted, because } => {
            format!("No se pueden leer los cambios desde hace {lasted}{because}. No se borra nada; se reintenta solo.")
        }
        Word::EditsWait { edits, lasted } => format!(
            "{} a Google desde hace {lasted}: no ha podido aceptarlos.",
            counted(edits, "cambio del sistema de la clínica espera", "cambios del sistema de la clínica esperan")
        ),
        Word::EditsRefused { edits, lasted } => format!(
            "{} desde hace {lasted}: Google rechaza lo que se cambió. La página del calendario dice por qué.",
            counted(edits, "cambio del sistema de la clínica espera", "cambios del sistema de la clínica esperan")
        ),
        Word::EditsPaused { edits, lasted } => format!(
            "{} desde hace {lasted}: el calendario está en pausa.",
            counted(edits, "cambio del sistema de la clínica espera", "cambios del sistema de la clínica esperan")
        ),
        Word::FirstStarts { left } => format!("La primera de estas citas empieza en {left}."),
        Word::EditsAreKept => "No se ha perdido nada y se reintenta solo; hasta entonces Google muestra el estado anterior.".into(),
        Word::EditsGoOnResume => "No se ha perdido nada: salen cuando se reanude; hasta entonces Google muestra el estado anterior.".into(),
        Word::EditsWaitAlong(edits) => format!(
            "Mientras tanto, {} a Google.",
            counted(edits, "cambio del sistema de la clínica espera", "cambios del sistema de la clínica esperan")
        ),
        Word::PausedNotRenewed => "Está en pausa, así que no se renueva. Reanúdelo para que siga vigilado.".into(),
        Word::RenewalPlanned { until } => format!("La renovación está prevista en {until}; no hace falta nada."),
        Word::RenewalOverdue => {
            "Ya debería haberse renovado. Tras el vencimiento los cambios llegan por consulta.".into()
        }
        Word::Held(count) => format!(
            "Google canceló {} de golpe. Se conservan hasta que lo apruebe o lo rechace.",
            counted(count, "cita", "citas")
        ),
        Word::LeftOut(count) => format!(
            "Push omitió {} en 24 horas; la comprobación periódica los halló. No se ha perdido nada. «Probar la entrega» \
             muestra si push funciona ahora.",
            counted(count, "cambio", "cambios")
        ),
        Word::Lasted { lasted } => format!("Duró {lasted}."),
        Word::ValidUntil(at) => {
            let (day, (month, time)) = (day(at.weekday()), dated(at, MONTHS));
            format!("Válido hasta el {day} {} {month} {time}.", at.day())
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
        Cause::RateLimit => "límite de llamadas de Google".into(),
        Cause::NotWatchable => "este calendario no se puede vigilar por push".into(),
        Cause::NotHttps => "la dirección pública no es https".into(),
        Cause::NotAccepted => "Google no acepta la dirección pública".into(),
        Cause::Timeout => "Google no respondió a tiempo".into(),
        Cause::Unreachable => "no se pudo contactar con Google".into(),
        Cause::Unreadable => "la respuesta de Google no se pudo leer".into(),
        Cause::Internal => "Google tuvo un error interno".into(),
        Cause::Gone => "el calendario ya no está o no se comparte".into(),
        Cause::Forbidden => "la cuenta no puede hacerlo".into(),
        Cause::NotOrganizer => "solo quien organiza la cita puede cambiarla".into(),
        Cause::GrantLost => "Google ya no acepta la conexión".into(),
        Cause::NoHandshake => "no llegó el saludo del sucesor".into(),
        Cause::Changed => "la cita se cambió entretanto en Google".into(),
        Cause::Invalid => "Google no acepta la petición tal como es".into(),
        Cause::ClientRefused => "Google no acepta el cliente OAuth del receptor".into(),
        Cause::NotGoogles => "algo intermedio respondió en lugar de Google".into(),
        Cause::NoReason => "Google no dio ningún motivo".into(),
        Cause::Said(reason) => format!("Google respondió {reason}"),
    }
}

fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "lun",
        Weekday::Tuesday => "mar",
        Weekday::Wednesday => "mié",
        Weekday::Thursday => "jue",
        Weekday::Friday => "vie",
        Weekday::Saturday => "sáb",
        Weekday::Sunday => "dom",
    }
}

fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Receiver => "El receptor no responde desde hace {}.",
        Kind::Grant => "Google ya no acepta un consentimiento.",
        Kind::Ending => "Se prevé que un consentimiento que aún vale termine en {}.",
        Kind::Expired => "Un canal ha vencido y ningún sucesor está probado.",
        Kind::Renewal => "Una renovación falla desde hace {}.",
        Kind::Unproved => "Un canal nuevo lleva {} sin probar.",
        Kind::Refused => "Google rechaza push para un calendario.",
        Kind::Polling => "Un calendario va solo por consulta desde hace {}.",
        Kind::Sync => "Un calendario no se puede leer desde hace {}.",
        Kind::Outbound => "Un cambio del sistema de la clínica espera a Google desde hace {}.",
        Kind::Held => "Google canceló muchas citas de golpe, y esperan una decisión.",
        Kind::Lag => "Los cambios tardan más de {} (p95) durante {}.",
        Kind::Missed => "Push no anunció {} de un calendario en 24 horas.",
        Kind::Reminder => "Un canal vence en {}, y su renovación no ha empezado.",
    }
}
