//! The pool, and transactions on it: one place decides how long anything may take and what is tried again.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use diesel_async::pooled_connection::PoolError;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager as _};
use futures_util::future::BoxFuture;
use ports::{DatabaseObserver, TransactionOutcome};
use rand::Rng as _;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::area::{Area, operation};
use crate::connecting::Connector;
use crate::failure::Failure;
use crate::{OpenError, PostgresSettings};

/// How often one piece of work is begun.
const ATTEMPTS: u32 = 5;
/// A waiting caller asks the pool anew this often, so that connections are made as soon as Postgres is back.
const ASK_ANEW: Duration = Duration::from_millis(250);
/// The server looks this often whether who reads is still there.
const NOTICED: Duration = Duration::from_millis(500);
/// What remains for `COMMIT` when the work took all the time there was: giving up on it leaves its outcome unknown. With the
/// time for all that comes before, a caller of a few records hears something within two seconds.
const COMMIT_GRACE_OF_FEW: Duration = Duration::from_millis(400);
const COMMIT_GRACE_OF_MANY: Duration = Duration::from_secs(5);

type Connection =
    diesel_async::pooled_connection::bb8::PooledConnection<'static, AsyncPgConnection>;

/// Whether a transaction may write, and how much there is to do: who asks for a few records waits `acquire_timeout` for all
/// of it, and who asks for many waits for `query_timeout` beside that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadFew,
    ReadMany,
    WriteFew,
    WriteMany,
}

impl Access {
    const ALL: [Self; 4] = [
        Self::ReadFew,
        Self::ReadMany,
        Self::WriteFew,
        Self::WriteMany,
    ];

    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::WriteFew | Self::WriteMany)
    }

    fn is_of_few(self) -> bool {
        matches!(self, Self::ReadFew | Self::WriteFew)
    }

    fn commit_grace(self) -> Duration {
        if self.is_of_few() {
            COMMIT_GRACE_OF_FEW
        } else {
            COMMIT_GRACE_OF_MANY
        }
    }
}

pub(crate) struct Connections {
    pool: Pool<AsyncPgConnection>,
    max_connections: u32,
    query_timeout: Duration,
    acquire_timeout: Duration,
    /// How transactions of each access begin.
    begin: [String; 4],
    last_error: Arc<Mutex<Option<Arc<PoolError>>>>,
    observer: OnceLock<Arc<dyn DatabaseObserver>>,
}

/// Connections of the pool, for `StoreHealth`.
pub(crate) struct PoolState {
    pub(crate) size: u32,
    pub(crate) in_use: u32,
}

impl Connections {
    /// Connects when first asked, so that the program starts without Postgres as well.
    pub(crate) fn new(
        settings: &PostgresSettings,
        connector: &Arc<Connector>,
    ) -> Result<Self, OpenError> {
        if !settings.is_valid() {
            return Err(OpenError::Settings);
        }
        let last_error = Arc::default();
        let pool = Pool::builder()
            .max_size(settings.max_connections)
            .connection_timeout(settings.connection_timeout)
            .idle_timeout(settings.idle_timeout)
            .test_on_check_out(false)
            // The callers who wait ask again themselves; the pool would wait longer each time.
            .retry_connection(false)
            .error_sink(Box::new(LastError(Arc::clone(&last_error))))
            .build_unchecked(Arc::clone(connector).manager());
        let begin = Access::ALL.map(|access| {
            let mode = if access.writes() {
                "READ WRITE"
            } else {
                "READ ONLY"
            };
            let longest = if access.is_of_few() {
                settings.query_timeout.min(settings.acquire_timeout)
            } else {
                settings.query_timeout
            };
            let milliseconds = longest.as_millis();
            // One round trip. The second setting frees what a caller holds whose machine is gone. The third stops reading for
            // a caller who hung up: its connection counts at the server until then, beside the one that takes its place.
            let begin = format!(
                "BEGIN {mode}; SET LOCAL statement_timeout = {milliseconds}; \
                 SET LOCAL idle_in_transaction_session_timeout = {milliseconds}"
            );
            if access.writes() {
                return begin;
            }
            let noticed = NOTICED.as_millis();
            format!("{begin}; SET LOCAL client_connection_check_interval = {noticed}")
        });
        Ok(Self {
            pool,
            max_connections: settings.max_connections,
            query_timeout: settings.query_timeout,
            acquire_timeout: settings.acquire_timeout,
            begin,
            last_error,
            observer: OnceLock::new(),
        })
    }

