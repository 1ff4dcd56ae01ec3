//! Fisher's exact test: are there more failures in one group than chance alone would put there?

use super::{Tally, log_space::ln_hypergeometric};

/// The chance of at least this many failures in the first group, were both alike and their sums as they are. For one look
/// only: who looks every minute needs a sequential test.
pub fn fisher_greater(first: Tally, second: Tally) -> f64 {
    let bad = first.failures + second.failures;
    let good = first.n + second.n - bad;
    let draws = first.n;
    let (least, most) = (draws.saturating_sub(good), bad.min(draws));
    if first.failures <= least {
        return 1.0;
    }
    let all = (bad + good) as f64;
    let mean = draws as f64 / all * bad as f64;
    if first.failures as f64 > mean {
        sum(first.failures, most, bad, good, draws)
    } else {
        // As seen from the good ones, the rest is an upper tail as well.
        let others = draws - first.failures + 1;
        1.0 - sum(others, good.min(draws), good, bad, draws)
    }
}

fn sum(from: u64, to: u64, bad: u64, good: u64, draws: u64) -> f64 {
    let first = ln_hypergeometric(from, bad, good, draws).exp();
    let (mut term, mut sum) = (1.0, 1.0);
    for x in from..to {
        let (bad_left, draws_left) = ((bad - x) as f64, (draws - x) as f64);
        let good_left = (good + x + 1 - draws) as f64;
        term *= bad_left / (x + 1) as f64 * (draws_left / good_left);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (first * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{DiscreteCDF, Hypergeometric};

    use super::*;

    fn chance(first: (u64, u64), second: (u64, u64)) -> f64 {
        fisher_greater(Tally::new(first.0, first.1), Tally::new(second.0, second.1))
    }

    /// R. Fisher, "The Design of Experiments" (1935), the lady tasting tea: 1 in 70 for eight right, 17 in 70 for six.
    #[test]
    fn the_lady_tastes_tea() {
        assert!((chance((4, 4), (0, 4)) - 1.0 / 70.0).abs() < 1e-12);
        assert!((chance((3, 4), (1, 4)) - 17.0 / 70.0).abs() < 1e-12);
        assert!((chance((2, 4), (2, 4)) - 53.0 / 70.0).abs() < 1e-12);
    }

    /// R. Fisher, "The logic of inductive inference" (1935), convictions of twins of criminals: 10 of 13 against 2 of 17.
    #[test]
    fn twins_of_criminals_are_convicted() {
        assert!((chance((10, 13), (2, 17)) - 0.000_465_2).abs() < 5e-8);
    }

    #[test]
    fn moderate_counts_agree_with_the_distribution() {
        for (first, second) in [
            ((7, 300), (12, 5_700)),
            ((1, 300), (40, 5_700)),
            ((60, 600), (50, 600)),
        ] {
            let population = first.1 + second.1;
            let distribution =
                Hypergeometric::new(population, first.0 + second.0, first.1).unwrap();
            let expected = distribution.sf(first.0 - 1);
            assert!(
                (chance(first, second) / expected - 1.0).abs() < 1e-8,
                "{first:?}"
            );
        }
    }

    #[test]
    fn a_billion_requests_are_no_trouble() {
        let same = chance((1_000_000, 1_000_000_000), (1_000_000, 1_000_000_000));
        assert!((same - 0.5).abs() < 1e-3, "{same}");
        let worse = chance((1_010_000, 1_000_000_000), (1_000_000, 1_000_000_000));
        assert!(worse < 1e-11 && worse > 0.0, "{worse}");
    }

    #[test]
    fn no_failures_prove_nothing() {
        assert_eq!(chance((0, 100), (5, 100)), 1.0);
        assert_eq!(chance((0, 0), (5, 100)), 1.0);
        assert_eq!(chance((100, 100), (100, 100)), 1.0);
    }
}
