//! What verifying a genuine token costs.

use std::hint::black_box;
use std::time::Instant;

use auth::{Timestamp, TokenKey, TokenSettings, Verifier};

use super::{SECRET, token};
use crate::bench::goals::Goal;
use crate::bench::median;

/// Microseconds.
const MOST: f64 = 20.0;

/// The mean of many checks by one key, and by the last of three: the median of several rounds.
pub(super) fn measure(quick: bool) -> anyhow::Result<Goal> {
    let (rounds, checks) = if quick { (3, 5_000) } else { (9, 50_000) };
    let now = Timestamp::from_timestamp(1_800_000_000, 0).unwrap_or_default();
    let key = TokenKey::new(SECRET.into())?;
    let earlier = [TokenKey::new("one".into())?, TokenKey::new("two".into())?];
    let settings = TokenSettings::default();
    let token = token(settings.clone(), SECRET, now)?;
    let [alone, last] = [vec![], earlier.to_vec()].map(|mut keys| {
        keys.push(key.clone());
        let verifier = Verifier::new(settings.clone(), &keys);
        median(
            (0..rounds)
                .map(|_| mean(&verifier, &token, now, checks))
                .collect(),
        )
    });
    Ok(Goal {
        name: "a token is checked, mean",
        bound: format!("≤ {MOST} us"),
        measured: format!("{alone:.2} us, with two earlier secrets {last:.2} us"),
        is_met: alone <= MOST && last <= MOST,
    })
}

/// Microseconds a check.
fn mean(verifier: &Verifier, token: &str, now: Timestamp, checks: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..checks {
        assert!(black_box(verifier.verify(black_box(token), now)).is_ok());
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(checks)
}
