//! When to stop asking somebody who does not answer, and when to try again.
//!
//! Pure: the time is an argument and nothing waits, so every path can be tested. It stands here since adapters and use cases
//! need the same one, and may share only this crate and the ports.

use std::time::{Duration, Instant};

/// How patient a breaker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open it, 1 or more.
    pub failure_threshold: u32,
    /// From opening to the first trial.
    pub first_pause: Duration,
    /// Each failed trial doubles the pause up to here.
    pub longest_pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// One trial is under way; other calls are refused.
    HalfOpen,
}

/// The right to make one call. Its outcome goes back with [`succeeded`](CircuitBreaker::succeeded) or
/// [`failed`](CircuitBreaker::failed); when it never does, nothing is blocked for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Permit {
    /// Outcomes of calls that began before the breaker changed its state say nothing about now.
    era: u64,
}

/// Counts failures in a row and refuses calls while trials fail.
#[derive(Debug, Clone)]
pub struct CircuitBreaker {
    policy: BreakerPolicy,
    state: State,
    era: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// A trial whose outcome is not known at `until` is given up.
    HalfOpen {
        until: Instant,
        pause: Duration,
    },
}

impl CircuitBreaker {
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed { failures: 0 },
            era: 0,
        }
    }

    pub fn state(&self) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Permits a call when closed. Where trials are made in the background, callers ask this, so that none of them pays for
    /// a trial.
    pub fn admit_when_closed(&self) -> Option<Permit> {
        matches!(self.state, State::Closed { .. }).then_some(Permit { era: self.era })
    }

    /// Permits a call when closed, and one trial at a time when the pause is over.
    pub fn admit(&mut self, now: Instant) -> Option<Permit> {
        match self.state {
            State::Closed { .. } => {}
            State::Open { until, .. } | State::HalfOpen { until, .. } if now < until => {
                return None;
            }
            State::Open { pause, .. } | State::HalfOpen { pause, .. } => {
                let until = now + self.policy.longest_pause.max(pause);
                self.change(State::HalfOpen { until, pause });
            }
        }
        Some(Permit { era: self.era })
    }

    /// Until a trial may be made; zero when calls or trials pass now.
    pub fn wait(&self, now: Instant) -> Duration {
        match self.state {
            State::Closed { .. } => Duration::ZERO,
            State::Open { until, .. } | State::HalfOpen { until, .. } => {
                until.saturating_duration_since(now)
            }
        }
    }

    /// A call was answered: closes the breaker if it was the trial.
    pub fn succeeded(&mut self, permit: Permit) {
        if permit.era != self.era {
            return;
        }
        match &mut self.state {
            State::Closed { failures } => *failures = 0,
            State::Open { .. } | State::HalfOpen { .. } => {
                self.change(State::Closed { failures: 0 });
            }
        }
    }

    /// A call was not answered. True when this opened a closed breaker.
    pub fn failed(&mut self, permit: Permit, now: Instant) -> bool {
        if permit.era != self.era {
            return false;
        }
        match &mut self.state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures < self.policy.failure_threshold {
                    return false;
                }
                self.open(self.policy.first_pause, now);
                true
            }
            State::Open { pause, .. } | State::HalfOpen { pause, .. } => {
                let pause = pause.saturating_mul(2).min(self.policy.longest_pause);
                self.open(pause, now);
                false
            }
        }
    }

    fn open(&mut self, pause: Duration, now: Instant) {
        let until = now + pause;
        self.change(State::Open { until, pause });
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.era += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn breaker(failure_threshold: u32) -> CircuitBreaker {
        CircuitBreaker::new(BreakerPolicy {
            failure_threshold,
            first_pause: SECOND,
            longest_pause: SECOND * 5,
        })
    }

    fn fail(breaker: &mut CircuitBreaker, now: Instant) -> bool {
        let permit = breaker.admit(now).expect("a call is permitted");
        breaker.failed(permit, now)
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let (mut breaker, now) = (breaker(3), Instant::now());
        for _ in 0..5 {
            assert!(!fail(&mut breaker, now));
            assert!(!fail(&mut breaker, now));
            let permit = breaker.admit(now).expect("is closed");
            breaker.succeeded(permit);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(!fail(&mut breaker, now));
        assert!(!fail(&mut breaker, now));
        assert!(fail(&mut breaker, now));
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.admit(now), None);
        assert_eq!(breaker.admit_when_closed(), None);
        assert_eq!(breaker.wait(now), SECOND);
    }

    #[test]
    fn after_the_pause_one_trial_decides() {
        let (mut breaker, start) = (breaker(1), Instant::now());
        assert!(fail(&mut breaker, start));
        assert_eq!(breaker.admit(start + SECOND / 2), None);
        let now = start + SECOND;
        let trial = breaker.admit(now).expect("the pause is over");
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(breaker.admit(now), None);
        assert_eq!(breaker.admit_when_closed(), None);
        breaker.succeeded(trial);
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(breaker.admit_when_closed().is_some());
    }

    #[test]
    fn failed_trials_double_the_pause_up_to_the_longest() {
        let (mut breaker, mut now) = (breaker(1), Instant::now());
        assert!(fail(&mut breaker, now));
        for pause in [1, 2, 4, 5, 5] {
            assert_eq!(breaker.wait(now), SECOND * pause);
            now += SECOND * pause;
            // It was open before.
            assert!(!fail(&mut breaker, now));
        }
        now += SECOND * 5;
        let trial = breaker.admit(now).expect("the pause is over");
        breaker.succeeded(trial);
        assert!(fail(&mut breaker, now));
        assert_eq!(breaker.wait(now), SECOND);
    }

    #[test]
    fn late_outcomes_of_calls_from_before_change_nothing() {
        let (mut breaker, now) = (breaker(1), Instant::now());
        let early: Vec<Permit> = (0..3).filter_map(|_| breaker.admit(now)).collect();
        assert!(breaker.failed(early[0], now));
        breaker.succeeded(early[1]);
        assert_eq!(breaker.state(), BreakerState::Open);
        let later = now + SECOND;
        let trial = breaker.admit(later).expect("the pause is over");
        assert!(!breaker.failed(early[2], later));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.succeeded(trial);
        assert!(!breaker.failed(early[2], later));
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_trial_whose_outcome_never_comes_blocks_no_further_one() {
        let (mut breaker, start) = (breaker(1), Instant::now());
        assert!(fail(&mut breaker, start));
        let lost = breaker.admit(start + SECOND).expect("the pause is over");
        assert_eq!(breaker.admit(start + SECOND * 5), None);
        let second = breaker.admit(start + SECOND * 6).expect("is given up");
        breaker.succeeded(lost);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.succeeded(second);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
