//! The canary's failures against the stable version's.
//!
//! Of all failures so far, a part is the canary's. Were both versions alike, each failure would be the canary's with a chance
//! that equals its part of the traffic, whatever the common rate is: so one betted share says all, and no rate must be known.
//! The router must hold the weights constant for the time that the counts cover, as it does within a stage.

use super::{ConfidenceSequence, Tally, first_that_holds};

/// Two versions in the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    pub canary: Tally,
    pub stable: Tally,
}

impl Comparison {
    /// How often the canary's measured rate is the stable version's. None while that is 0 or unknown.
    pub fn ratio(self) -> Option<f64> {
        let stable = self.stable.share();
        (stable > 0.0 && self.canary.n > 0).then(|| self.canary.share() / stable)
    }

    /// Whether it is proven, for all looks together, that the canary's rate is above `tolerated` times the stable one.
    pub fn excludes_up_to(self, tolerated: f64, alpha: f64) -> bool {
        let share = self.expected_share(tolerated);
        share < 1.0
            && ConfidenceSequence::uniform().excludes_up_to(self.canary_share(), share, alpha)
    }

    /// Ratios of the rates that are not excluded, for all looks together; the upper end may be infinite.
    pub fn interval(self, alpha: f64) -> (f64, f64) {
        let (shares, sequence) = (self.canary_share(), ConfidenceSequence::uniform());
        let even = self.stable.n as f64 / self.canary.n as f64;
        let as_ratio = |share: f64| share / (1.0 - share) * even;
        let lower = sequence.lower_bound(shares, alpha);
        (
            as_ratio(lower),
            as_ratio(sequence.upper_bound(shares, alpha)),
        )
    }

    /// The fewest failures of the canary, all else alike, that would be a proof.
    pub fn fewest_failures(self, tolerated: f64, alpha: f64) -> Option<u64> {
        first_that_holds(1, self.canary.n, |failures| {
            let canary = Tally::new(failures, self.canary.n);
            Self { canary, ..self }.excludes_up_to(tolerated, alpha)
        })
    }

    fn canary_share(self) -> Tally {
        let (canary, stable) = (self.canary.failures, self.stable.failures);
        Tally::new(canary, canary + stable)
    }

    /// The canary's part of all failures, were its rate `times` the stable one.
    fn expected_share(self, times: f64) -> f64 {
        let canary = times * self.canary.n as f64;
        canary / (canary + self.stable.n as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(canary: (u64, u64), stable: (u64, u64)) -> Comparison {
        Comparison {
            canary: Tally::new(canary.0, canary.1),
            stable: Tally::new(stable.0, stable.1),
        }
    }

    #[test]
    fn four_failures_of_a_small_canary_alone_are_a_proof() {
        let alone = comparison((4, 40), (0, 760));
        assert!(alone.excludes_up_to(1.5, 0.001));
        assert_eq!(alone.fewest_failures(1.5, 0.001), Some(4));
        // The stable version fails as well: it is not the canary's fault.
        assert!(!comparison((4, 40), (76, 760)).excludes_up_to(1.5, 0.001));
    }

    #[test]
    fn equal_rates_are_never_a_proof() {
        assert!(!comparison((50, 50_000), (950, 950_000)).excludes_up_to(1.0, 0.01));
        assert!(!comparison((0, 0), (0, 0)).excludes_up_to(1.0, 0.01));
        assert!(!comparison((5, 10), (0, 0)).excludes_up_to(1.0, 0.01));
    }

    #[test]
    fn the_interval_holds_the_measured_ratio() {
        let tenfold = comparison((100, 10_000), (190, 190_000));
        let (lower, upper) = tenfold.interval(0.01);
        let ratio = tenfold.ratio().unwrap();
        assert!((ratio - 10.0).abs() < 1e-9);
        assert!(1.5 < lower && lower < ratio && ratio < upper && upper < 20.0);
        assert!(!tenfold.excludes_up_to(lower * 1.001, 0.01));
        assert!(tenfold.excludes_up_to(lower * 0.999, 0.01));
    }
}
