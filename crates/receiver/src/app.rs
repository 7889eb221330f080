//! What the receiver can do, apart from how it is asked: one value shared by the executor, the API and ingest.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::{Input, Settings};
use tokio::sync::{Notify, broadcast};
use url::Url;
use uuid::Uuid;

use crate::clock;
use crate::exec;
use crate::seal::Seal;
use crate::store::sql::Transaction;
use crate::store::{self, Store, StoreError};

pub(crate) mod actor;
pub mod appointments;
mod forget;
mod glance;
pub mod grant_health;
mod grants;
mod links;
pub mod meters;
mod receiver;
pub mod stuck;
pub mod tries;
mod use_error;
pub mod webhooks;

pub use actor::Actor;
pub use links::Ask;
pub use use_error::UseError;

/// Changes that the live stream tells of; a slow listener loses the oldest.
const CHANGED_MOST: usize = 1024;

/// Something a watcher of the receiver wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Link(Uuid),
    Activity(i64),
    Operation(Uuid),
    Overview,
    /// More than is named: whatever is shown may be old.
    Everything,
}

/// The receiver.
pub struct App {
    pub store: Store,
    pub seal: Arc<Seal>,
    pub settings: Settings,
    /// Where Google reaches us; without it links poll.
    pub public_url: Option<Url>,
    /// How far back a first listing goes; none for everything.
    pub history: Option<Duration>,
    pub version: &'static str,
    pub started_at: Timestamp,
    pub receiver_id: Uuid,
    pub google: exec::google::Google,
    pub changed: broadcast::Sender<Changed>,
    told_line: AtomicI64,
    /// The inbox holds something new.
    pub arrived: Notify,
    /// A deadline may have moved, or an effect was stored.
    pub stirred: Notify,
    /// Who tries pairing codes, and how often.
    pub tries: tries::Tries,
    /// What `/metrics` tells.
    pub meters: meters::Meters,
    /// What those who watch live see of everything.
    pub glance: glance::Glance<syncward_wire::Overview>,
    /// An outbound edit waits for another try.
    pub postponed: Notify,
    /// Longest time between two looks at the clock.
    pub(crate) look_every: Duration,
    /// How long this replica's work stays its own while it says nothing.
    pub(crate) lease: Duration,
    pub(crate) exec: exec::Running,
}

/// What an [`App`] is made of.
pub struct Parts {
    pub store: Store,
    pub seal: Arc<Seal>,
    pub settings: Settings,
    pub public_url: Option<Url>,
    pub history: Option<Duration>,
    pub google: syncward_google::Client,
    pub oauth: syncward_google::OAuthClient,
    /// Calls to Google per minute.
    pub quotas: exec::quota::Limits,
    /// Longest time between two looks at the clock; short where laptops sleep and clocks step.
    pub look_every: Duration,
    /// How long a replica's work stays its own while it says nothing.
    pub lease: Duration,
}

impl App {
    /// Puts the parts together; the receiver's identity is made with its store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn new(parts: Parts) -> store::Result<Arc<Self>> {
        exec::share::begin(&parts.store, parts.lease).await?;
        let receiver_id = parts
            .store
            .write(|tx| store::receiver::identity(tx, clock::now()))
            .await?;
        Ok(Arc::new(Self {
            store: parts.store,
            seal: parts.seal,
            settings: parts.settings,
            public_url: parts.public_url,
            history: parts.history,
            version: env!("CARGO_PKG_VERSION"),
            started_at: clock::now(),
            receiver_id,
            google: exec::google::Google::new(parts.google, parts.oauth),
            changed: broadcast::channel(CHANGED_MOST).0,
            told_line: AtomicI64::new(0),
            arrived: Notify::new(),
            stirred: Notify::new(),
            tries: tries::Tries::default(),
            meters: meters::Meters::default(),
            glance: glance::Glance::default(),
            postponed: Notify::new(),
            look_every: parts.look_every,
            lease: parts.lease,
            exec: exec::Running::new(parts.quotas),
        }))
    }

    /// Where Google posts notifications.
    pub fn webhook_url(&self) -> Option<Url> {
        self.public_url.as_ref().map(|url| {
            let mut url = url.clone();
            let path = format!(
                "{}/webhooks/calendar/google",
                url.path().trim_end_matches('/')
            );
            url.set_path(&path);
            url
        })
    }

    /// Feeds inputs to a link inside one transaction, together with `also`, and starts what the engine asks for.
    pub(crate) async fn feed<F>(
        self: &Arc<Self>,
        link_id: Uuid,
        inputs: Vec<Input>,
        also: F,
    ) -> store::Result<()>
    where
        F: FnOnce(&Transaction<'_>) -> store::Result<()> + Send + 'static,
    {
        let app = Arc::clone(self);
        let (pending, told) = self
            .store
            .write(move |tx| {
                also(tx)?;
                exec::turn::take(tx, &app, link_id, inputs, clock::now())
            })
            .await?;
        self.tell(told);
        exec::start(self, pending);
        Ok(())
    }

    /// Whether the executor's loops run.
    pub fn is_running(&self) -> bool {
        self.exec.is_alive()
    }

    /// The last renewal pass, and whether it is too old.
    pub fn renewal_pass(&self) -> Option<(exec::Pass, bool)> {
        let pass = self.exec.last_pass()?;
        Some((pass, pass.age > exec::late_after(self.look_every)))
    }

    /// Permanent refusals were met under another configuration: worth another try.
    ///
    /// # Errors
    /// What the store says.
    pub async fn configuration_changed(self: &Arc<Self>) -> store::Result<()> {
        for link in self.store.read(store::link::all).await? {
            self.feed(link.link_id, vec![Input::ConfigurationChanged], |_| Ok(()))
                .await?;
        }
        Ok(())
    }

    /// Watchers of this replica are told of a line.
    pub(crate) fn note_told(&self, changed: Changed) {
        if let Changed::Activity(line) = changed {
            self.told_line.fetch_max(line, Ordering::Relaxed);
        }
    }

    /// The newest line that they were told of.
    pub(crate) fn told_line(&self) -> i64 {
        self.told_line.load(Ordering::Relaxed)
    }

    pub(crate) fn tell(&self, told: Vec<Changed>) {
        exec::share::say(&self.store, &told);
        for one in told {
            self.note_told(one);
            // No listener is no fault.
            let _ = self.changed.send(one);
        }
        self.stirred.notify_one();
    }
}

impl From<StoreError> for UseError {
    fn from(error: StoreError) -> Self {
        Self::store(&error)
    }
}
