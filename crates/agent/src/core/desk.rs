//! Start at login, updates and diagnostics, as the loop sees them.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::event::Outcome;
use super::post::Told;
use super::{Core, Reply, view};
use crate::alerts;
use crate::bridge::{
    AlertHush, Answer, Demo, Fault, HintEntity, Notifier, Response, Settings, Snapshot, Startup,
    UpdateState, Updates,
};
use crate::diagnostics::{self, Bundle};
use crate::keychain::Keychain;
use crate::saving;
use crate::shell::Shell;
use crate::sidecar::SidecarConfig;
use crate::store::{Store, StoreError};
use crate::words::Language;

/// Between two looks for a newer version.
const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// After the start, so that it stands in nobody's way.
const FIRST_LOOK_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// What belongs to this computer rather than to a receiver.
pub(super) struct Desk {
    shell: Option<Arc<dyn Shell>>,
    updates: UpdateState,
    look_at: Timestamp,
    /// What was shown last; only this can be saved.
    diagnostics: Option<Bundle>,
}

impl Desk {
    pub(super) fn new(shell: Option<Arc<dyn Shell>>, now: Timestamp) -> Self {
        Self {
            shell,
            updates: UpdateState::NotAsked,
            look_at: now + FIRST_LOOK_AFTER,
            diagnostics: None,
        }
    }

    pub(super) fn updates(&self) -> Updates {
        Updates {
            address: self.shell.as_ref().and_then(|shell| shell.update_address()),
            state: self.updates.clone(),
        }
    }

    /// A person has the window before them.
    pub(super) fn is_looked_at(&self) -> bool {
        self.shell.as_ref().is_some_and(|it| it.is_looked_at())
    }

    fn configured(&self) -> Option<Arc<dyn Shell>> {
        let shell = self.shell.clone()?;
        shell.update_address().is_some().then_some(shell)
    }
}

impl Core {
    /// Answers whether Syncward starts at login, after changing it if asked to.
    pub(super) fn startup(&self, change: Option<bool>, reply: Reply) {
        let shell = self.desk.shell.clone();
        tokio::task::spawn_blocking(move || {
            let startup = startup_of(shell.as_deref(), change);
            let _ = reply.send(Response::Ok(Answer::Startup(startup)));
        });
    }

    /// Looks once a day, when an address is configured and the person has not switched it off.
    pub(super) fn look_for_updates(&mut self, now: Timestamp) {
        let idle = !matches!(
            self.desk.updates,
            UpdateState::Asking | UpdateState::Fetching { .. } | UpdateState::Fetched { .. }
        );
        if self.settings.update_checks && idle && now >= self.desk.look_at {
            self.desk.look_at = now + LOOK_EVERY;
            self.check_update();
        }
    }

    /// Asks the address for a newer version.
    pub(super) fn check_update(&mut self) {
        let Some(shell) = self.desk.configured() else {
            return;
        };
        self.updates_went_on(UpdateState::Asking);
        let outcomes = self.ways.outcomes.clone();
        tokio::spawn(async move {
            let state = match shell.newer_version().await {
                Ok(Some(version)) => UpdateState::Available { version },
                Ok(None) => UpdateState::Current {
                    at: crate::clock::now().into(),
                },
                Err(fault) => UpdateState::Failed { fault },
            };
            let _ = outcomes.send(Outcome::Updates(state)).await;
        });
    }

    /// Fetches the version that was found; it is checked and kept, never installed.
    pub(super) fn fetch_update(&mut self) {
        let Some(shell) = self.desk.configured() else {
            return;
        };
        let version = match &self.desk.updates {
            UpdateState::Available { version } => version.clone(),
            _ => String::new(),
        };
        self.updates_went_on(UpdateState::Fetching { version });
        let outcomes = self.ways.outcomes.clone();
        tokio::spawn(async move {
            let fetched = shell.fetch_update().await;
            let kept = fetched.and_then(|package| {
                let saved = saving::keep(&package.name, &package.bytes)?;
                Ok((package.version, saved.path))
            });
            let state = match kept {
                Ok((version, file)) => UpdateState::Fetched { version, file },
                Err(fault) => UpdateState::Failed { fault },
            };
            let _ = outcomes.send(Outcome::Updates(state)).await;
        });
    }

