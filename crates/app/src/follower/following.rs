//! Looking at the log again and again: at once when somebody says that it has grown, else at a steady pace.
//!
//! Wake-ups only hasten a look. Whoever gives none, or loses them, finds everything by polling.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::reconciling::Reconciled;
use super::{FollowError, IndexFollower, silent};

/// How often the follower does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowPeriods {
    /// Between two looks at the log that nothing hastens.
    pub poll: Duration,
    /// Between two comparisons of the whole index with the store.
    pub reconcile: Duration,
}

/// A number that changes when the log may have grown.
pub type Wakeups = watch::Receiver<u64>;

/// A look that takes longer has failed: the index must not seem to be in step while nothing answers.
const LOOK_DEADLINE: Duration = Duration::from_secs(3);
/// Pauses between looks that fail. The longest bounds how late the store's return is noticed.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(1);
/// After a wake-up that showed nothing, since an older transaction holds the log back: most of them end soon.
const SOON: Duration = Duration::from_millis(10);

/// A log that seems to end before what the index has seen from it is looked into after so long. While others write, it
/// does so for moments: an entry moves to its new place, and is not settled there yet.
const SUSPICIOUS_AFTER: Duration = Duration::from_secs(2);
const SUSPECTED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// A comparison that came to no end is tried again after so long, and then after twice as long.
const RECONCILE_AGAIN: Duration = Duration::from_secs(10);
/// After so many comparisons without a moment for one, a walk takes their place: it is right at any time, and reads everything.
const UNDECIDED_IN_A_ROW: u32 = 3;

/// What a look at the log showed.
struct Looked {
    anything_new: bool,
    /// The log ends before the index's place in it.
    went_back: bool,
}

impl IndexFollower {
    /// Follows until `stop` turns true, with an index that was loaded or resumed.
    pub async fn follow(
        self: Arc<Self>,
        periods: FollowPeriods,
        wakeups: Option<Wakeups>,
        mut stop: watch::Receiver<bool>,
    ) {
        let following = async {
            tokio::join!(
                self.keep_looking(periods.poll, wakeups),
                self.keep_reconciling(periods.reconcile)
            )
        };
        tokio::select! {
            _ = following => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    async fn keep_looking(&self, poll: Duration, mut wakeups: Option<Wakeups>) {
        let mut pacing = Pacing::new(poll);
        let mut suspect_from: Option<Instant> = None;
        loop {
            let woken = tokio::select! {
                () = sleep(pacing.pause) => false,
                // What fails is not hastened: a server in trouble may wake very often.
                () = woken(&mut wakeups), if !pacing.failing => true,
            };
            match self.look().await {
                Ok(looked) => {
                    if pacing.failing {
                        tracing::info!("the index follows the store again");
                    }
                    pacing.looked(woken, looked.anything_new);
                    if !looked.went_back {
                        suspect_from = None;
                        continue;
                    }
                    let now = Instant::now();
                    let from = *suspect_from.get_or_insert(now + SUSPICIOUS_AFTER);
                    if from <= now {
                        self.suspicion.notify_one();
                        suspect_from = Some(now + SUSPECTED_AGAIN_AFTER);
                    }
                }
                Err(error) => {
                    if !pacing.failing {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the index cannot follow the store; searches go on from memory"
                        );
                    }
                    pacing.failed();
                }
            }
        }
    }

    /// One cheap look, and a catch-up where something is new.
    async fn look(&self) -> Result<Looked, FollowError> {
        let known = self.progress.lock().await.position;
        let head = timeout(LOOK_DEADLINE, self.store.head())
            .await
            .unwrap_or_else(|elapsed| Err(silent("head", elapsed)))
            .inspect_err(|_| self.standing.cut_off())?;
        let mut anything_new = false;
        if head != known || !self.standing.is_in_step() {
            anything_new = self.catch_up().await? != known;
        }
        Ok(Looked {
            anything_new,
            went_back: head < known,
        })
    }

    async fn keep_reconciling(&self, period: Duration) {
        let mut pause = period;
        let mut undecided = 0;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.suspicion.notified() => {}
            }
            match self.reconcile().await {
                Ok(Reconciled::InStep | Reconciled::Healed(_)) => (undecided, pause) = (0, period),
                Ok(Reconciled::Undecided) if undecided + 1 < UNDECIDED_IN_A_ROW => {
                    pause = period.min(RECONCILE_AGAIN * 2_u32.pow(undecided));
                    undecided += 1;
                }
                Ok(Reconciled::Undecided) => {
                    (undecided, pause) = (0, period);
                    if let Err(error) = self.walk_while_others_write().await {
                        tell_of(&error);
                        pause = period.min(RECONCILE_AGAIN);
                    }
                }
                Err(error) => {
                    tell_of(&error);
                    pause = period.min(RECONCILE_AGAIN);
                }
            }
        }
    }

    /// What differs may just be on its way, so it is no reason for a warning.
    async fn walk_while_others_write(&self) -> Result<(), FollowError> {
        tracing::info!(
            comparisons = UNDECIDED_IN_A_ROW,
            "others write without a pause, or hold the log back: index and store are walked through"
        );
        let found = self.walk(None).await?;
        tracing::info!(
            taken_over = found.taken_over,
            removed = found.removed,
            "the index was made equal to the store; some of this may have been on its way"
        );
        Ok(())
    }
}

fn tell_of(error: &FollowError) {
    tracing::info!(
        error = error as &dyn std::error::Error,
        "the index could not be compared with the store; it is tried again"
    );
}

/// Returns when there is a wake-up, and never when there are none (any more).
async fn woken(wakeups: &mut Option<Wakeups>) {
    if let Some(receiver) = wakeups {
        if receiver.changed().await.is_ok() {
            return;
        }
        *wakeups = None;
    }
    std::future::pending().await
}

/// When the next look is due.
struct Pacing {
    poll: Duration,
    pause: Duration,
    failing: bool,
}

impl Pacing {
    fn new(poll: Duration) -> Self {
        Self {
            poll,
            pause: poll,
            failing: false,
        }
    }

    fn looked(&mut self, woken: bool, anything_new: bool) {
        self.failing = false;
        let pause = if anything_new {
            self.poll
        } else if woken {
            SOON
        } else {
            self.pause * 2
        };
        self.pause = pause.min(self.poll);
    }

    fn failed(&mut self) {
        self.pause = if self.failing {
            (self.pause * 2).min(LAST_RETRY)
        } else {
            FIRST_RETRY
        };
        self.failing = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_fail_become_rarer_down_to_one_a_second_and_others_keep_the_pace() {
        let poll = Duration::from_millis(200);
        let mut pacing = Pacing::new(poll);
        let pauses: Vec<u128> = (0..6)
            .map(|_| {
                pacing.failed();
                pacing.pause.as_millis()
            })
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_000, 1_000]);
        pacing.looked(false, true);
        assert_eq!((pacing.pause, pacing.failing), (poll, false));
        let in_vain: Vec<u128> = (0..7)
            .map(|look| {
                pacing.looked(look == 0, false);
                pacing.pause.as_millis()
            })
            .collect();
        assert_eq!(in_vain, [10, 20, 40, 80, 160, 200, 200]);
    }
}
