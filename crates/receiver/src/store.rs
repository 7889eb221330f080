//! The store: SQLite with one writer that commits in groups, and readers beside it.
//!
//! Responsible for durability (an answer to [`Store::write`] means: on disk) and for the schema's version. Holds no
//! rule; each table's reads and writes are in its own file below.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rusqlite::OpenFlags;
use tokio::sync::Semaphore;

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
pub mod effect;
pub mod fire_drill;
pub mod google_grant;
pub mod grant_life;
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
pub mod quota_pause;
pub mod quota_use;
pub mod receipt;
pub mod receiver;
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

/// Held by the receiver that works in the folder.
const LOCK: &str = "receiver.lock";
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
    #[error("write to the data folder {0}")]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("the disk is full")]
    Full,
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
    /// The work itself decided against it; what it wrote is undone.
    #[error("do what was refused")]
    Refused,
}

impl StoreError {
    /// Of a transaction that was not committed.
    fn uncommitted(error: &sql::Error) -> Self {
        if error.is_full() {
            return Self::Full;
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

    /// Of one job's own work.
    fn of_work(self) -> Self {
        match self {
            Self::Database(error) if error.is_of_disk() => Self::uncommitted(&error),
            other => other,
        }
    }
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
}

enum Shared {
    /// A file with its writer's thread and readers.
    File(File),
    /// One connection that does everything in turn.
    Single(Mutex<Connection>),
}

struct File {
    jobs: tokio::sync::mpsc::Sender<writer::Job>,
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Semaphore,
    path: PathBuf,
    /// The last write that the disk refused.
    trouble: Mutex<Option<(Timestamp, String)>>,
    // Held for as long as the store is open.
    _lock: Option<std::fs::File>,
}

impl Store {
    /// Opens (or makes) the database in `folder` as the only receiver there, and brings its schema up to date.
    ///
    /// # Errors
    /// `InUse` beside another receiver, `Newer` for a later version's database (left untouched), `Damaged`, `Open`, `Folder`.
    pub fn open(folder: &Path) -> Result<Self> {
        let lock = Self::lock(folder)?;
        Self::with(folder, Some(lock))
    }

    /// Takes the folder for one process.
    fn lock(folder: &Path) -> Result<std::fs::File> {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Folder(folder.to_owned(), source))?;
        let lock_path = folder.join(LOCK);
        let lock = std::fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path);
        let lock = lock.map_err(|source| StoreError::Folder(lock_path, source))?;
        if lock.try_lock().is_err() {
            return Err(StoreError::InUse(folder.to_owned()));
        }
        Ok(lock)
    }

    /// Whether a receiver works in this folder now.
    pub fn is_in_use(folder: &Path) -> bool {
        let lock = std::fs::File::options().read(true).open(folder.join(LOCK));
        lock.is_ok_and(|lock| lock.try_lock_shared().is_err())
    }

    /// Opens the database beside a running receiver, for the command line.
    ///
    /// # Errors
    /// As [`Store::open`], without `InUse`.
    pub fn open_beside(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Folder(folder.to_owned(), source))?;
        Self::with(folder, None)
    }

    fn with(folder: &Path, lock: Option<std::fs::File>) -> Result<Self> {
        let path = folder.join("syncward.db");
        let open = || {
            migrate::refuse_newer(&path)?;
            let mut writer = connect(&path, true)?;
            migrate::migrate(&mut writer, &path)?;
            Ok(Connection::from(writer))
        };
        let mut writer = open().map_err(|error: StoreError| error.of_opening(&path))?;
        let (jobs, queue) = tokio::sync::mpsc::channel(QUEUE_MOST);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::write_in_groups(&mut writer, queue))
            .map_err(|source| StoreError::Folder(path.clone(), source))?;
        let shared = File {
            jobs,
            idle: Arc::default(),
            turns: Semaphore::new(READERS),
            path,
            trouble: Mutex::default(),
            _lock: lock,
        };
        Ok(Self {
            shared: Arc::new(Shared::File(shared)),
        })
    }

    /// A store on one open connection, a database in memory for instance; every write is its own commit.
    ///
    /// # Errors
    /// What the database says to the schema.
    pub fn over(mut connection: rusqlite::Connection) -> Result<Self> {
        migrate::migrate(&mut connection, Path::new(":memory:"))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(512);
        Ok(Self {
            shared: Arc::new(Shared::Single(Mutex::new(connection.into()))),
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
        let file = match &*self.shared {
            Shared::File(file) => file,
            Shared::Single(connection) => {
                let done = write_alone(connection, work);
                // As behind the writer's thread, others get their turn after a commit.
                tokio::task::yield_now().await;
                return done;
            }
        };
        let (job, answered) = writer::job(work);
        file.jobs.send(job).await.map_err(|_| StoreError::Closing)?;
        let done = answered.await.map_err(|_| StoreError::Closing)?;
        if let Err(error @ (StoreError::Full | StoreError::Uncommitted(_))) = &done {
            let mut trouble = file.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            *trouble = Some((clock::now(), error.to_string()));
        }
        done
    }

    /// Why the store took no write lately.
    pub fn trouble(&self) -> Option<String> {
        let Shared::File(file) = &*self.shared else {
            return None;
        };
        let trouble = file.trouble.lock().unwrap_or_else(PoisonError::into_inner);
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
        let file = match &*self.shared {
            Shared::File(file) => file,
            Shared::Single(connection) => {
                return work(&connection.lock().unwrap_or_else(PoisonError::into_inner));
            }
        };
        let turn = file.turns.acquire().await;
        let _turn = turn.map_err(|_| StoreError::Closing)?;
        let idle = Arc::clone(&file.idle);
        let path = file.path.clone();
        let worker = tokio::task::spawn_blocking(move || {
            let ready = idle.lock().ok().and_then(|mut idle| idle.pop());
            let connection =
                ready.map_or_else(|| connect(&path, false).map(Connection::from), Ok)?;
            let answer = work(&connection);
            if let Ok(mut idle) = idle.lock() {
                idle.push(connection);
            }
            answer
        });
        worker.await.map_err(|_| StoreError::Closing)?
    }
}

impl Store {
    /// Empties the write-ahead log, so that nothing of what was deleted lies in it any more; readers may delay that.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_log(&self) -> Result<()> {
        let Shared::File(file) = &*self.shared else {
            return Ok(());
        };
        let path = file.path.clone();
        let emptied = tokio::task::spawn_blocking(move || {
            let connection = connect(&path, true)?;
            connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
            Ok(())
        });
        emptied.await.map_err(|_| StoreError::Closing)?
    }
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
        connection.set_prepared_statement_cache_capacity(512);
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
    let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let transaction = connection.begin()?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}
