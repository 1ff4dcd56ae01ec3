//! The Command Center knows that this process is there: it registers, sends a sign of life, and tells what happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::task::{Backoff, TaskAction};
use domain::{Term as _, Timestamp};
use ports::{AgentStatus, CommandCenter, CommandCenterError, Heartbeat, Registration};
use rand::Rng as _;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::bridge::Bridge;
use crate::readiness::Readiness;

/// Between signs of life.
const HEARTBEATS: Duration = Duration::from_secs(30);
/// How long a process that stops waits for its last words to be heard.
const PARTING: Duration = Duration::from_secs(2);
/// Events with one request.
const EVENTS_AT_ONCE: usize = 100;
/// Events wait so long for others to go with them.
const GATHERING: Duration = Duration::from_millis(200);
/// Between tries when the Command Center does not answer.
const TRIES: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: HEARTBEATS,
};

pub struct Presence {
    bridge: Arc<Bridge>,
    center: Arc<dyn CommandCenter>,
    readiness: Arc<Readiness>,
    /// The log knows that the Command Center does not answer.
    is_silence_told: AtomicBool,
}

impl Presence {
    pub(super) fn new(
        bridge: Arc<Bridge>,
        center: Arc<dyn CommandCenter>,
        readiness: Arc<Readiness>,
    ) -> Self {
        Self {
            bridge,
            center,
            readiness,
            is_silence_told: AtomicBool::new(false),
        }
    }

    /// Registers, and sends signs of life, until `stop` turns true; then a last one says that this process goes.
    pub async fn announce(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let started_at = self.bridge.clock.now();
        let (mut is_registered, mut failures) = (false, 0_u32);
        loop {
            let outcome = if is_registered {
                self.beat(false).await
            } else {
                self.register(started_at).await
            };
            let pause = if outcome {
                failures = 0;
                let pause = if is_registered {
                    HEARTBEATS
                } else {
                    Duration::ZERO
                };
                is_registered = true;
                pause
            } else {
                // It may have forgotten us with all else.
                is_registered = false;
                failures = failures.saturating_add(1);
                TRIES.wait(failures, rand::rng().random())
            };
            if timeout(pause, stop.wait_for(|stopped| *stopped))
                .await
                .is_ok()
            {
                break;
            }
        }
        if is_registered {
            let _ = timeout(PARTING, self.beat(true)).await;
        }
    }

    async fn register(&self, started_at: Timestamp) -> bool {
        let registration = Registration {
            agent_id: self.bridge.settings.agent_id.clone(),
            version: self.bridge.settings.version.clone(),
            capabilities: TaskAction::ALL.to_vec(),
            max_concurrent: u32::try_from(self.bridge.settings.at_once).unwrap_or(u32::MAX),
            started_at,
        };
        let outcome = match self.center.register(&registration).await {
            // It knows us, perhaps from an answer that was lost.
            Err(CommandCenterError::Failed { status: 409, .. }) => Ok(()),
            outcome => outcome,
        };
        self.note("registered", outcome)
    }

    async fn beat(&self, is_last: bool) -> bool {
        let status = if is_last {
            AgentStatus::Draining
        } else if !self.readiness.report().await.degraded().is_empty() {
            AgentStatus::Degraded
        } else {
            AgentStatus::Healthy
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let heartbeat = Heartbeat {
            agent_id: self.bridge.settings.agent_id.clone(),
            status,
            at: self.bridge.clock.now(),
            workers: count(self.bridge.settings.at_once),
            busy: count(self.bridge.busy.load(Ordering::Relaxed)),
        };
        self.note("seen alive", self.center.heartbeat(&heartbeat).await)
    }

    fn note(&self, what: &str, outcome: Result<(), CommandCenterError>) -> bool {
        let is_ok = outcome.is_ok();
        self.bridge.observer.center_called(is_ok);
        let was_up = self.bridge.is_center_up.swap(is_ok, Ordering::Relaxed);
        // From the first silence on, also when there never was an answer: a mistyped address shows there.
        let is_told = self.is_silence_told.swap(!is_ok, Ordering::Relaxed);
        match outcome {
            Ok(()) if !was_up => tracing::info!("the Command Center answers: {what}"),
            Err(error) if !is_told => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the Command Center does not answer; tasks are worked at, and told later"
            ),
            _ => {}
        }
        is_ok
    }

    /// Sends events until `stop` turns true, and what waits then as far as there is time.
    pub async fn tell(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut failures = 0_u32;
        loop {
            let pause = if failures == 0 {
                GATHERING
            } else {
                TRIES.wait(failures, rand::rng().random())
            };
            let is_over = tokio::select! {
                () = self.gathered(pause) => false,
                _ = stop.wait_for(|stopped| *stopped) => true,
            };
            if is_over {
                let _ = timeout(PARTING, self.send()).await;
                return;
            }
            // What is under way is sent to its end, in the time for parting.
            let sending = self.send();
            tokio::pin!(sending);
            let sent = tokio::select! {
                sent = &mut sending => Some(sent),
                _ = stop.wait_for(|stopped| *stopped) => None,
            };
            let Some(sent) = sent else {
                let _ = timeout(PARTING, sending).await;
                return;
            };
            failures = match sent {
                Ok(()) => 0,
                Err(_) => failures.saturating_add(1),
            };
        }
    }

    /// There are events, and others had time to come.
    async fn gathered(&self, pause: Duration) {
        let begun = Instant::now();
        self.bridge.events.news.notified().await;
        tokio::time::sleep_until(begun + pause).await;
    }

    /// Sends events, the oldest first, until there are none. What is left after a failure is tried later.
    async fn send(&self) -> Result<(), CommandCenterError> {
        loop {
            let events = self.bridge.events.take(EVENTS_AT_ONCE);
            if events.is_empty() {
                return Ok(());
            }
            let outcome = self.center.send_events(&events).await;
            self.bridge.observer.center_called(outcome.is_ok());
            if let Err(error) = outcome {
                if error.is_transient() {
                    self.bridge.events.put_back(events);
                } else {
                    self.bridge.observer.events_dropped(events.len() as u64);
                }
                self.bridge.events.note_waiting();
                return Err(error);
            }
        }
    }
}
