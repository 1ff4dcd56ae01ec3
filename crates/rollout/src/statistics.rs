//! What counts prove: exact tests and bounds, and sequential ones that stay valid however often they are looked at.
//!
//! The tails are summed here and not taken from a crate: the incomplete beta function at hand gives up after 140 steps of its
//! continued fraction, without a word, and needs thousands for a million requests.

mod binomial;
mod clopper_pearson;
mod comparison;
mod confidence_sequence;
mod fisher;
mod log_space;
mod sample_size;

pub use binomial::{lower_tail, upper_tail};
pub use clopper_pearson::{lower_bound, upper_bound};
pub use comparison::Comparison;
pub use confidence_sequence::ConfidenceSequence;
pub use fisher::fisher_greater;
pub use sample_size::{
    Unreachable, sample_for_fixed_test, sample_for_sequence, sample_without_failures,
};

/// Bad ones among all: `failures <= n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub failures: u64,
    pub n: u64,
}

impl Tally {
    /// Failures above `n` count as `n`: a sum of two counters may run ahead of its total for a moment.
    pub fn new(failures: u64, n: u64) -> Self {
        Self {
            failures: failures.min(n),
            n,
        }
    }

    /// The measured share; 0 of nothing is 0.
    pub fn share(self) -> f64 {
        if self.n == 0 {
            return 0.0;
        }
        self.failures as f64 / self.n as f64
    }
}

/// Halves an interval until nothing lies between its ends. `below` holds on the left of the place sought.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = low.midpoint(high);
        if middle <= low || middle >= high || (high - low) < 1e-11 * high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.midpoint(high)
}

/// The smallest of `low..=high` for which `holds`; it must hold for all above, too. None when it never does.
pub(crate) fn first_that_holds(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if low > high || !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}
