//! Bounds of a probability that hold for all looks together.
//!
//! The failures seen so far are bet on with a mixture of rates. Were the true rate `p`, the stake would be a martingale that
//! starts at 1, and by Ville's inequality it ever reaches `1 / alpha` with a chance of at most `alpha`: rates at which it did
//! are excluded, whenever and however often one looks. H. Robbins, "Statistical methods related to the law of the iterated
//! logarithm", Annals of Mathematical Statistics 41 (1970).

use statrs::function::beta::ln_beta;

use super::{Tally, bisect, first_that_holds};

/// A mixture of rates to bet with: a beta distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceSequence {
    failures: f64,
    successes: f64,
}

impl ConfidenceSequence {
    /// All rates alike.
    pub fn uniform() -> Self {
        Self {
            failures: 1.0,
            successes: 1.0,
        }
    }

    /// Soonest decided when the true rate is about `rate`, above 0 and at most 1/2; valid for every rate.
    pub fn expecting(rate: f64) -> Self {
        Self {
            failures: 1.0,
            successes: (1.0 - rate) / rate,
        }
    }

    /// ln of the stake won against the claim that the true rate is `rate`.
    pub fn ln_evidence(self, tally: Tally, rate: f64) -> f64 {
        self.ln_won(tally) - ln_likelihood(tally, rate)
    }

    /// Whether it is proven that the true rate is above `rate`.
    pub fn excludes_up_to(self, tally: Tally, rate: f64, alpha: f64) -> bool {
        tally.n > 0 && tally.share() > rate && self.ln_evidence(tally, rate) >= -alpha.ln()
    }

    /// Rates below this are excluded.
    pub fn lower_bound(self, tally: Tally, alpha: f64) -> f64 {
        if tally.failures == 0 {
            return 0.0;
        }
        let enough = self.ln_won(tally) + alpha.ln();
        bisect(0.0, tally.share(), |rate| {
            ln_likelihood(tally, rate) <= enough
        })
    }

    /// Rates above this are excluded.
    pub fn upper_bound(self, tally: Tally, alpha: f64) -> f64 {
        if tally.failures >= tally.n {
            return 1.0;
        }
        let enough = self.ln_won(tally) + alpha.ln();
        bisect(tally.share(), 1.0, |rate| {
            ln_likelihood(tally, rate) > enough
        })
    }

    /// The fewest failures among `n` that exclude all rates up to `rate`. None when even `n` failures do not.
    pub fn fewest_failures(self, n: u64, rate: f64, alpha: f64) -> Option<u64> {
        first_that_holds(1, n, |failures| {
            self.excludes_up_to(Tally::new(failures, n), rate, alpha)
        })
    }

    fn ln_won(self, tally: Tally) -> f64 {
        let successes = (tally.n - tally.failures) as f64;
        ln_beta(
            tally.failures as f64 + self.failures,
            successes + self.successes,
        ) - ln_beta(self.failures, self.successes)
    }
}

fn ln_likelihood(tally: Tally, rate: f64) -> f64 {
    let failed = if tally.failures == 0 {
        0.0
    } else {
        tally.failures as f64 * rate.ln()
    };
    let successes = tally.n - tally.failures;
    if successes == 0 {
        return failed;
    }
    failed + successes as f64 * (-rate).ln_1p()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    /// Robbins (1970), inequality (7) with a uniform mixture: the stake is 1 over (n + 1) times the binomial probability,
    /// which is taken from National Bureau of Standards, "Tables of the Binomial Probability Distribution" (1950).
    #[test]
    fn the_uniform_mixture_wins_what_robbins_says() {
        let sequence = ConfidenceSequence::uniform();
        for (failures, n, rate, probability) in [
            (10, 20, 0.5, 0.1762),
            (2, 10, 0.1, 0.1937),
            (5, 20, 0.25, 0.2023),
        ] {
            let won = sequence.ln_evidence(Tally::new(failures, n), rate).exp();
            let expected = 1.0 / ((n + 1) as f64 * probability);
            assert!(
                (won / expected - 1.0).abs() < 3e-4,
                "{failures} of {n}: {won}"
            );
        }
    }

    #[test]
    fn a_bound_is_where_the_evidence_becomes_enough() {
        let sequence = ConfidenceSequence::expecting(0.01);
        for (failures, n) in [(1, 10), (3, 30), (70, 72_000), (1_000_000, 1_000_000_000)] {
            let tally = Tally::new(failures, n);
            let (lower, upper) = (
                sequence.lower_bound(tally, 0.01),
                sequence.upper_bound(tally, 0.01),
            );
            assert!(lower < tally.share() && tally.share() < upper);
            assert!(
                sequence.excludes_up_to(tally, lower * 0.999, 0.01),
                "{tally:?}"
            );
            assert!(
                !sequence.excludes_up_to(tally, lower * 1.001, 0.01),
                "{tally:?}"
            );
        }
    }

    #[test]
    fn bounds_for_all_looks_are_wider_than_for_one() {
        let tally = Tally::new(12, 3_000);
        let sequence = ConfidenceSequence::expecting(0.01);
        assert!(sequence.lower_bound(tally, 0.01) < super::super::lower_bound(tally, 0.01));
        assert!(sequence.upper_bound(tally, 0.01) > super::super::upper_bound(tally, 0.01));
    }

    #[test]
    fn the_first_failures_prove_nothing_and_the_third_much() {
        let sequence = ConfidenceSequence::expecting(0.01);
        assert_eq!(sequence.fewest_failures(30, 0.001, 0.001), Some(3));
        assert!(!sequence.excludes_up_to(Tally::new(1, 1), 0.001, 0.001));
        assert!(!sequence.excludes_up_to(Tally::new(0, 0), 0.001, 0.001));
        assert_eq!(sequence.lower_bound(Tally::new(0, 50), 0.01), 0.0);
        assert_eq!(sequence.upper_bound(Tally::new(50, 50), 0.01), 1.0);
    }

    /// The stake grows only at failures, so that looks elsewhere see nothing new.
    #[test]
    fn the_true_rate_is_hardly_ever_excluded_however_often_one_looks() {
        let (rate, alpha, rounds) = (0.01, 0.05, 2_000);
        let sequence = ConfidenceSequence::expecting(0.1);
        let mut random = StdRng::seed_from_u64(5);
        let excluded = (0..rounds).filter(|_| {
            let (mut n, mut failures) = (0, 0);
            while n < 20_000 {
                let gap = (1.0 - random.random::<f64>()).ln() / f64::ln_1p(-rate);
                n += gap as u64 + 1;
                failures += 1;
                if sequence.excludes_up_to(Tally::new(failures, n), rate, alpha) {
                    return true;
                }
            }
            false
        });
        let part = excluded.count() as f64 / f64::from(rounds);
        assert!(part < alpha, "{part}");
    }
}
