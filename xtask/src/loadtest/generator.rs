//! Sends requests at their moments, each on its own: one that is slow holds up no other, and how long each took counts from the
//! moment that it was due. Connections and requests under way are bounded; what finds no room is a failure and counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

use super::arrivals::{Arrivals, Pattern};
use super::interruption::Interruption;
use super::place::Place;
use super::record::{Event, Outcome, Record};
use super::requests::Requests;
use super::scenario::Scenario;
use crate::http_connection::Connection;
use crate::pause::pause;

/// A connection that rested longer may have been closed by the server: ours ends them after five seconds.
const LONGEST_REST: Duration = Duration::from_secs(3);
/// How often whoever watches is told, and whether a signal came is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How requests come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) pattern: Pattern,
    /// A second.
    pub(super) rate: f64,
    pub(super) seed: u64,
    /// Sent before what is measured begins.
    pub(super) warm_up: Duration,
    pub(super) duration: Duration,
    pub(super) bounds: Bounds,
    /// What one of the record's intervals lasts.
    pub(super) interval: Duration,
}

impl Course {
    /// The same, as far as it came: nothing more was sent from so long after its beginning on.
    fn until(self, after: Duration) -> Self {
        // Nobody reads more than milliseconds.
        let after = after - Duration::from_nanos(u64::from(after.subsec_nanos() % 1_000_000));
        Self {
            warm_up: self.warm_up.min(after),
            duration: after.saturating_sub(self.warm_up),
            ..self
        }
    }

    /// Why it came to no end, when nothing more was sent from so long after its beginning on.
    fn interrupted(&self, after: Duration) -> String {
        match after.checked_sub(self.warm_up) {
            Some(measured) => format!(
                "interrupted after {} s of {} s",
                measured.as_secs(),
                self.duration.as_secs()
            ),
            None => "interrupted during the warm-up: nothing was measured".to_owned(),
        }
    }
}

/// What a course came to.
pub(super) struct Sent {
    pub(super) record: Record,
    /// As it really was.
    pub(super) course: Course,
    /// Why that is not what was meant, if it is not.
    pub(super) interrupted: Option<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) connections: usize,
    /// Requests that wait for a connection or are asked.
    pub(super) in_flight: usize,
    /// Whoever waits longer has given up.
    pub(super) patience: Duration,
}

