//! Senders are told how far their tasks are: at least once each, in order for one task, tried again for a day.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::Timestamp;
use domain::task::{Backoff, ErrorMessage, Lease, NoticeKind, PlainText};
use ports::{CommandCenter, CommandCenterError, Delivery, NoticeKey, TaskStoreError};
use rand::Rng as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{Instrument as _, Span};

use super::bridge::Bridge;

/// A delivery ends well before: what a killed courier had goes to another one then.
const LEASE: Duration = Duration::from_secs(30);
/// Notices under way at once, those included that the store does not know of yet that they were delivered.
const AT_ONCE: usize = 64;
/// How long what has ended, and what has come, is gathered before the store hears of it: each look at it costs about as much for
/// one notice as for many.
const GATHERING: Duration = Duration::from_millis(5);
/// How often the store is asked for notices that others left.
const POLL: Duration = Duration::from_millis(500);
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Between tries at one notice.
const TRIES: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(3_600),
};
/// A notice that could not be delivered for so long is given up, but not before it was tried a few times: it may have waited
/// for the one before.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);
const TRIED_AT_LEAST: u32 = 5;
/// How long a process that stops waits for deliveries under way. Whoever comes after repeats them.
const PARTING: Duration = Duration::from_secs(5);
/// How often old tasks are removed, and how many with one command.
const FORGETTING_PERIOD: Duration = Duration::from_secs(600);
const FORGOTTEN_AT_ONCE: usize = 1_000;

pub struct Couriers {
    bridge: Arc<Bridge>,
}

/// What one courier has in hand.
#[derive(Default)]
struct Round {
    /// Each answers with the key of what it delivered.
    delivering: JoinSet<Option<NoticeKey>>,
    /// Delivered, which the store does not know yet.
    delivered: Vec<NoticeKey>,
    /// The name of a call whose answer was lost: the store may have lent something to it.
    unanswered: Option<PlainText<128>>,
}

impl Round {
    fn free(&self) -> usize {
        AT_ONCE.saturating_sub(self.delivering.len() + self.delivered.len())
    }

    /// Takes note of what has ended.
    fn gather(&mut self) {
        while let Some(ended) = self.delivering.try_join_next() {
            self.delivered.extend(ended.ok().flatten());
        }
    }
}

impl Couriers {
    pub(super) fn new(bridge: Arc<Bridge>) -> Self {
        Self { bridge }
    }

