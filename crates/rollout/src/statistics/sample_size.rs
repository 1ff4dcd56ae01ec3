//! How many requests a decision takes.

use super::{ConfidenceSequence, first_that_holds, upper_tail};

/// More than this is not a plan.
const MOST: u64 = 1_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no sample up to {MOST} requests tells a rate of `bad` from one of `good`")]
pub struct Unreachable;

/// The smallest sample of which a single exact look tells `bad` from `good` with this power, both rates above 0 and below 1.
///
/// # Errors
///
/// When `bad` is not far enough above `good`.
pub fn sample_for_fixed_test(
    good: f64,
    bad: f64,
    alpha: f64,
    power: f64,
) -> Result<u64, Unreachable> {
    smallest(bad, power, |failures, n| {
        upper_tail(failures, n, good) <= alpha
    })
}

/// The smallest sample by which a sequence tells `bad` from `good` with this power, looked at as often as one likes but at
/// least then. It counts only on the last look, so the true power is higher.
///
/// # Errors
///
/// When `bad` is not far enough above `good`.
pub fn sample_for_sequence(
    good: f64,
    bad: f64,
    alpha: f64,
    power: f64,
) -> Result<u64, Unreachable> {
    let sequence = ConfidenceSequence::expecting(bad.min(0.5));
    smallest(bad, power, |failures, n| {
        sequence.excludes_up_to(super::Tally::new(failures, n), good, alpha)
    })
}

/// So many requests without a failure prove that fewer than `rate` fail: the smallest n with `(1 - rate)^n <= alpha`.
pub fn sample_without_failures(rate: f64, alpha: f64) -> u64 {
    (alpha.ln() / (-rate).ln_1p()).ceil() as u64
}

/// For each number of failures: the largest sample in which they prove something must be at least as large as the smallest
/// one in which a bad canary has so many.
fn smallest(bad: f64, power: f64, proves: impl Fn(u64, u64) -> bool) -> Result<u64, Unreachable> {
    let mut failures = 1;
    while failures < 100_000 {
        let seen = |n| upper_tail(failures, n, bad) >= power;
        let n = first_that_holds(failures, MOST, seen).ok_or(Unreachable)?;
        if proves(failures, n) {
            return Ok(n);
        }
        // Rates close to each other take many failures.
        failures += 1 + failures / 64;
    }
    Err(Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenfold_error_rate_takes_667_requests_at_one_look() {
        assert_eq!(sample_for_fixed_test(0.001, 0.01, 0.01, 0.9), Ok(667));
    }

    #[test]
    fn three_nines_take_2995_requests_without_a_failure() {
        assert_eq!(sample_without_failures(0.001, 0.05), 2_995);
    }

    #[test]
    fn the_right_to_look_often_costs_requests() {
        let sequence = sample_for_sequence(0.001, 0.01, 0.01, 0.9).unwrap();
        assert!((667..1_500).contains(&sequence), "{sequence}");
        assert!(sample_for_sequence(0.001, 0.01, 0.001, 0.9).unwrap() > sequence);
        assert!(sample_for_sequence(0.001, 0.02, 0.01, 0.9).unwrap() < sequence);
    }

    #[test]
    fn equal_rates_cannot_be_told_apart() {
        assert_eq!(sample_for_sequence(0.01, 0.01, 0.01, 0.9), Err(Unreachable));
    }
}
