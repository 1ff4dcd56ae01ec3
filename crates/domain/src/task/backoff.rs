//! How long to wait before something that failed is tried again.

use std::time::Duration;

/// Waits that double from failure to failure, up to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failures in a row, 1 or more. `jitter` is 0 to 1, by chance, and keeps those who failed together
    /// from coming back together: it decides between a half of the wait and all of it.
    pub fn wait(self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        let half = whole / 2;
        let part = if jitter.is_nan() {
            0.0
        } else {
            jitter.clamp(0.0, 1.0)
        };
        half + (whole - half).mul_f64(part).min(whole - half)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const BACKOFF: Backoff = Backoff {
        first: SECOND,
        longest: Duration::from_secs(10),
    };

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (1..=6)
            .map(|failures| BACKOFF.wait(failures, 1.0))
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10].map(|seconds| SECOND * seconds));
        assert_eq!(BACKOFF.wait(2, 0.0), SECOND);
        assert_eq!(BACKOFF.wait(2, 0.5), SECOND * 3 / 2);
        assert_eq!(BACKOFF.wait(0, 1.0), SECOND);
    }

    proptest! {
        #[test]
        fn waits_are_bounded_and_grow(
            failures in any::<u32>(),
            jitter in any::<f64>(),
            first in 0..u64::MAX,
            longest in 0..u64::MAX,
        ) {
            let backoff = Backoff {
                first: Duration::from_millis(first),
                longest: Duration::from_millis(longest),
            };
            let wait = backoff.wait(failures, jitter);
            let (least, most) = (backoff.wait(failures, 0.0), backoff.wait(failures, 1.0));
            prop_assert!(least <= wait && wait <= most);
            prop_assert!(most <= backoff.longest);
            prop_assert!(most <= least * 2 + Duration::from_nanos(1));
            prop_assert!(most <= backoff.wait(failures.saturating_add(1), 1.0));
        }
    }
}
