//! Users: requests that come at fixed moments, whether or not those before were answered.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use hdrhistogram::Histogram;
use ports::Clock as _;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::http_connection::{Connection, SEARCHES, get};
use crate::system_clock::SystemClock;

/// Requests under way at once, at most. When all are, the next one is late, and its lateness counts as waiting.
const AT_ONCE: u64 = 128;
/// Whoever waits longer has given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What users ask beside searches.
const OTHERS: [&str; 2] = [
    "/api/v1/scholarships?limit=10",
    "/api/v1/search/suggestions?q=eng",
];

/// Makes the request of each number.
pub(crate) type Requests = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// Searches, and what else asks the index only.
pub(crate) fn searches() -> Requests {
    let targets = [&SEARCHES[..], &OTHERS].concat();
    Arc::new(move |number| {
        let place = usize::try_from(number).unwrap_or(0) % targets.len();
        get(targets[place], None)
    })
}

/// Which statuses are answers; whoever gets another one has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// 200 to 299.
    Successes,
    /// Refusals as well, for users who ask for what they may not: all below 500.
    Refusals,
}

impl Answers {
    fn include(self, status: u16) -> bool {
        match self {
            Self::Successes => (200..300).contains(&status),
            Self::Refusals => status < 500,
        }
    }
}

/// Hears the number of each request and what came of it: a status with its body, or nothing.
pub(crate) type Hearing = Arc<dyn Fn(u64, Option<(u16, &[u8])>) + Send + Sync>;

/// Ends when it is dropped; requests that are under way then are cut off.
pub(crate) struct Load {
    seen: Arc<Mutex<Seen>>,
    users: JoinSet<()>,
    ending: watch::Sender<bool>,
    runtime: Runtime,
}

/// What users saw until now.
#[derive(Clone)]
pub(crate) struct Seen {
    /// From the first request on.
    pub(crate) seconds: Vec<Second>,
    /// Microseconds from the moment that each was due.
    pub(crate) waits: Histogram<u64>,
    pub(crate) begun_at: DateTime<Utc>,
    /// How many failed, by status or by what there was instead of one.
    pub(crate) failures: BTreeMap<String, u64>,
    pub(crate) first_failure_at: Option<DateTime<Utc>>,
    /// What was wrong with the first one that failed.
    pub(crate) first_failure: Option<String>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Second {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
}

impl Seen {
    pub(crate) fn total(&self) -> Second {
        let mut total = Second::default();
        for second in &self.seconds {
            total.requests += second.requests;
            total.failed += second.failed;
        }
        total
    }

    /// The longest wait of all, in milliseconds.
    pub(crate) fn longest(&self) -> f64 {
        self.milliseconds(1.0)
    }

    pub(crate) fn milliseconds(&self, quantile: f64) -> f64 {
        let microseconds = u32::try_from(self.waits.value_at_quantile(quantile));
        f64::from(microseconds.unwrap_or(u32::MAX)) / 1e3
    }

    fn add(&mut self, second: usize, waited: Duration, outcome: &Result<(), Failure>) {
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, Second::default());
        }
        let counts = &mut self.seconds[second];
        counts.requests += 1;
        let microseconds = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.waits.saturating_record(microseconds);
        if let Err(failure) = outcome {
            counts.failed += 1;
            *self.failures.entry(failure.kind.clone()).or_default() += 1;
            if self.first_failure.is_none() {
                self.first_failure = Some(failure.text.clone());
                self.first_failure_at = Some(SystemClock.now());
            }
        }
    }
}

struct Failure {
    kind: String,
    text: String,
}

impl Load {
    /// Begins to ask so many times a second.
    ///
    /// # Errors
    ///
    /// When no threads can be started for it.
    pub(crate) fn start(
        address: SocketAddr,
        rate: u32,
        requests: &Requests,
        answers: Answers,
    ) -> anyhow::Result<Self> {
        let nobody: Hearing = Arc::new(|_, _: Option<(u16, &[u8])>| ());
        Self::start_heard(address, rate, requests, answers, &nobody)
    }

