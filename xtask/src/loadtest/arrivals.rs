//! When requests are due: moments that are fixed beforehand, whatever becomes of the requests.

use std::time::Duration;

use clap::ValueEnum;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pattern {
    /// Independent of each other, as those of many people are: gaps are exponentially distributed
    #[default]
    Poisson,
    /// At equal distances
    Fixed,
}

/// An endless row of moments, counted from the beginning. The same seed gives the same ones.
pub(super) struct Arrivals {
    pattern: Pattern,
    /// A second.
    rate: f64,
    random: StdRng,
    number: u32,
    /// In seconds.
    last: f64,
}

impl Arrivals {
    /// `rate` a second, which is above zero.
    pub(super) fn new(pattern: Pattern, rate: f64, seed: u64) -> Self {
        Self {
            pattern,
            rate,
            random: StdRng::seed_from_u64(seed),
            number: 0,
            last: 0.0,
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.number = self.number.checked_add(1)?;
        self.last = match self.pattern {
            Pattern::Fixed => f64::from(self.number - 1) / self.rate,
            // From 0 to below 1, so that the logarithm is of no zero.
            Pattern::Poisson => self.last - (1.0 - self.random.random::<f64>()).ln() / self.rate,
        };
        Some(Duration::from_secs_f64(self.last))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn until(pattern: Pattern, rate: f64, seed: u64, seconds: u64) -> Vec<Duration> {
        let end = Duration::from_secs(seconds);
        Arrivals::new(pattern, rate, seed)
            .take_while(|due| *due < end)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// A Poisson process has as much variance as mean; six standard deviations are never seen.
        #[test]
        fn poisson_arrivals_come_at_the_rate_and_in_order(rate in 1.0..3_000.0_f64, seed: u64) {
            let seconds = 20;
            let arrivals = until(Pattern::Poisson, rate, seed, seconds);
            let (count, expected) = (arrivals.len() as f64, rate * 20.0);
            prop_assert!((count - expected).abs() <= 6.0 * expected.sqrt() + 1.0, "{count} for {expected}");
            prop_assert!(arrivals.is_sorted());
            prop_assert_eq!(arrivals, until(Pattern::Poisson, rate, seed, seconds));
        }

        #[test]
        fn fixed_arrivals_are_as_many_as_the_rate_says(rate in 1_u32..3_000, seed: u64) {
            let count = until(Pattern::Fixed, f64::from(rate), seed, 5).len();
            let expected = rate as usize * 5;
            // The last one may be due within a rounding error of the end.
            prop_assert!(count == expected || count == expected + 1, "{count} for {expected}");
        }
    }

    #[test]
    fn gaps_of_a_poisson_process_vary_as_much_as_they_last() {
        let arrivals = until(Pattern::Poisson, 100.0, 7, 200);
        let gaps: Vec<f64> = arrivals
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let variation = variance.sqrt() / mean;
        assert!((variation - 1.0).abs() < 0.05, "{variation}");
    }

    #[test]
    fn another_seed_gives_other_moments() {
        let first = until(Pattern::Poisson, 100.0, 1, 1);
        assert_ne!(first, until(Pattern::Poisson, 100.0, 2, 1));
    }
}
