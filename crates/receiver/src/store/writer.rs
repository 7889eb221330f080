//! The one writer: commits whatever waits as one transaction, then answers all of it.
//!
//! Never answers before its commit, and never lets a job commit by itself.

use tokio::sync::{mpsc, oneshot};

use super::sql::{self, Connection, Transaction};
use super::{Result, StoreError};

/// Writes committed together at the most.
const GROUP_MOST: usize = 512;

/// Told once the transaction is committed, or why it is not.
type Answer = Box<dyn FnOnce(Option<&sql::Error>) + Send>;
/// Works in a transaction, or learns why there is none.
pub type Job = Box<dyn FnOnce(std::result::Result<&Transaction<'_>, &sql::Error>) -> Answer + Send>;

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

/// Works until every sender is gone.
pub fn write_in_groups(writer: &mut Connection, mut queue: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP_MOST);
    while queue.blocking_recv_many(&mut group, GROUP_MOST) > 0 {
        let mut jobs = group.drain(..);
        while jobs.len() > 0 {
            commit(writer, &mut jobs);
        }
    }
}

/// Commits jobs together: all of them, or up to the one on which SQLite undid the whole transaction.
fn commit(writer: &mut Connection, jobs: &mut impl Iterator<Item = Job>) {
    let transaction = match writer.begin() {
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
    for answer in answers {
        answer(committed.as_ref().err());
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
