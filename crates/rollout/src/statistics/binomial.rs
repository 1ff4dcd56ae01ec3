//! Tails of the binomial distribution, summed from their largest term outwards.

use super::log_space::ln_binomial;

/// P(X >= x) with `n` tries of probability `p`, 0 to 1.
pub fn upper_tail(x: u64, n: u64, p: f64) -> f64 {
    if x == 0 {
        return 1.0;
    }
    if x > n || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    // The tail away from the mean is the one with few terms.
    if x as f64 > n as f64 * p {
        sum_upwards(x, n, p)
    } else {
        1.0 - sum_upwards(n - x + 1, n, 1.0 - p)
    }
}

/// P(X <= x) with `n` tries of probability `p`, 0 to 1.
pub fn lower_tail(x: u64, n: u64, p: f64) -> f64 {
    if x >= n {
        return 1.0;
    }
    upper_tail(n - x, n, 1.0 - p)
}

fn sum_upwards(x: u64, n: u64, p: f64) -> f64 {
    let first = ln_binomial(x, n, p).exp();
    let odds = p / (1.0 - p);
    let (mut term, mut sum) = (1.0, 1.0);
    for k in x..n {
        term *= (n - k) as f64 / (k + 1) as f64 * odds;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (first * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use statrs::function::beta::beta_reg;

    use super::*;

    #[test]
    fn tails_are_those_of_the_incomplete_beta_function() {
        for (x, n, p) in [
            (1, 10, 0.1),
            (4, 667, 0.001),
            (7, 667, 0.01),
            (480, 1_000, 0.5),
            (3, 3, 0.2),
        ] {
            let expected = beta_reg(x as f64, (n - x + 1) as f64, p);
            assert!((upper_tail(x, n, p) - expected).abs() < 1e-10, "{x} of {n}");
            assert!((lower_tail(x - 1, n, p) - (1.0 - expected)).abs() < 1e-10);
        }
    }

    #[test]
    fn the_ends_are_exact() {
        assert_eq!(upper_tail(0, 10, 0.3), 1.0);
        assert_eq!(upper_tail(11, 10, 0.3), 0.0);
        assert_eq!(upper_tail(1, 10, 0.0), 0.0);
        assert_eq!(upper_tail(10, 10, 1.0), 1.0);
        assert_eq!(lower_tail(10, 10, 0.3), 1.0);
    }

    #[test]
    fn half_of_a_billion_lies_on_each_side() {
        let half = upper_tail(500_000_000, 1_000_000_000, 0.5);
        assert!((half - 0.5).abs() < 1e-4, "{half}");
    }
}