    /// Delivers until `stop` turns true; deliveries under way end first, when that does not take long.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let Some(center) = self.bridge.center.clone() else {
            return;
        };
        let mut round = Round::default();
        loop {
            // Whoever leaves a notice from here on is heard.
            let news = self.bridge.news.notified();
            round.gather();
            let is_kept = self.take_up_unanswered(&center, &mut round).await
                && self.note_and_go_on(&center, &mut round).await;
            let pause = if is_kept {
                self.take_up(&center, &mut round).await
            } else {
                STORE_PAUSE
            };
            if *stop.borrow() {
                break;
            }
            let next = Instant::now() + pause.mul_f64(rand::rng().random_range(0.5..1.0));
            tokio::select! {
                () = sleep_until(next) => {}
                () = news, if is_kept => {}
                Some(ended) = round.delivering.join_next(), if is_kept => {
                    round.delivered.extend(ended.ok().flatten());
                }
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
            sleep(GATHERING).await;
            if *stop.borrow() {
                break;
            }
        }
        self.part(&mut round).await;
    }

    async fn part(&self, round: &mut Round) {
        let end = async {
            while let Some(ended) = round.delivering.join_next().await {
                round.delivered.extend(ended.ok().flatten());
            }
        };
        let is_over = timeout(PARTING, end).await.is_ok();
        let is_noted = round.delivered.is_empty() || {
            let noting = self.bridge.outbox.delivered(&round.delivered);
            self.noted(noting.await).is_some()
        };
        if !is_over || !is_noted {
            tracing::warn!("some notices will be delivered again after their leases");
        }
    }

    /// Tells the store what was delivered, and delivers what comes next of the same tasks; false when that has to be tried again.
    async fn note_and_go_on(
        self: &Arc<Self>,
        center: &Arc<dyn CommandCenter>,
        round: &mut Round,
    ) -> bool {
        if round.delivered.is_empty() {
            return true;
        }
        let lease = self.new_lease();
        let outbox = &self.bridge.outbox;
        let next = outbox.delivered_and_next(&round.delivered, lease.clone());
        let Some(next) = self.noted(next.await) else {
            round.unanswered = Some(lease.worker);
            return false;
        };
        round.delivered.clear();
        self.send_out(center, round, next, &lease);
        true
    }

    /// Delivers what the store has lent to a call whose answer was lost; false when that has to be tried again.
    async fn take_up_unanswered(
        self: &Arc<Self>,
        center: &Arc<dyn CommandCenter>,
        round: &mut Round,
    ) -> bool {
        let Some(worker) = round.unanswered.clone() else {
            return true;
        };
        let until = self.bridge.clock.now() + LEASE;
        let lease = Lease { worker, until };
        let held = self.bridge.outbox.held_deliveries(lease.clone()).await;
        let Some(held) = self.noted(held) else {
            return false;
        };
        round.unanswered = None;
        self.send_out(center, round, held, &lease);
        true
    }

    fn noted<T>(&self, outcome: Result<T, TaskStoreError>) -> Option<T> {
        let log = |error: &TaskStoreError| {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "what became of notices cannot be said now"
            );
        };
        outcome.inspect_err(log).ok()
    }

    fn new_lease(&self) -> Lease {
        Lease {
            worker: self.bridge.new_worker(),
            until: self.bridge.clock.now() + LEASE,
        }
    }

    async fn take_up(
        self: &Arc<Self>,
        center: &Arc<dyn CommandCenter>,
        round: &mut Round,
    ) -> Duration {
        let free = round.free();
        if free == 0 {
            return POLL;
        }
        let (lease, now) = (self.new_lease(), self.bridge.clock.now());
        let claiming = self
            .bridge
            .outbox
            .claim_deliveries(lease.clone(), free, now);
        let lent = match claiming.await {
            Ok(lent) => lent,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "notices cannot be taken up now"
                );
                round.unanswered = Some(lease.worker);
                return STORE_PAUSE;
            }
        };
        self.send_out(center, round, lent, &lease);
        POLL
    }

    fn send_out(
        self: &Arc<Self>,
        center: &Arc<dyn CommandCenter>,
        round: &mut Round,
        lent: Vec<Delivery>,
        lease: &Lease,
    ) {
        for delivery in lent {
            let (couriers, center) = (Arc::clone(self), Arc::clone(center));
            let worker = lease.worker.clone();
            round.delivering.spawn(async move {
                let delivering = couriers.deliver(&*center, &delivery, worker.as_str());
                let is_delivered = delivering.instrument(span_of(&delivery)).await;
                is_delivered.then_some(delivery.key)
            });
        }
    }

    async fn deliver(&self, center: &dyn CommandCenter, delivery: &Delivery, worker: &str) -> bool {
        let outcome = center.deliver(delivery).await;
        self.bridge.observer.center_called(outcome.is_ok());
        self.bridge.observer.notice_sent(outcome.is_ok());
        let Err(error) = outcome else {
            return true;
        };
        if let Err(error) = self.postpone(delivery, worker, &error).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what became of a notice cannot be said; it will be delivered again"
            );
        }
        false
    }

    async fn postpone(
        &self,
        delivery: &Delivery,
        worker: &str,
        error: &CommandCenterError,
    ) -> Result<bool, TaskStoreError> {
        let now = self.bridge.clock.now();
        let key = &delivery.key;
        let reason = ErrorMessage::lossy(&error.to_string());
        if is_given_up(delivery, error, now) {
            tracing::warn!(
                event = "task_notice_buried",
                task_id = delivery.key.task.as_str(),
                error = error as &dyn std::error::Error,
                "the sender of a task is not told any more"
            );
            self.bridge.observer.notice_buried();
            return self.bridge.outbox.bury(key, worker, reason, now).await;
        }
        let wait = TRIES.wait(delivery.attempts, rand::rng().random());
        let wait = wait.max(error.retry_after().unwrap_or_default().min(TRIES.longest));
        let at = later(now, wait);
        self.bridge
            .outbox
            .retry_delivery(key, worker, at, reason)
            .await
    }

    /// Removes tasks that ended long ago, until `stop` turns true.
    pub async fn forget(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            let before = self.bridge.clock.now() - self.bridge.settings.kept_for;
            let forgetting = self
                .bridge
                .outbox
                .forget_finished(before, FORGOTTEN_AT_ONCE);
            let pause = match forgetting.await {
                Ok(gone) if gone >= FORGOTTEN_AT_ONCE as u64 => Duration::from_millis(100),
                Ok(_) => FORGETTING_PERIOD,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "old tasks cannot be removed now"
                    );
                    FORGETTING_PERIOD
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
        }
    }
}

fn span_of(delivery: &Delivery) -> Span {
    tracing::info_span!(
        target: "otel",
        "notice",
        otel.kind = "producer",
        agent.task.id = delivery.key.task.as_str(),
        agent.task.notice = ?delivery.kind,
        agent.task.attempt = delivery.attempts,
    )
}

/// What tells how a task ended is tried for a day, whatever the answers: the receiver's settings, or ours, may be mended. What
/// tells how far it is does not hold that up once it was refused.
fn is_given_up(delivery: &Delivery, error: &CommandCenterError, now: Timestamp) -> bool {
    let is_on_the_way = matches!(delivery.kind, NoticeKind::Accepted | NoticeKind::InProgress);
    let is_refused = matches!(error, CommandCenterError::Refused { .. });
    let is_old = now - delivery.at > GIVEN_UP_AFTER && delivery.attempts >= TRIED_AT_LEAST;
    is_old || (is_on_the_way && is_refused)
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
}
