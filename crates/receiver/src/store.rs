//! The store: SQLite or PostgreSQL, with one writer that commits in groups, and readers beside it.
//!
//! Responsible for durability (an answer to [`Store::write`] means: on disk) and for the schema's version. Holds no
//! rule; each table's reads and writes are in its own file below.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

use self::ear::Mouth;
use self::place::Address;
pub use self::place::Place;
use self::sql::{Connection, Transaction};
use crate::clock;

pub mod activity;
pub mod appointment;
pub mod audit;
pub mod channel;
pub mod clinic;
pub mod copy;
pub mod coverage_span;
pub mod cursor_step;
pub mod delivery_hour;
pub mod device;
pub mod ear;
pub mod effect;
pub mod fire_drill;
pub mod folder;
pub mod google_grant;
pub mod grant_life;
mod health;
pub mod idempotency_key;
pub mod lag_span;
pub mod link;
mod migrate;
pub mod missed_change;
pub mod notification;
pub mod oauth_attempt;
pub mod old_key;
pub mod operation;
pub mod outbox;
pub mod pairing_code;
pub mod place;
pub mod quota_pause;
pub mod quota_use;
pub mod receipt;
pub mod receiver;
pub mod replica;
pub mod retention;
pub mod revision;
pub mod rhythm;
pub mod row;
pub mod sealed;
pub mod sql;
pub mod sync_run;
pub mod webhook_endpoint;
pub mod webhook_message;
mod writer;