/// Sends for as long as the course lasts or until it is interrupted, and waits for the last answers. `look` is called several times
/// a second with what there is, and with the time since the measured part began, `None` before that.
///
/// # Errors
///
/// When nothing can be sent for reasons of our own.
pub(super) fn run(
    course: Course,
    scenario: &Arc<Scenario>,
    place: &Place,
    requests: &mut Requests,
    interruption: &Interruption,
    mut look: impl FnMut(Option<Duration>, &Record),
) -> anyhow::Result<Sent> {
    // One thread that reads and writes, beside the one that keeps the time: the server needs the processors.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("the runtime does not start")?;
    let sender = Arc::new(Sender {
        place: place.clone(),
        bounds: course.bounds,
        scenario: Arc::clone(scenario),
        measured_from: Instant::now() + course.warm_up,
        room: Semaphore::new(course.bounds.connections),
        resting: Mutex::new(Vec::new()),
        in_flight: AtomicUsize::new(0),
        record: Mutex::new(Record::new(course.interval, scenario.requests.len())?),
    });
    requests.seed(course.seed);
    let broken_off = std::thread::scope(|threads| {
        let dispatcher =
            threads.spawn(|| dispatch(course, &sender, requests, runtime.handle(), interruption));
        while !dispatcher.is_finished() {
            pause(LOOK_EVERY);
            let since = Instant::now().checked_duration_since(sender.measured_from);
            look(since, &sender.record());
        }
        let sent = dispatcher.join();
        sent.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    settle(&sender, course.bounds.patience);
    end(runtime);
    let record = sender.record().clone();
    Ok(Sent {
        record,
        course: broken_off.map_or(course, |after| course.until(after)),
        interrupted: broken_off.map(|after| course.interrupted(after)),
    })
}

/// Every request ends by itself when its time is over.
fn settle(sender: &Sender, patience: Duration) {
    let asked = Instant::now();
    while sender.in_flight.load(Ordering::SeqCst) > 0
        && asked.elapsed() < patience + Duration::from_secs(1)
    {
        pause(Duration::from_millis(10));
    }
}

fn end(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Hands out each request at its moment. Tells how long after the beginning it was interrupted, if it was.
fn dispatch(
    course: Course,
    sender: &Arc<Sender>,
    requests: &mut Requests,
    runtime: &Handle,
    interruption: &Interruption,
) -> anyhow::Result<Option<Duration>> {
    let begun = sender.measured_from - course.warm_up;
    let end = course.warm_up + course.duration;
    for after in Arrivals::new(course.pattern, course.rate, course.seed) {
        if after >= end {
            break;
        }
        // Made before its moment, so that making it delays nothing.
        let (request, bytes) = requests.next()?;
        let due = begun + after;
        if !comes(due, interruption) {
            return Ok(Some(begun.elapsed().min(end)));
        }
        let under_way = sender.in_flight.fetch_add(1, Ordering::SeqCst);
        if under_way >= course.bounds.in_flight {
            sender.refuse(request, due);
            continue;
        }
        runtime.spawn(Arc::clone(sender).send(request, bytes, due));
    }
    Ok(None)
}

/// Waits for a moment, and tells whether it came without an interruption.
fn comes(due: Instant, interruption: &Interruption) -> bool {
    while !interruption.is_asked() {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        // At low rates the next moment is far away.
        pause(left.min(LOOK_EVERY));
    }
    false
}

struct Sender {
    place: Place,
    bounds: Bounds,
    scenario: Arc<Scenario>,
    measured_from: Instant,
    /// For connections.
    room: Semaphore,
    /// Connections that nobody uses, and since when. The last one used is the next one.
    resting: Mutex<Vec<(Connection, Instant)>>,
    in_flight: AtomicUsize,
    record: Mutex<Record>,
}

/// A panic of one request spoils nothing of the others.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sender {
    fn record(&self) -> MutexGuard<'_, Record> {
        locked(&self.record)
    }

    /// There is no room for it. Whoever asked would wait in vain.
    fn refuse(&self, request: usize, due: Instant) {
        let most = self.bounds.in_flight;
        let outcome = Outcome::GaveUp(format!("not sent: {most} were under way already"));
        self.over(
            request,
            due,
            due.elapsed(),
            self.bounds.patience,
            outcome,
            0,
        );
    }

    async fn send(self: Arc<Self>, request: usize, bytes: Vec<u8>, due: Instant) {
        // From here on it only waits for the server: for a connection that it still has to answer on, and for its answer.
        let late = due.elapsed();
        let until = due + self.bounds.patience;
        let mut is_sent = false;
        let asked = async {
            let _room = self.room.acquire().await;
            is_sent = true;
            self.ask(&bytes).await
        };
        let patience = self.bounds.patience.as_secs_f64();
        let ended = timeout_at(until.into(), asked).await;
        let (outcome, length) = match ended {
            Ok(Ok(answer)) => (self.judged(request, &answer), answer.length),
            Ok(Err(error)) => (Outcome::Failed(format!("{error:#}")), 0),
            Err(_) if is_sent => {
                let what = format!("not answered within {patience} s");
                (Outcome::GaveUp(what), 0)
            }
            Err(_) => {
                let what = format!("not sent: no connection was free within {patience} s");
                (Outcome::GaveUp(what), 0)
            }
        };
        self.over(request, due, late, due.elapsed(), outcome, length);
    }

    fn judged(&self, request: usize, answer: &Answer) -> Outcome {
        if self.scenario.requests[request].expects(answer.status) {
            return Outcome::Answered;
        }
        match answer.status {
            429 if answer.code.as_deref() != Some("TOO_MANY_TASKS") => Outcome::Refused,
            status => Outcome::Failed(match &answer.code {
                Some(code) => format!("{status} {code}"),
                None => status.to_string(),
            }),
        }
    }

    fn over(
        &self,
        request: usize,
        due: Instant,
        late: Duration,
        waited: Duration,
        outcome: Outcome,
        bytes: usize,
    ) {
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        // What was due before that only warms up.
        let Some(due) = due.checked_duration_since(self.measured_from) else {
            return;
        };
        let event = Event {
            due,
            request,
            waited,
            late,
            outcome,
            bytes,
        };
        // A histogram that cannot be made has failed before: at the start.
        let _ = self.record().add(&event);
    }

    /// Over a connection that rests, or over a new one.
    async fn ask(&self, bytes: &[u8]) -> anyhow::Result<Answer> {
        let mut connection = match self.rested() {
            Some(connection) => connection,
            None => self.place.connect().await?,
        };
        let (status, length) = connection.ask(bytes).await?;
        let code = (status >= 400)
            .then(|| code_of(&connection.plain_body(length)))
            .flatten();
        if !connection.is_spent() {
            locked(&self.resting).push((connection, Instant::now()));
        }
        Ok(Answer {
            status,
            length,
            code,
        })
    }

    fn rested(&self) -> Option<Connection> {
        let mut resting = locked(&self.resting);
        let (connection, since) = resting.pop()?;
        if since.elapsed() < LONGEST_REST {
            return Some(connection);
        }
        // The others rest for even longer.
        resting.clear();
        None
    }
}

struct Answer {
    status: u16,
    length: usize,
    /// Of a problem.
    code: Option<String>,
}

/// The code of a problem, if it is one; a bounded text, since failures are told apart by it.
fn code_of(body: &[u8]) -> Option<String> {
    let problem: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = problem.get("code")?.as_str()?;
    let is_code = code.len() <= 64
        && code
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_code.then(|| code.to_owned())
}
