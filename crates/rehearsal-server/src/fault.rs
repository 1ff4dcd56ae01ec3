//! What is wrong with the server.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_api::Disturbance;
use rand::Rng as _;
use tokio::time::{Instant, sleep};

/// Shares are parts of 1, drawn anew for each request.
pub(crate) struct Fault {
    pub(crate) errors: f64,
    pub(crate) slow: f64,
    /// Of a slow request.
    pub(crate) delay: Duration,
    /// Bytes a request.
    pub(crate) leak: usize,
    pub(crate) switch: Switch,
    pub(crate) leaked: Leaked,
}

/// Memory that nobody gives back.
#[derive(Default)]
pub(crate) struct Leaked(Mutex<Vec<Vec<u8>>>);

impl Leaked {
    fn add(&self, bytes: usize) {
        // Written to, so that it is resident.
        let block = vec![1; bytes];
        let mut blocks = match self.0.lock() {
            Ok(blocks) => blocks,
            Err(poisoned) => poisoned.into_inner(),
        };
        blocks.push(block);
    }
}

/// Whether the faults are there now.
pub(crate) struct Switch {
    is_on: AtomicBool,
    begun: Instant,
    /// How long they last, and stay away, where they come and go.
    period: Option<Duration>,
}

impl Switch {
    pub(crate) fn new(is_on: bool, period: Option<Duration>) -> Self {
        Self {
            is_on: AtomicBool::new(is_on),
            begun: Instant::now(),
            period: period.filter(|period| !period.is_zero()),
        }
    }

    /// On when it was off, and off when it was on.
    pub(crate) fn turn(&self) {
        self.is_on.fetch_xor(true, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        let is_their_turn = self.period.is_none_or(|period| {
            let periods = self.begun.elapsed().as_millis() / period.as_millis().max(1);
            periods.is_multiple_of(2)
        });
        is_their_turn && self.is_on.load(Ordering::Relaxed)
    }
}

impl Disturbance for Fault {
    fn fails(&self) -> Pin<Box<dyn Future<Output = bool> + '_>> {
        Box::pin(async move {
            if !self.switch.is_on() {
                return false;
            }
            if self.leak > 0 {
                self.leaked.add(self.leak);
            }
            let (is_slow, fails) = {
                let mut random = rand::rng();
                (
                    random.random_bool(self.slow),
                    random.random_bool(self.errors),
                )
            };
            if is_slow {
                sleep(self.delay).await;
            }
            fails
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(errors: f64, slow: f64, switch: Switch) -> Fault {
        Fault {
            errors,
            slow,
            delay: Duration::from_millis(400),
            leak: 0,
            switch,
            leaked: Leaked::default(),
        }
    }

    async fn failures(fault: &Fault, requests: u32) -> u32 {
        let mut failed = 0;
        for _ in 0..requests {
            failed += u32::from(fault.fails().await);
        }
        failed
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_fail_as_were_asked_for() {
        let tenth = fault(0.1, 0.0, Switch::new(true, None));
        let failed = failures(&tenth, 10_000).await;
        assert!((800..1_200).contains(&failed), "{failed}");
        assert_eq!(
            failures(&fault(1.0, 0.0, Switch::new(true, None)), 10).await,
            10
        );
    }

    #[tokio::test(start_paused = true)]
    async fn slow_ones_take_longer() {
        let all = fault(0.0, 1.0, Switch::new(true, None));
        let begun = Instant::now();
        assert_eq!(failures(&all, 10).await, 0);
        assert_eq!(begun.elapsed(), Duration::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn they_begin_and_end_when_they_are_switched() {
        let all = fault(1.0, 1.0, Switch::new(false, None));
        let begun = Instant::now();
        assert_eq!(failures(&all, 5).await, 0);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        all.switch.turn();
        assert_eq!(failures(&all, 5).await, 5);
        all.switch.turn();
        assert_eq!(failures(&all, 5).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn they_come_and_go() {
        let all = fault(1.0, 0.0, Switch::new(true, Some(Duration::from_secs(10))));
        for expected in [1, 0, 1] {
            assert_eq!(failures(&all, 1).await, expected);
            tokio::time::advance(Duration::from_secs(10)).await;
        }
    }

    #[tokio::test]
    async fn what_leaks_is_kept() {
        let leaking = Fault {
            leak: 1_000,
            ..fault(0.0, 0.0, Switch::new(true, None))
        };
        assert_eq!(failures(&leaking, 3).await, 0);
        let blocks = leaking.leaked.0.lock().unwrap();
        assert_eq!(blocks.iter().map(Vec::len).sum::<usize>(), 3_000);
    }
}