/// A reader that waited for so long is asked whether it is still there.
const ASLEEP_AFTER: Duration = Duration::from_secs(5);
/// Writes waiting for the writer; one more waits for its turn.
const QUEUE_MOST: usize = 4096;
/// Readers at the same time.
const READERS: usize = 4;
/// A write that the disk refused counts as trouble for this long: on a full disk smaller ones may still find room.
const TROUBLE_LASTS: SignedDuration = SignedDuration::from_secs(5);

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("open {path}")]
    Open { path: PathBuf, source: sql::Error },
    #[error("the data folder {0} is in use by another receiver")]
    InUse(PathBuf),
    #[error(
        "the database {path} was written by a newer version (schema {found}, this one knows {known})"
    )]
    Newer {
        path: PathBuf,
        found: u32,
        known: u32,
    },
    #[error("the database {0} is damaged; put back its last backup (syncward-receiver restore)")]
    Damaged(PathBuf, #[source] sql::Error),
    #[error("a file is in the way: {0}")]
    Exists(PathBuf),
    #[error("{0} is no whole database of Syncward's")]
    Foreign(PathBuf),
    #[error("open what is sealed in {0}: it was made under another SYNCWARD_SECRET_KEY")]
    OtherKey(PathBuf),
    #[error(
        "open the database: it is sealed under the key {wanted}, and the given one is {given}; give the right key as \
         SYNCWARD_SECRET_KEY, or both while one takes the other's place (deploy/README.md)"
    )]
    WrongKey { wanted: String, given: String },
    #[error("write {0}")]
    Folder(PathBuf, #[source] std::io::Error),
    /// The folder on it, where the database has one.
    #[error("{}", without_room(.0.as_deref()))]
    Full(Option<PathBuf>),
    #[error("reach the database (SYNCWARD_DATABASE_URL): {0}")]
    Away(String),
    #[error("the commit failed: {0}")]
    Uncommitted(String),
    #[error("the store is closing")]
    Closing,
    #[error("ask the database")]
    Database(#[from] sql::Error),
    #[error("read what was stored")]
    Malformed(#[from] serde_json::Error),
    #[error("unseal {0}")]
    Sealed(&'static str),
    /// Another replica has taken over; what was written is undone.
    #[error("write under a lease that has ended")]
    Stale,
    /// The work itself decided against it; what it wrote is undone.
    #[error("do what was refused")]
    Refused,
}

impl StoreError {
    /// Of a transaction that was not committed.
    fn uncommitted(error: &sql::Error) -> Self {
        if error.is_full() {
            return Self::Full(None);
        }
        if error.is_away() {
            return Self::Away(error.to_string());
        }
        Self::Uncommitted(error.to_string())
    }

    /// Of opening: a file that is no whole database says so.
    fn of_opening(self, path: &Path) -> Self {
        match self {
            Self::Open { source, .. } | Self::Database(source) if source.is_damage() => {
                Self::Damaged(path.to_owned(), source)
            }
            other => other,
        }
    }

    /// Of what is kept in `folder`: a disk without room is called so, whatever SQLite calls it. Where its log or the log's
    /// index find none, that is an I/O error.
    fn in_folder(self, folder: &Path) -> Self {
        let full = Self::Full(Some(folder.to_owned()));
        match self {
            Self::Full(_) => full,
            Self::Database(error) | Self::Open { source: error, .. } if error.is_full() => full,
            Self::Folder(_, error) if error.kind() == std::io::ErrorKind::StorageFull => full,
            Self::Database(error) | Self::Open { source: error, .. }
                if error.is_of_disk() && !folder::has_room(folder) =>
            {
                full
            }
            Self::Uncommitted(_) if !folder::has_room(folder) => full,
            other => other,
        }
    }

    /// The same of what is kept there.
    fn at(self, place: &Place) -> Self {
        match place {
            Place::Folder(folder) => self.in_folder(folder),
            Place::Postgres(_) => self,
        }
    }

    /// What anybody may hear of why the store takes no writes: where it lies is the owner's matter.
    fn in_public(&self) -> String {
        match self {
            Self::Full(_) => "the disk is full".to_owned(),
            other => other.to_string(),
        }
    }

    /// What the database said, for those who ask it.
    fn of_database(self) -> sql::Error {
        match self {
            Self::Database(error) | Self::Open { source: error, .. } => error,
            other => sql::Error::Away(other.to_string()),
        }
    }

    /// Of one job's own work.
    fn of_work(self) -> Self {
        match self {
            Self::Database(error) if error.is_of_disk() || error.is_away() => {
                Self::uncommitted(&error)
            }
            other => other,
        }
    }
}

/// What is full, and what heals it.
fn without_room(folder: Option<&Path>) -> String {
    let held = folder.map_or_else(|| "the database".to_owned(), |it| it.display().to_string());
    format!(
        "the disk that holds {held} is full: free space there, and the receiver goes on by itself"
    )
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A handle; clones share the same writer and readers.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    /// The lease under which this process works; 0 before the first.
    fence: Arc<AtomicI64>,
}

enum Shared {
    /// A database with its writer's thread and readers.
    Threads(Threads),
    /// One connection that does everything in turn.
    Single(Mutex<Connection>),
}

struct Threads {
    jobs: tokio::sync::mpsc::Sender<writer::Job>,
    idle: Arc<Mutex<Vec<Idle>>>,
    turns: Semaphore,
    place: Place,
    /// The last write that the disk or the database refused.
    trouble: Mutex<Option<(Timestamp, String)>>,
    /// Says to the other replicas what was changed here.
    mouth: Option<Mouth>,
    // Held for as long as the store is open.
    _lock: Option<std::fs::File>,
}

/// A reader that waits for its next use, since when.
struct Idle(Connection, Instant);

impl Store {
    /// Opens (or makes) the database in `folder` as the only receiver there, and brings its schema up to date.
    ///
    /// # Errors
    /// `InUse` beside another receiver, `Newer` for a later version's database (left untouched), `Damaged`, `Open`, `Folder`.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_at(&Place::Folder(folder.to_owned()))
    }

    /// Opens (or makes) the database there and brings its schema up to date; a folder as the only receiver in it.
    ///
    /// # Errors
    /// As [`Store::open`], and `Away`.
    pub fn open_at(place: &Place) -> Result<Self> {
        let lock = match place {
            Place::Folder(folder) => Some(folder::lock(folder)?),
            Place::Postgres(_) => None,
        };
        Self::with(place, lock)
    }

    /// Whether a receiver works in this folder now.
    pub fn is_in_use(folder: &Path) -> bool {
        folder::is_in_use(folder)
    }

    /// Opens the database beside a running receiver, for the command line.
    ///
    /// # Errors
    /// As [`Store::open`], without `InUse`.
    pub fn open_beside(folder: &Path) -> Result<Self> {
        Self::open_beside_at(&Place::Folder(folder.to_owned()))
    }

    /// As [`Store::open_at`], beside a running receiver.
    ///
    /// # Errors
    /// As [`Store::open_at`], without `InUse`.
    pub fn open_beside_at(place: &Place) -> Result<Self> {
        if let Place::Folder(folder) = place {
            folder::make(folder)?;
        }
        Self::with(place, None)
    }

    fn with(place: &Place, lock: Option<std::fs::File>) -> Result<Self> {
        let fence = Arc::new(AtomicI64::new(0));
        let connection = open(place)?.under(&fence);
        let mouth = match place {
            Place::Folder(_) => None,
            Place::Postgres(address) => Some(Mouth::open(Address::clone(address))?),
        };
        let (jobs, queue) = tokio::sync::mpsc::channel(QUEUE_MOST);
        let (there, shared_fence) = (place.clone(), Arc::clone(&fence));
        let again = Box::new(move || {
            let connection = connect_to(&there, true).map_err(StoreError::of_database)?;
            Ok(connection.under(&shared_fence))
        });
        let writer = writer::Writer::new(connection, again);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.write_in_groups(queue))
            .map_err(|source| StoreError::Folder(PathBuf::from("store-writer"), source))?;
        let shared = Threads {
            jobs,
            idle: Arc::default(),
            turns: Semaphore::new(READERS),
            place: place.clone(),
            trouble: Mutex::default(),
            mouth,
            _lock: lock,
        };
        Ok(Self {
            fence,
            shared: Arc::new(Shared::Threads(shared)),
        })
    }

    /// A store on one open connection, a database in memory for instance; every write is its own commit.
    ///
    /// # Errors
    /// What the database says to the schema.
    pub fn over(mut connection: rusqlite::Connection) -> Result<Self> {
        migrate::migrate(&mut connection, Path::new(":memory:"))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        keep_plans(&connection)?;
        let fence = Arc::new(AtomicI64::new(0));
        let connection = Connection::from(connection).under(&fence);
        Ok(Self {
            fence,
            shared: Arc::new(Shared::Single(Mutex::new(connection))),
        })
    }

    /// Runs `work` in the writer's next group and answers once that group is on disk; an error undoes only this work.
    ///
    /// # Errors
    /// What `work` says, `Full` when the disk is, `Uncommitted` when the commit failed.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let threads = match &*self.shared {
            Shared::Threads(threads) => threads,
            Shared::Single(connection) => {
                let done = write_alone(connection, work);
                // As behind the writer's thread, others get their turn after a commit.
                tokio::task::yield_now().await;
                return done;
            }
        };
        let (job, answered) = writer::job(work);
        let sent = threads.jobs.send(job).await;
        sent.map_err(|_| StoreError::Closing)?;
        let done = answered.await.map_err(|_| StoreError::Closing)?;
        let done = done.map_err(|error| error.at(&threads.place));
        if let Err(
            error @ (StoreError::Full(_) | StoreError::Away(_) | StoreError::Uncommitted(_)),
        ) = &done
        {
            let mut trouble = threads
                .trouble
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *trouble = Some((clock::now(), error.in_public()));
        }
        done
    }

    /// Why the store took no write lately.
    pub fn trouble(&self) -> Option<String> {
        let Shared::Threads(threads) = &*self.shared else {
            return None;
        };
        let trouble = threads
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (since, why) = trouble.as_ref()?;
        (clock::now().duration_since(*since).abs() < TROUBLE_LASTS).then(|| why.clone())
    }

    /// Runs `work` on a read-only connection, on a thread that may block.
    ///
    /// # Errors
    /// What `work` says.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let threads = match &*self.shared {
            Shared::Threads(threads) => threads,
            Shared::Single(connection) => {
                return work(&connection.lock().unwrap_or_else(PoisonError::into_inner));
            }
        };
        let turn = threads.turns.acquire().await;
        let _turn = turn.map_err(|_| StoreError::Closing)?;
        let idle = Arc::clone(&threads.idle);
        let (place, fence) = (threads.place.clone(), Arc::clone(&self.fence));
        let worker = tokio::task::spawn_blocking(move || {
            let ready = idle.lock().ok().and_then(|mut idle| idle.pop());
            let ready = ready.and_then(Idle::awake);
            let connection = ready.map_or_else(|| connect_to(&place, false), Ok);
            let connection = connection.map_err(StoreError::of_work)?.under(&fence);
            let answer = work(&connection).map_err(StoreError::of_work);
            if let Ok(mut idle) = idle.lock() {
                match &answer {
                    // What ended this one has ended the others, too.
                    Err(StoreError::Away(_)) => idle.clear(),
                    Ok(_) | Err(_) => idle.push(Idle(connection, Instant::now())),
                }
            }
            answer
        });
        let answer = worker.await.map_err(|_| StoreError::Closing)?;
        answer.map_err(|error| error.at(&threads.place))
    }
}