    pub(super) fn updates_went_on(&mut self, state: UpdateState) {
        self.desk.updates = state;
        self.hinting.mark(HintEntity::Snapshot);
    }

    /// Gathers what a diagnostics file would hold, and keeps it until it is saved.
    pub(super) fn diagnostics(&mut self, with_names: bool, now: Timestamp, reply: Reply) {
        let log = self.sidecar_config.log.clone();
        let bundle = diagnostics::gather(
            &self.snapshot(now),
            &self
                .store
                .activity(&self.chosen().key, None, None, diagnostics::LINES),
            &log,
            with_names,
            now,
        );
        let shown = Answer::Diagnostics(bundle.shown());
        self.desk.diagnostics = Some(bundle);
        let _ = reply.send(Response::Ok(shown));
    }

    /// Saves exactly what was shown.
    pub(super) fn save_diagnostics(&self, id: uuid::Uuid, reply: Reply) {
        let bundle = self.desk.diagnostics.clone().filter(|shown| shown.id == id);
        tokio::task::spawn_blocking(move || {
            let saved = bundle
                .ok_or_else(|| {
                    Fault::new(
                        "diagnostics_unknown",
                        "This content is no longer the one that was shown.",
                        "Look at it again, then save.",
                    )
                })
                .and_then(|bundle| bundle.save());
            let answer = saved.map(Answer::Saved);
            let _ = reply.send(answer.into());
        });
    }
}

fn startup_of(shell: Option<&dyn Shell>, change: Option<bool>) -> Startup {
    let Some(shell) = shell else {
        return Startup {
            at_login: false,
            trouble: Some("Only the desktop app can start at login.".into()),
        };
    };
    let changed = change.map_or(Ok(()), |on| shell.start_at_login(on));
    let trouble = changed.err();
    match shell.starts_at_login() {
        Ok(at_login) => Startup { at_login, trouble },
        Err(why) => Startup {
            at_login: false,
            trouble: trouble.or(Some(why)),
        },
    }
}

/// The diagnostics of a data folder whose agent may be running or not: as far as it was remembered.
pub fn diagnostics_at_rest(
    data_dir: &Path,
    with_names: bool,
    now: Timestamp,
) -> Result<Bundle, StoreError> {
    let mut store = Store::open(data_dir)?;
    let settings: Settings = store
        .recall("settings")
        .map(|known| known.0)
        .unwrap_or_default();
    let receiver = store.receivers().into_iter().find(|entry| entry.current);
    let key = receiver.as_ref().map_or("", |entry| entry.key()).to_owned();
    let told = Told::recall(&store, &key);
    let connection = receiver.map_or_else(
        || view::unpaired(now),
        |entry| view::connecting(&entry, now),
    );
    let snapshot = Snapshot {
        rev: 0,
        connection,
        as_of: told.as_of.map(Into::into),
        receivers: Vec::new(),
        overview: told.overview,
        links: told.links.into_values().collect(),
        clinics: told.clinics,
        grants: told.grants,
        alerts: Vec::new(),
        banners: Vec::new(),
        hush: AlertHush::default(),
        unsent_after_s: alerts::unsent_after_s(&alerts::kept_rules(&store)),
        operations: Vec::new(),
        attempt: None,
        arrival: None,
        updates: Desk::new(None, now).updates(),
        keychain: Keychain::new(data_dir, false).describe(),
        notifier: Notifier {
            available: false,
            note: "Not asked.".into(),
        },
        language: settings.language.unwrap_or_else(Language::of_system),
        settings,
        demo: Demo::Off,
        desk: store.desk(now),
    };
    let lines = store.activity(&key, None, None, diagnostics::LINES);
    let log = SidecarConfig::beside_executable(data_dir).log;
    Ok(diagnostics::gather(
        &snapshot, &lines, &log, with_names, now,
    ))
}
