//! Many jobs, one transaction.
//!
//! The statements are spelled out instead of using Diesel's transactions: after an error such as a full disk SQLite may have
//! ended the whole transaction by itself, and what counts then is what the file says, not what was counted beside it.

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;

use super::job::Job;
use crate::failure::Failure;
use crate::placed_file::PlacedFile;

/// Why no job of a group was committed.
enum Lost {
    /// Nothing was tried: another process kept the file locked, or it cannot be written.
    NotBegun(Failure),
    /// The transaction ended under the jobs' feet, or could not be committed.
    Undone(Failure),
}

/// Runs all jobs, commits them together and answers each. When the common transaction fails, each gets one of its own, so
/// that one huge job on a nearly full disk does not fail the small ones.
pub(super) fn settle(
    connection: &mut SqliteConnection,
    file: &PlacedFile,
    mut jobs: Vec<Box<dyn Job>>,
) {
    jobs.retain(|job| !job.is_abandoned());
    if jobs.is_empty() {
        return;
    }
    if let Err(displaced) = file.check() {
        return answer(jobs, Some(&displaced));
    }
    match commit_together(connection, &mut jobs) {
        // Looked at once more: a commit into a file that has gone meanwhile is none.
        Ok(()) => answer(jobs, file.check().err().as_ref()),
        Err(Lost::Undone(failure)) if jobs.len() > 1 => {
            tracing::warn!(%failure, jobs = jobs.len(), "a common write was undone; trying one by one");
            for job in jobs {
                settle(connection, file, vec![job]);
            }
        }
        Err(Lost::NotBegun(failure) | Lost::Undone(failure)) => answer(jobs, Some(&failure)),
    }
}

fn answer(jobs: Vec<Box<dyn Job>>, undone_by: Option<&Failure>) {
    for job in jobs {
        job.answer(undone_by.cloned());
    }
}

fn commit_together(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), Lost> {
    connection
        .batch_execute("BEGIN IMMEDIATE")
        .map_err(|error| Lost::NotBegun(error.into()))?;
    let outcome = run_each(connection, jobs).and_then(|()| connection.batch_execute("COMMIT"));
    outcome.map_err(|error| {
        // Fails when SQLite has rolled back by itself, which is just as well.
        let _ = connection.batch_execute("ROLLBACK");
        Lost::Undone(error.into())
    })
}

fn run_each(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn Job>],
) -> diesel::QueryResult<()> {
    for job in jobs {
        connection.batch_execute("SAVEPOINT job")?;
        if !job.run(connection) {
            // An error here means that the transaction is gone, and with it what the jobs before have written.
            connection.batch_execute("ROLLBACK TO job")?;
        }
        connection.batch_execute("RELEASE job")?;
    }
    Ok(())
}