impl Store {
    /// The lease under which this process works; 0 before the first.
    pub fn fence(&self) -> i64 {
        self.fence.load(Ordering::SeqCst)
    }

    /// From now on work is done under this lease.
    pub fn set_fence(&self, fence: i64) {
        self.fence.store(fence, Ordering::SeqCst);
    }

    /// As [`Store::write`], under a lease: once that has been ended nothing is written.
    ///
    /// # Errors
    /// `Stale`, and as [`Store::write`].
    pub async fn write_under<T, F>(&self, fence: i64, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.write(move |tx| {
            replica::check(tx, fence)?;
            work(tx)
        })
        .await
    }

    /// Says a word to the other replicas, where there can be any.
    pub fn say(&self, word: impl FnOnce(i64) -> String) {
        if let Shared::Threads(Threads {
            mouth: Some(mouth), ..
        }) = &*self.shared
        {
            mouth.say(word(self.fence()));
        }
    }

    /// What replicas say from now on; none where there can't be another.
    ///
    /// # Errors
    /// There is no thread to listen on.
    pub fn listen(&self) -> Result<Option<UnboundedReceiver<ear::Heard>>> {
        match &*self.shared {
            Shared::Threads(Threads {
                place: Place::Postgres(address),
                ..
            }) => ear::listen(Address::clone(address)).map(Some),
            Shared::Threads(_) | Shared::Single(_) => Ok(None),
        }
    }

