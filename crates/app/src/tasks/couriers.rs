//! Senders are told how far their tasks are: at least once each, in order for one task, tried again for a day.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::Timestamp;
use domain::task::{Backoff, ErrorMessage, Lease, PlainText};
use ports::{CommandCenter, CommandCenterError, Delivery, TaskStoreError};
use rand::Rng as _;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::bridge::Bridge;

/// A delivery ends well before: what a killed courier had goes to another one then.
const LEASE: Duration = Duration::from_secs(30);
/// Requests under way at once.
const AT_ONCE: usize = 32;
/// How often the store is asked for notices that others left.
const POLL: Duration = Duration::from_millis(500);
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Between tries at one notice.
const TRIES: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(3_600),
};
/// A notice that could not be delivered for so long is given up.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);
/// How often old tasks are removed, and how many with one command.
const FORGETTING_PERIOD: Duration = Duration::from_secs(600);
const FORGOTTEN_AT_ONCE: usize = 1_000;

pub struct Couriers {
    bridge: Arc<Bridge>,
    places: Arc<Semaphore>,
}

impl Couriers {
    pub(super) fn new(bridge: Arc<Bridge>) -> Self {
        Self {
            bridge,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Delivers until `stop` turns true; deliveries under way end first.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut delivering = JoinSet::new();
        while let Some(center) = self.bridge.center.clone() {
            while delivering.try_join_next().is_some() {}
            // Whoever leaves a notice from here on is heard.
            let news = self.bridge.news.notified();
            let pause = self.take_up(&center, &mut delivering).await;
            if *stop.borrow() {
                break;
            }
            let share = rand::rng().random_range(0.5..1.0);
            tokio::select! {
                _ = timeout(pause.mul_f64(share), news) => {}
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
        }
        while delivering.join_next().await.is_some() {}
    }

    async fn take_up(
        self: &Arc<Self>,
        center: &Arc<dyn CommandCenter>,
        delivering: &mut JoinSet<()>,
    ) -> Duration {
        let free = self.places.available_permits();
        if free == 0 {
            return POLL;
        }
        let now = self.bridge.clock.now();
        let lease = Lease {
            worker: PlainText::lossy(&self.bridge.settings.agent_id),
            until: now + LEASE,
        };
        let lent = match self.bridge.outbox.claim_deliveries(lease, free, now).await {
            Ok(lent) => lent,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "notices cannot be taken up now"
                );
                return STORE_PAUSE;
            }
        };
        for delivery in lent {
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                break;
            };
            let (couriers, center) = (Arc::clone(self), Arc::clone(center));
            delivering.spawn(async move {
                couriers.deliver(&*center, &delivery).await;
                drop(place);
                // The next notice of this task is due now, and a place is free.
                couriers.bridge.news.notify_waiters();
            });
        }
        POLL
    }

    async fn deliver(&self, center: &dyn CommandCenter, delivery: &Delivery) {
        let outcome = center.deliver(delivery).await;
        self.bridge.observer.center_called(outcome.is_ok());
        let kept = match outcome {
            Ok(()) => self.bridge.outbox.delivered(&delivery.key).await,
            Err(error) => self.postpone(delivery, &error).await,
        };
        if let Err(error) = kept {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what became of a notice cannot be said; it will be delivered again"
            );
        }
    }

    async fn postpone(
        &self,
        delivery: &Delivery,
        error: &CommandCenterError,
    ) -> Result<bool, TaskStoreError> {
        let now = self.bridge.clock.now();
        let (key, worker) = (&delivery.key, &self.bridge.settings.agent_id);
        let reason = ErrorMessage::lossy(&error.to_string());
        let is_hopeless = matches!(error, CommandCenterError::NotAllowed);
        if is_hopeless || now - delivery.at > GIVEN_UP_AFTER {
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

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX)
}
