//! The way to one Redis: every call goes through here, past the breaker, over the pool, against a deadline.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bb8_redis::bb8::{Pool, PooledConnection, RunError};
use domain::circuit_breaker::{BreakerPolicy, BreakerState, CircuitBreaker, Permit};
use redis::{Arg, Cmd, FromRedisValue, RedisResult, ScriptInvocation};
use tokio::time::{Instant, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::connections::{Connection, Connector};
use crate::failure::Failure;
use crate::keys::Keys;
use crate::{EvictionWarning, OpenError, RedisSettings, eviction, recovery};

/// One call without an answer is enough: the next request should not wait for the same. A trial follows at once, so that a
/// mishap of one connection costs milliseconds.
const PATIENCE: BreakerPolicy = BreakerPolicy {
    failure_threshold: 1,
    first_pause: Duration::from_millis(10),
    longest_pause: Duration::from_millis(500),
};

/// A Redis server and what it is used for. Clones share it.
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
}

/// How the connection stands, for metrics and status pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedisStatus {
    pub breaker: BreakerState,
    pub connections: u32,
    pub idle: u32,
    pub max_connections: u32,
}

pub(crate) struct Inner {
    pub(crate) settings: RedisSettings,
    pub(crate) keys: Keys,
    pub(crate) connector: Connector,
    /// Replaced as a whole when Redis is back: every connection of the old one may be dead, or still being opened.
    pool: ArcSwap<Pool<Connector>>,
    breaker: Mutex<CircuitBreaker>,
}

/// A call that may be made.
struct Call {
    permit: Permit,
    connection: PooledConnection<'static, Connector>,
    until: Instant,
}

impl Redis {
    /// Sets everything up and has a first look at the server, at most for the connection timeout. One that is away is waited
    /// for in the background. To be called inside a runtime.
    ///
    /// # Errors
    /// [`OpenError`] where the settings can never work.
    pub async fn open(settings: RedisSettings) -> Result<Self, OpenError> {
        let connector = Connector::new(&settings)?;
        let inner = Arc::new(Inner {
            keys: Keys::new(&settings.key_prefix),
            pool: ArcSwap::from_pointee(connector.pool(settings.max_connections)),
            breaker: Mutex::new(CircuitBreaker::new(PATIENCE)),
            connector,
            settings,
        });
        let permit = inner.breaker().admit_when_closed();
        match inner.try_out().await {
            Ok(mut connection) => {
                eviction::warn(&mut connection, &inner.settings).await;
                inner.take_in(connection);
            }
            Err(failure) => {
                tracing::warn!(
                    error = &failure as &dyn std::error::Error,
                    "Redis does not answer; limits are kept per replica until it does"
                );
                if let Some(permit) = permit {
                    inner.report_failure(permit);
                }
            }
        }
        Ok(Self { inner })
    }

    pub fn status(&self) -> RedisStatus {
        let state = self.inner.pool.load().state();
        RedisStatus {
            breaker: self.inner.breaker().state(),
            connections: state.connections,
            idle: state.idle_connections,
            max_connections: self.inner.settings.max_connections,
        }
    }

    /// How long values are kept that have no reason for another time.
    pub fn ttl_default(&self) -> Duration {
        self.inner.settings.ttl_default
    }

    /// What may be lost with the server's settings for full memory. They are logged at the start and after each recovery as
    /// well.
    ///
    /// # Errors
    /// When Redis does not say.
    pub async fn eviction_warnings(
        &self,
    ) -> Result<Vec<EvictionWarning>, Box<dyn std::error::Error + Send + Sync>> {
        let deadline = self.inner.settings.guard_deadline;
        let info: String = self.command(deadline, &eviction::question()).await?;
        Ok(eviction::warnings(&info, &self.inner.settings))
    }

    pub(crate) fn settings(&self) -> &RedisSettings {
        &self.inner.settings
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    pub(crate) async fn command<T: FromRedisValue>(
        &self,
        deadline: Duration,
        command: &Cmd,
    ) -> Result<T, Failure> {
        let span = span_of(|| match command.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        });
        let called = async {
            let mut call = self.inner.begin(deadline).await?;
            let asked = command.query_async(&mut call.connection.link);
            let answer = timeout_at(call.until, asked).await;
            self.inner.end(call, deadline, answer.ok())
        };
        noted(called, span).await
    }

    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        deadline: Duration,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Failure> {
        let called = async {
            let mut call = self.inner.begin(deadline).await?;
            let asked = script.invoke_async(&mut call.connection.link);
            let answer = timeout_at(call.until, asked).await;
            self.inner.end(call, deadline, answer.ok())
        };
        noted(called, span_of(|| "EVALSHA".to_owned())).await
    }
}

/// A call as a part of the trace around it. It tells neither keys nor values.
fn span_of(operation: impl FnOnce() -> String) -> Span {
    let span = tracing::info_span!(
        target: "otel",
        "redis",
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "redis",
        db.operation.name = Empty,
        "error.type" = Empty,
    );
    if !span.is_disabled() {
        span.record("db.operation.name", operation());
    }
    span
}

async fn noted<T>(
    called: impl Future<Output = Result<T, Failure>>,
    span: Span,
) -> Result<T, Failure> {
    let outcome = called.instrument(span.clone()).await;
    if let Err(failure) = &outcome {
        span.record("error.type", failure.code());
        // While Redis is away nobody asks it, and the breaker says so: that is no failure of this request.
        if !matches!(failure, Failure::Away) {
            span.record("otel.status_code", "ERROR");
        }
    }
    outcome
}

impl Inner {
    pub(crate) fn breaker(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(self: &Arc<Self>, deadline: Duration) -> Result<Call, Failure> {
        let permit = self.breaker().admit_when_closed().ok_or(Failure::Away)?;
        let until = Instant::now() + deadline;
        let pool = self.pool.load_full();
        let failure = match timeout_at(until, pool.get_owned()).await {
            Ok(Ok(connection)) => {
                return Ok(Call {
                    permit,
                    connection,
                    until,
                });
            }
            Ok(Err(RunError::User(error))) => Failure::Connection(error),
            Ok(Err(RunError::TimedOut)) | Err(_) => Failure::Silent(deadline),
        };
        self.report_failure(permit);
        Err(failure)
    }

    fn end<T>(
        self: &Arc<Self>,
        mut call: Call,
        deadline: Duration,
        answer: Option<RedisResult<T>>,
    ) -> Result<T, Failure> {
        let outcome = match answer {
            Some(answer) => answer.map_err(Failure::of),
            None => Err(Failure::Silent(deadline)),
        };
        if outcome.as_ref().is_err_and(Failure::means_away) {
            call.connection.broken = true;
            self.report_failure(call.permit);
        } else {
            self.breaker().succeeded(call.permit);
        }
        outcome
    }

    fn report_failure(self: &Arc<Self>, permit: Permit) {
        let opened = self.breaker().failed(permit, Instant::now().into_std());
        if opened {
            tokio::spawn(recovery::recover(Arc::downgrade(self)));
        }
    }

    /// Opens a connection and asks over it, as quickly as requests want it.
    pub(crate) async fn try_out(&self) -> Result<Connection, Failure> {
        recovery::try_out(&self.connector, &self.settings).await
    }

    /// Uses a new pool from now on, with this connection as its first.
    pub(crate) fn start_over(&self, connection: Connection) {
        let pool = self.connector.pool(self.settings.max_connections);
        // Where there is no room, another connection stands ready.
        let _ = pool.add(connection);
        self.pool.store(Arc::new(pool));
    }

    fn take_in(&self, connection: Connection) {
        let _ = self.pool.load().add(connection);
    }
}