    /// Empties the write-ahead log, so that nothing of what was deleted lies in it any more; readers may delay that.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_log(&self) -> Result<()> {
        let Shared::Threads(Threads {
            place: Place::Folder(folder),
            ..
        }) = &*self.shared
        else {
            return Ok(());
        };
        let path = folder::database(folder);
        let emptied = tokio::task::spawn_blocking(move || {
            let connection = connect(&path, true)?;
            connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
            Ok(())
        });
        emptied.await.map_err(|_| StoreError::Closing)?
    }
}

impl Idle {
    /// The connection, unless it ended while it waited.
    fn awake(self) -> Option<Connection> {
        let Self(connection, since) = self;
        (since.elapsed() < ASLEEP_AFTER || connection.answers()).then_some(connection)
    }
}

/// Opens the database there for writing, with its schema as this version knows it.
fn open(place: &Place) -> Result<Connection> {
    match place {
        Place::Folder(folder) => {
            let path = folder::database(folder);
            let open = || {
                migrate::refuse_newer(&path)?;
                folder::prepare(folder)?;
                let mut writer = connect(&path, true)?;
                migrate::migrate(&mut writer, &path)?;
                Ok(Connection::from(writer))
            };
            open().map_err(|error: StoreError| error.of_opening(&path).in_folder(folder))
        }
        Place::Postgres(address) => {
            let open = || {
                let connection = connect_to(place, true)?;
                migrate::migrate_postgres(&connection, &address.to_string())?;
                Ok(connection)
            };
            // It blocks, on whatever thread this is called.
            std::thread::scope(|scope| scope.spawn(open).join())
                .unwrap_or(Err(StoreError::Closing))
                .map_err(StoreError::of_work)
        }
    }
}

fn connect_to(place: &Place, write: bool) -> Result<Connection> {
    match place {
        Place::Folder(folder) => connect(&folder::database(folder), write).map(Connection::from),
        Place::Postgres(address) => Ok(address.connect(write)?),
    }
}

/// Every statement is planned once: without the planner's promise of stability SQLite plans one anew whenever a bound value
/// changes that it might have looked at.
fn keep_plans(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(512);
    Ok(())
}

fn connect(path: &Path, write: bool) -> Result<rusqlite::Connection> {
    let flags = if write {
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
    };
    let open = || -> rusqlite::Result<rusqlite::Connection> {
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        if write {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            // What is deleted is overwritten.
            connection.pragma_update(None, "secure_delete", true)?;
        }
        keep_plans(&connection)?;
        Ok(connection)
    };
    open().map_err(|source| StoreError::Open {
        path: path.to_owned(),
        source: source.into(),
    })
}

fn write_alone<T>(
    connection: &Mutex<Connection>,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let transaction = connection.begin()?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}
