//! The one thread that writes: it takes everything that waits, and settles it with one commit.
//!
//! Each job runs in a savepoint of its own inside the common transaction, so that a job that fails takes nothing with it.
//! Answers go out after the commit, never before.

mod group;
mod job;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::job::{Call, Job};
use crate::failure::Failure;
use crate::placed_file::PlacedFile;
use crate::{OpenError, database_file};

/// How long a caller waits for a place in the queue.
const QUEUE_DEADLINE: Duration = Duration::from_secs(5);
/// How long a caller waits for its answer: the busy timeout of several groups before it, and a slow disk.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// Bounds of one transaction, so that no caller waits long for the others' work.
const GROUP_JOBS: usize = 512;
const GROUP_ROWS: usize = 4_096;

pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    busy: Arc<AtomicBool>,
    file: Arc<PlacedFile>,
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Opens the file and starts the thread, which ends when the writer is closed or dropped.
    pub(crate) fn start(path: &Path, queue: usize) -> Result<Self, OpenError> {
        let connection = database_file::open_for_writing(path)?;
        let file = PlacedFile::at(path).map_err(|source| OpenError::Inaccessible {
            path: path.to_owned(),
            source,
        })?;
        let file = Arc::new(file);
        let thread_file = Arc::clone(&file);
        let (sender, receiver) = mpsc::channel(queue);
        let busy = Arc::new(AtomicBool::new(false));
        let thread_busy = Arc::clone(&busy);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(connection, receiver, &thread_busy, &thread_file))
            .map_err(OpenError::Thread)?;
        Ok(Self {
            queue: sender,
            busy,
            file,
        })
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    pub(crate) fn file(&self) -> &PlacedFile {
        &self.file
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Runs `work` in a transaction and answers when it is durable.
    ///
    /// `work` may be run again after a transaction that failed as a whole. It checks before it writes: what it returns as
    /// `Ok` is committed. `rows` is about how many rows it writes. When the caller goes away before its turn, nothing is
    /// done; later, everything.
    pub(crate) async fn write<T, F>(&self, rows: usize, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Fn(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let place = timeout(QUEUE_DEADLINE, self.queue.reserve())
            .await
            .map_err(|_| Failure::Crowded(QUEUE_DEADLINE))?
            .map_err(|_| Failure::Closed)?;
        place.send(Message::Job(Box::new(Call::new(rows, work, reply))));
        timeout(ANSWER_DEADLINE, answer)
            .await
            .map_err(|_| Failure::Undecided(ANSWER_DEADLINE))?
            .map_err(|_| Failure::Closed)?
    }

    /// Settles what waits, writes the log back into the file and ends the thread. Later writes fail.
    pub(crate) async fn close(&self) {
        let (done, is_done) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error only says that the thread has ended already.
            let _ = is_done.await;
        }
    }
}

fn work(
    mut connection: SqliteConnection,
    mut queue: mpsc::Receiver<Message>,
    busy: &AtomicBool,
    file: &PlacedFile,
) {
    let mut closing: Vec<oneshot::Sender<()>> = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        busy.store(true, Ordering::Relaxed);
        let (mut jobs, mut rows) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Job(job) => {
                    rows += job.rows();
                    jobs.push(job);
                }
                Message::Close(done) => {
                    queue.close();
                    closing.push(done);
                }
            }
            if jobs.len() < GROUP_JOBS && rows < GROUP_ROWS {
                next = queue.try_recv().ok();
            }
        }
        group::settle(&mut connection, file, jobs);
        busy.store(false, Ordering::Relaxed);
    }
    if let Err(error) = connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the write-ahead log stays beside the store; the next start reads it");
    }
    drop(connection);
    for done in closing {
        // Nobody waits any more: fine.
        let _ = done.send(());
    }
}

#[cfg(test)]
mod tests;