    /// Tells of all transactions from now on; the first observer stays.
    pub(crate) fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        let _ = self.observer.set(observer);
    }

    fn tell(&self, outcome: TransactionOutcome) {
        if let Some(observer) = self.observer.get() {
            observer.transaction_ended(outcome);
        }
    }

    /// How long a caller waits until its transaction has begun.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    /// How long a caller of a few records waits in all.
    pub(crate) fn longest_of_few(&self) -> Duration {
        self.acquire_timeout + COMMIT_GRACE_OF_FEW
    }

    pub(crate) fn state(&self) -> PoolState {
        let state = self.pool.state();
        PoolState {
            size: self.max_connections,
            in_use: state.connections.saturating_sub(state.idle_connections),
        }
    }

    /// Runs `work` in a transaction and answers when it is committed. Work that failed for a reason that may have gone is
    /// done again from its beginning, as long as nothing of it can have been committed.
    ///
    /// When the caller goes away, a transaction that writes goes on to its end, and one that reads ends with its connection.
    pub(crate) async fn run<T, W>(
        self: &Arc<Self>,
        area: Area,
        access: Access,
        work: W,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>
            + Send
            + Sync
            + 'static,
    {
        let connections = Arc::clone(self);
        let span = span_of(access);
        let work = async move { connections.try_until_done(area, access, work).await };
        let task = tokio::spawn(work.instrument(span.clone()));
        let _aborted = (!access.writes()).then(|| AbortedWithCaller(task.abort_handle()));
        let outcome = task.await.unwrap_or(Err(Failure::Panicked));
        if let Err(failure) = &outcome
            && !failure.is_answer()
        {
            span.record("error.type", failure.code());
            span.record("otel.status_code", "ERROR");
        }
        outcome
    }

    async fn try_until_done<T, W>(&self, area: Area, access: Access, work: W) -> Result<T, Failure>
    where
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>,
    {
        let mut deadline = Instant::now() + self.acquire_timeout;
        if !access.is_of_few() {
            deadline += self.query_timeout;
        }
        let mut attempt = 1;
        loop {
            let outcome = self.try_once(area, access, &work, deadline).await;
            match outcome {
                Err(failure)
                    if failure.is_transient()
                        && attempt < ATTEMPTS
                        && Instant::now() < deadline =>
                {
                    tracing::debug!(%failure, attempt, "a transaction is tried again");
                    let milliseconds = rand::rng().random_range(1..=10 * attempt);
                    sleep(Duration::from_millis(milliseconds.into())).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// A caller who goes away in the middle of a read takes its transaction along, and nothing is told of that.
    async fn try_once<T, W>(
        &self,
        area: Area,
        access: Access,
        work: &W,
        deadline: Instant,
    ) -> Result<T, Failure>
    where
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>,
    {
        let connection = match self.begin(access, deadline).await {
            Ok(connection) => connection,
            Err(failure) => {
                self.tell(TransactionOutcome::Failed);
                return Err(failure);
            }
        };
        let begun = Instant::now();
        let (outcome, answer) = self.perform(connection, access, work, deadline).await;
        if let Some(observer) = self.observer.get() {
            observer.query_ended(operation(area, access), begun.elapsed());
        }
        self.tell(outcome);
        answer
    }

    async fn perform<T, W>(
        &self,
        mut connection: Connection,
        access: Access,
        work: &W,
        deadline: Instant,
    ) -> (TransactionOutcome, Result<T, Failure>)
    where
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>,
    {
        use TransactionOutcome::{Committed, Failed, RolledBack};
        // A connection that goes back in the middle of a transaction is thrown away: that ends the transaction, too.
        let Ok(outcome) = timeout_at(deadline, work(&mut connection)).await else {
            return (Failed, Err(Failure::Silent(self.longest_work(access))));
        };
        match outcome {
            Ok(value) => {
                let commit = AnsiTransactionManager::commit_transaction(&mut *connection);
                let patience = access.commit_grace();
                match timeout_at(deadline.max(Instant::now() + patience), commit).await {
                    Ok(Ok(())) => (Committed, Ok(value)),
                    // What was read is right, whatever becomes of the connection.
                    _ if !access.writes() => (Failed, Ok(value)),
                    Ok(Err(error)) => (Failed, Err(Failure::of_commit(error))),
                    Err(_) => (Failed, Err(Failure::CommitSilent)),
                }
            }
            Err(failure) => {
                let rollback = AnsiTransactionManager::rollback_transaction(&mut *connection);
                let patience = deadline.min(Instant::now() + self.acquire_timeout);
                // When this fails, the connection is not used again.
                match timeout_at(patience, rollback).await {
                    Ok(Ok(())) => (RolledBack, Err(failure)),
                    _ => (Failed, Err(failure)),
                }
            }
        }
    }

    fn longest_work(&self, access: Access) -> Duration {
        if access.is_of_few() {
            self.acquire_timeout
        } else {
            self.query_timeout
        }
    }

    /// For the next caller who gets no connection.
    fn keep(&self, error: PoolError) {
        let last = self.last_error.lock();
        *last.unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(error));
    }

    /// A connection on which a transaction has begun. Connections that were lost while nobody used them fall out here.
    async fn begin(&self, access: Access, latest: Instant) -> Result<Connection, Failure> {
        let deadline = latest.min(Instant::now() + self.acquire_timeout);
        let sql = &self.begin[access as usize];
        loop {
            let until = deadline.min(Instant::now() + ASK_ANEW);
            if let Ok(Ok(mut connection)) = timeout_at(until, self.pool.get_owned()).await {
                let begun = AnsiTransactionManager::begin_transaction_sql(&mut *connection, sql);
                match timeout_at(deadline, begun).await {
                    Ok(Ok(())) => return Ok(connection),
                    Ok(Err(error)) => {
                        tracing::debug!(%error, "a connection to Postgres was lost");
                        self.keep(PoolError::QueryError(error));
                        drop(connection);
                        sleep(Duration::from_millis(1)).await;
                    }
                    Err(_) => return Err(Failure::Silent(self.acquire_timeout)),
                }
            }
            if Instant::now() >= deadline {
                let last = self.last_error.lock();
                let cause = last.unwrap_or_else(PoisonError::into_inner).take();
                return Err(Failure::NoConnection(self.acquire_timeout, cause));
            }
        }
    }
}

/// A transaction as a part of the trace around it. It tells neither statements nor values.
fn span_of(access: Access) -> Span {
    let operation = if access.writes() { "WRITE" } else { "READ" };
    tracing::info_span!(
        target: "otel",
        "transaction",
        otel.name = operation,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "postgresql",
        db.operation.name = operation,
        "error.type" = Empty,
    )
}

/// Ends the task of a caller who has gone.
struct AbortedWithCaller(AbortHandle);

impl Drop for AbortedWithCaller {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Keeps why the pool could not connect for the next caller who gets no connection.
#[derive(Debug, Clone)]
struct LastError(Arc<Mutex<Option<Arc<PoolError>>>>);

impl bb8::ErrorSink<PoolError> for LastError {
    fn sink(&self, error: PoolError) {
        tracing::debug!(%error, "Postgres cannot be reached");
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Arc::new(error));
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}
