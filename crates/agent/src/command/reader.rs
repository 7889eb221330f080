//! How a person reads: the language and the clock that were chosen in the window. Never chooses either itself.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_wire::Clinic;

use super::source::Source;
use crate::bridge::{Answer, Request, Settings};
use crate::naming;
use crate::store::Store;
use crate::words::{Language, Word};

/// Whoever reads what a command writes; alerts are told by the same clock.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub language: Language,
    zone: TimeZone,
}

impl Reader {
    /// As the app that answers has it, else as the files have it.
    pub async fn of(source: &Source, data_dir: &Path) -> Self {
        let kept = Self::of_files(data_dir);
        let Source::App(app) = source else {
            return kept;
        };
        let asked = (
            app.ask(Request::Settings).await,
            app.ask(Request::Clinics).await,
        );
        match asked {
            (Ok(Answer::Settings(settings)), Ok(Answer::Clinics(clinics))) => Self {
                language: settings.language.unwrap_or(kept.language),
                zone: naming::zone_of(settings.zone, &clinics),
            },
            _ => kept,
        }
    }

    /// What the person chose in the window, else what the system speaks, by the clinics that were told last.
    pub fn of_files(data_dir: &Path) -> Self {
        let store = Store::is_in(data_dir)
            .then(|| Store::open(data_dir).ok())
            .flatten();
        let settings: Option<(Settings, _)> =
            store.as_ref().and_then(|store| store.recall("settings"));
        let settings = settings.map(|(settings, _)| settings).unwrap_or_default();
        let clinics: Vec<Clinic> = store.iter().flat_map(clinics).collect();
        Self {
            language: settings.language.unwrap_or_else(Language::of_system),
            zone: naming::zone_of(settings.zone, &clinics),
        }
    }

    #[cfg(test)]
    pub fn in_utc(language: Language) -> Self {
        let zone = TimeZone::UTC;
        Self { language, zone }
    }

    pub fn say(&self, word: Word<'_>) -> String {
        self.language.say(word)
    }

    /// "Mon 30 Nov 13:40".
    pub fn moment(&self, at: Timestamp) -> String {
        naming::moment(at, &self.zone, self.language)
    }

    /// "13:40".
    pub fn clock_time(&self, at: Timestamp) -> String {
        naming::clock_time(at, &self.zone)
    }

    /// "Times: Europe/London."
    pub fn times(&self) -> String {
        let zone = match self.zone.iana_name() {
            // A computer that names no zone lives by this one.
            Some("Etc/Unknown") => Some("UTC"),
            named => named,
        };
        self.say(Word::Times { zone })
    }
}

fn clinics(store: &Store) -> Vec<Clinic> {
    let told = |key: &str| Some(store.recall_told::<Vec<Clinic>>(key, "clinics")?.0);
    let receivers = store.receivers();
    let told = receivers.iter().filter_map(|entry| told(entry.key()));
    told.flatten().collect()
}
