//! Probabilities of single counts as logarithms, without the cancellation of large factorials.
//!
//! The method is C. Loader's, "Fast and accurate computation of binomial probabilities" (2000).

use std::f64::consts::TAU;

use statrs::function::gamma::ln_gamma;

/// ln P(X = x) for a binomial count with `0 < p < 1` and `x <= n`.
pub(super) fn ln_binomial(x: u64, n: u64, p: f64) -> f64 {
    if x == 0 {
        return n as f64 * (-p).ln_1p();
    }
    if x == n {
        return n as f64 * p.ln();
    }
    let (failures, all) = (x as f64, n as f64);
    let others = all - failures;
    let corrections = stirling_error(n) - stirling_error(x) - stirling_error(n - x);
    let deviances = deviance(failures, all * p) + deviance(others, all * (1.0 - p));
    corrections - deviances + 0.5 * (all / (TAU * failures * others)).ln()
}

/// ln P(X = x) of `draws` from `bad + good` things, `x` of them bad.
pub(super) fn ln_hypergeometric(x: u64, bad: u64, good: u64, draws: u64) -> f64 {
    let share = draws as f64 / (bad + good) as f64;
    if draws == 0 || draws == bad + good {
        return 0.0;
    }
    ln_binomial(x, bad, share) + ln_binomial(draws - x, good, share)
        - ln_binomial(draws, bad + good, share)
}

/// ln n! less Stirling's approximation of it, for `n >= 1`.
fn stirling_error(n: u64) -> f64 {
    let value = n as f64;
    if n <= 15 {
        return ln_gamma(value + 1.0) - 0.5 * (TAU * value).ln() - value * value.ln() + value;
    }
    let square = value * value;
    let inner = 1.0 / 1_260.0 - 1.0 / (1_680.0 * square);
    (1.0 / 12.0 - (1.0 / 360.0 - inner / square) / square) / value
}

/// `x ln(x / mean) + mean - x`, exact near the mean as well.
fn deviance(x: f64, mean: f64) -> f64 {
    if (x - mean).abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let ratio = (x - mean) / (x + mean);
    let mut sum = (x - mean) * ratio;
    let mut power = 2.0 * x * ratio;
    for step in 1..1_000_u32 {
        power *= ratio * ratio;
        let next = sum + power / f64::from(2 * step + 1);
        if next.to_bits() == sum.to_bits() {
            break;
        }
        sum = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// National Bureau of Standards, "Tables of the Binomial Probability Distribution" (1950), 4 decimals.
    #[test]
    fn single_counts_are_those_of_the_tables() {
        for (x, n, p, expected) in [
            (10, 20, 0.5, 0.1762),
            (0, 10, 0.1, 0.3487),
            (2, 10, 0.1, 0.1937),
            (5, 20, 0.25, 0.2023),
            (20, 20, 0.95, 0.3585),
        ] {
            let probability = ln_binomial(x, n, p).exp();
            assert!(
                (probability - expected).abs() < 5e-5,
                "{x} of {n}: {probability}"
            );
        }
    }

    #[test]
    fn a_billion_requests_lose_no_precision() {
        // At the mean the local limit theorem gives 1 / sqrt(tau n p q) but for a part in a billion.
        let (n, p) = (1_000_000_000_u64, 0.5);
        let expected = -0.5 * (TAU * n as f64 * p * (1.0 - p)).ln();
        assert!((ln_binomial(n / 2, n, p) - expected).abs() < 1e-8);
    }
}
