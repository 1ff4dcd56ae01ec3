//! One caller's write on its way through the writing thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use crate::failure::Failure;

pub(super) trait Job: Send {
    /// About how many rows it writes.
    fn rows(&self) -> usize;
    /// Whether its caller has gone.
    fn is_abandoned(&self) -> bool;
    /// Does the work and keeps the result; answers whether its savepoint may stay.
    fn run(&mut self, connection: &mut SqliteConnection) -> bool;
    /// Sends the kept result, or the failure that undid it.
    fn answer(self: Box<Self>, undone_by: Option<Failure>);
}

pub(super) struct Call<T, F> {
    rows: usize,
    work: F,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl<T, F> Call<T, F> {
    pub(super) fn new(rows: usize, work: F, reply: oneshot::Sender<Result<T, Failure>>) -> Self {
        Self {
            rows,
            work,
            result: None,
            reply,
        }
    }
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: Fn(&mut SqliteConnection) -> Result<T, Failure> + Send,
{
    fn rows(&self) -> usize {
        self.rows
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> bool {
        // A panic must not end the thread that everybody's writes need; the savepoint undoes what was half done.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or(Err(Failure::Panicked));
        let fine = result.is_ok();
        self.result = Some(result);
        fine
    }

    fn answer(self: Box<Self>, undone_by: Option<Failure>) {
        let result = match (undone_by, self.result) {
            (_, Some(Err(own))) => Err(own),
            (Some(failure), _) => Err(failure),
            (None, Some(result)) => result,
            // Not run: its caller had gone.
            (None, None) => Err(Failure::Closed),
        };
        // The caller may have gone meanwhile.
        let _ = self.reply.send(result);
    }
}