    /// The same, and tells of each answer.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub(crate) fn start_heard(
        address: SocketAddr,
        rate: u32,
        requests: &Requests,
        answers: Answers,
        hearing: &Hearing,
    ) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("the runtime does not start")?;
        let seen = Arc::new(Mutex::new(Seen {
            seconds: Vec::new(),
            waits: Histogram::new_with_bounds(1, 60_000_000, 3)?,
            begun_at: SystemClock.now(),
            failures: BTreeMap::new(),
            first_failure_at: None,
            first_failure: None,
        }));
        let next = Arc::new(AtomicU64::new(0));
        let (ending, ended) = watch::channel(false);
        let mut users = JoinSet::new();
        let begun = Instant::now();
        for _ in 0..AT_ONCE {
            let user = User {
                address,
                rate,
                requests: Arc::clone(requests),
                answers,
                hearing: Arc::clone(hearing),
                ended: ended.clone(),
                begun,
                next: Arc::clone(&next),
                seen: Arc::clone(&seen),
            };
            users.spawn_on(user.ask_on(), runtime.handle());
        }
        Ok(Self {
            seen,
            users,
            ending,
            runtime,
        })
    }

    /// Asks nothing more, and waits for what is under way.
    pub(crate) fn finish(mut self) -> Seen {
        self.ending.send_replace(true);
        self.runtime
            .block_on(async { while self.users.join_next().await.is_some() {} });
        self.seen()
    }

    pub(crate) fn seen(&self) -> Seen {
        locked(&self.seen).clone()
    }
}

/// A panic of one user spoils no count.
fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

struct User {
    address: SocketAddr,
    rate: u32,
    requests: Requests,
    answers: Answers,
    hearing: Hearing,
    ended: watch::Receiver<bool>,
    begun: Instant,
    /// The number of the next request.
    next: Arc<AtomicU64>,
    seen: Arc<Mutex<Seen>>,
}

impl User {
    async fn ask_on(mut self) {
        let mut connection = None;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let microseconds = number.saturating_mul(1_000_000) / u64::from(self.rate.max(1));
            let due = self.begun + Duration::from_micros(microseconds);
            tokio::select! {
                biased;
                // Nobody else can end it: its sender stays until all have ended.
                _ = self.ended.wait_for(|ended| *ended) => return,
                () = sleep_until(due) => {}
            }
            let outcome = self.ask(&mut connection, number).await;
            if outcome.is_err() {
                connection = None;
            }
            let second = usize::try_from(due.duration_since(self.begun).as_secs());
            let waited = due.elapsed();
            locked(&self.seen).add(second.unwrap_or(0), waited, &outcome);
        }
    }

    async fn ask(&self, kept: &mut Option<Connection>, number: u64) -> Result<(), Failure> {
        let request = (self.requests)(number);
        let asked = async {
            let connection = match kept {
                Some(connection) => connection,
                None => kept.insert(Connection::open(self.address).await?),
            };
            let (status, length) = connection.ask(&request).await?;
            (self.hearing)(number, Some((status, connection.body(length))));
            anyhow::Ok(status)
        };
        let (kind, what) = match timeout(PATIENCE, asked).await {
            Ok(Ok(status)) if self.answers.include(status) => return Ok(()),
            Ok(Ok(status)) => {
                let failure = Failure {
                    kind: status.to_string(),
                    text: format!("{} was answered with {status}", target(&request)),
                };
                return Err(failure);
            }
            Ok(Err(error)) => ("no answer", format!(": {error:#}")),
            Err(_) => ("timeout", format!(" was not answered within {PATIENCE:?}")),
        };
        (self.hearing)(number, None);
        Err(Failure {
            kind: kind.to_owned(),
            text: format!("{}{what}", target(&request)),
        })
    }
}

/// The first line of a request.
fn target(request: &[u8]) -> String {
    let line = request.split(|byte| *byte == b'\r').next();
    String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_answer_only_to_those_who_ask_for_what_they_may_not() {
        let of = |answers: Answers| [200, 202, 301, 404, 429, 500].map(|at| answers.include(at));
        let successes = [true, true, false, false, false, false];
        assert_eq!(of(Answers::Successes), successes);
        let refusals = [true, true, true, true, true, false];
        assert_eq!(of(Answers::Refusals), refusals);
    }
}
