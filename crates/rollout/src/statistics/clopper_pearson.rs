//! Exact bounds of a probability: C. Clopper and E. Pearson, Biometrika 26 (1934).

use super::{Tally, lower_tail, upper_tail};

/// True values below this would give so many failures with a chance of at most `alpha`.
pub fn lower_bound(tally: Tally, alpha: f64) -> f64 {
    if tally.failures == 0 {
        return 0.0;
    }
    let excess = |p: f64| upper_tail(tally.failures, tally.n, p).max(LEAST).ln() - alpha.ln();
    let mut low = tally.share();
    while excess(low) > 0.0 {
        low /= 2.0;
    }
    root(low, (2.0 * low).min(1.0), excess)
}

/// True values above this would give so few failures with a chance of at most `alpha`.
pub fn upper_bound(tally: Tally, alpha: f64) -> f64 {
    if tally.failures >= tally.n {
        return 1.0;
    }
    let lack = |p: f64| alpha.ln() - lower_tail(tally.failures, tally.n, p).max(LEAST).ln();
    let mut high = tally.share().max(0.5 / tally.n as f64);
    while lack(high) < 0.0 {
        high = (2.0 * high).min(1.0);
    }
    root((high / 2.0).max(tally.share()), high, lack)
}

/// Smaller chances are all alike, and their logarithm is finite.
const LEAST: f64 = 1e-300;

/// Where a rising function is 0, by false positions. M. Dowell and P. Jarratt, "A modified regula falsi method" (1971).
fn root(mut low: f64, mut high: f64, rising: impl Fn(f64) -> f64) -> f64 {
    let (mut below, mut above) = (rising(low), rising(high));
    let (mut last, mut kept_low) = (low, None);
    for _ in 0..100 {
        if below >= 0.0 || above <= 0.0 {
            break;
        }
        let middle = (low * above - high * below) / (above - below);
        let value = rising(middle);
        if (middle - last).abs() < 1e-12 * middle {
            return middle;
        }
        last = middle;
        // An end that stays twice is worth less, so that it moves as well.
        if value < 0.0 {
            above *= if kept_low == Some(false) { 0.5 } else { 1.0 };
            (low, below, kept_low) = (middle, value, Some(false));
        } else {
            below *= if kept_low == Some(true) { 0.5 } else { 1.0 };
            (high, above, kept_low) = (middle, value, Some(true));
        }
    }
    low.midpoint(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documenta Geigy, Scientific Tables, 7th edition (1970), "Exact confidence limits for p", 95 %, 4 decimals.
    #[test]
    fn bounds_are_those_of_the_tables() {
        for (failures, n, lower, upper) in [
            (0, 10, 0.0, 0.3085),
            (1, 10, 0.0025, 0.4450),
            (5, 10, 0.1871, 0.8129),
            (10, 10, 0.6915, 1.0),
            (3, 20, 0.0321, 0.3789),
            (10, 100, 0.0490, 0.1762),
        ] {
            let tally = Tally::new(failures, n);
            assert!(
                (lower_bound(tally, 0.025) - lower).abs() < 5.1e-5,
                "{tally:?}"
            );
            assert!(
                (upper_bound(tally, 0.025) - upper).abs() < 5.1e-5,
                "{tally:?}"
            );
        }
    }

    #[test]
    fn no_failures_in_2995_prove_three_nines() {
        assert!(upper_bound(Tally::new(0, 2_995), 0.05) < 0.001);
        assert!(upper_bound(Tally::new(0, 2_994), 0.05) > 0.001);
    }

    #[test]
    fn nothing_is_known_of_nothing() {
        let nothing = Tally::new(0, 0);
        assert_eq!(lower_bound(nothing, 0.01), 0.0);
        assert_eq!(upper_bound(nothing, 0.01), 1.0);
    }

    #[test]
    fn a_billion_requests_have_narrow_bounds() {
        let tally = Tally::new(1_000_000, 1_000_000_000);
        let (lower, upper) = (lower_bound(tally, 0.025), upper_bound(tally, 0.025));
        // 1.96 standard deviations of a thousand.
        assert!((lower - 0.000_998_04).abs() < 1e-8, "{lower}");
        assert!((upper - 0.001_001_96).abs() < 1e-8, "{upper}");
    }
}
