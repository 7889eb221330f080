//! The one writer: commits whatever waits as one transaction, then answers all of it.
//!
//! Never answers before its commit, and never lets a job commit by itself. A database that let go of it is sought again,
//! with pauses; meanwhile every job is told so at once.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::sql::{self, Connection, Transaction};
use super::{Result, StoreError};

/// Writes committed together at the most.
const GROUP_MOST: usize = 512;
/// Pauses between two tries to reach the database again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Told once the transaction is committed, or why it is not.
type Answer = Box<dyn FnOnce(Option<&sql::Error>) + Send>;
/// Works in a transaction, or learns why there is none.
pub type Job = Box<dyn FnOnce(std::result::Result<&Transaction<'_>, &sql::Error>) -> Answer + Send>;
/// Makes a connection anew.
type Connect = Box<dyn Fn() -> sql::Result<Connection> + Send>;

/// Work for the writer, and where its answer comes.
pub fn job<T, F>(work: F) -> (Job, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |begun| {
        let done = match begun {
            Ok(transaction) => in_savepoint(transaction, work),
            Err(error) => Err(StoreError::uncommitted(error)),
        };
        Box::new(move |failed| {
            // Nobody may wait for it any more.
            let _ = answer.send(match (failed, done) {
                // What failed by itself knows best why.
                (None, done) | (Some(_), done @ Err(_)) => done,
                (Some(error), Ok(_)) => Err(StoreError::uncommitted(error)),
            });
        })
    });
    (job, answered)
}

/// The writer's connection, and how to get another.
pub struct Writer {
    connection: Option<Connection>,
    connect: Connect,
    pause: Duration,
    /// Not before this is the database sought again, and why it was not there.
    away: Option<(Instant, String)>,
}

impl Writer {
    /// Over an open connection.
    pub fn new(connection: Connection, connect: Connect) -> Self {
        Self {
            connection: Some(connection),
            connect,
            pause: FIRST_PAUSE,
            away: None,
        }
    }

    /// Works until every sender is gone.
    pub fn write_in_groups(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP_MOST);
        while queue.blocking_recv_many(&mut group, GROUP_MOST) > 0 {
            let mut jobs = group.drain(..);
            while jobs.len() > 0 {
                self.commit(&mut jobs);
            }
        }
    }

    /// Commits jobs together: all of them, or up to the one on which the database undid the whole transaction.
    fn commit(&mut self, jobs: &mut impl Iterator<Item = Job>) {
        let transaction = match self.begin() {
            Ok(transaction) => transaction,
            Err(error) => {
                tracing::error!(error = %error, "could not begin a transaction");
                jobs.for_each(|job| job(Err(&error))(Some(&error)));
                return;
            }
        };
        let mut answers = Vec::new();
        for job in jobs.by_ref() {
            answers.push(job(Ok(&transaction)));
            // A full disk or a failed write undoes everything at once; the next job would commit by itself, and be told it failed.
            if !transaction.is_open() {
                break;
            }
        }
        let committed = transaction.commit();
        if committed.as_ref().is_err_and(sql::Error::is_away) {
            self.connection = None;
        }
        for answer in answers {
            answer(committed.as_ref().err());
        }
    }

    fn begin(&mut self) -> sql::Result<Transaction<'_>> {
        if let Err(error) = self.connected().and_then(Connection::take_turn) {
            if !error.is_away() {
                return Err(error);
            }
            // It may have ended since the last group: then another one is there at once.
            self.connection = None;
            self.connected()?.take_turn()?;
        }
        let connection = self.connection.as_ref();
        Ok(Transaction::of(connection.expect("it just took its turn")))
    }

    fn connected(&mut self) -> sql::Result<&Connection> {
        if self.connection.is_none() {
            if let Some((not_before, why)) = &self.away
                && Instant::now() < *not_before
            {
                return Err(sql::Error::Away(why.clone()));
            }
            match (self.connect)() {
                Ok(connection) => {
                    if self.away.take().is_some() {
                        tracing::info!("the database is back");
                    }
                    self.pause = FIRST_PAUSE;
                    self.connection = Some(connection);
                }
                Err(error) => {
                    self.away = Some((Instant::now() + self.pause, error.to_string()));
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                    return Err(error);
                }
            }
        }
        let connection = self.connection.as_ref();
        Ok(connection.expect("it was just made"))
    }
}

fn in_savepoint<T>(
    transaction: &Transaction<'_>,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let run = |sql| -> sql::Result<()> { transaction.execute(sql, []).map(|_| ()) };
    run("savepoint job")?;
    let done = work(transaction).map_err(StoreError::of_work);
    let ended = match &done {
        Ok(_) => run("release job"),
        Err(_) => run("rollback to job").and_then(|()| run("release job")),
    };
    match (ended, done) {
        (Err(error), Ok(_)) => Err(StoreError::Database(error).of_work()),
        // Why the work failed says more than that its savepoint is gone, too.
        (_, done) => done,
    }
}
