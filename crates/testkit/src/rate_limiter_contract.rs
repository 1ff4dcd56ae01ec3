//! What every `ports::RateLimiter` promises.
//!
//! Each function takes a limiter that has counted nothing and goes by real time, and panics when a promise is broken;
//! [`rate_limiter_contract!`] makes a test of each.
//!
//! [`rate_limiter_contract!`]: macro@crate::rate_limiter_contract

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Quota, RateDecision};
use ports::RateLimiter;
use tokio::task::JoinSet;
use tokio::time::sleep;

type Limiter = Arc<dyn RateLimiter>;

const HOUR: Duration = Duration::from_secs(3_600);

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn RateLimiter>, _)`, a limiter that has
/// counted nothing and whatever must outlive it.
#[macro_export]
macro_rules! rate_limiter_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            rate_limiter_contract,
            $open,
            [
                a_burst_passes_and_no_more,
                a_decision_says_what_is_left_and_when_to_come_back,
                who_comes_back_in_time_passes,
                what_was_drained_is_refilled_at_an_even_rate,
                refused_requests_are_not_counted,
                keys_are_counted_apart,
                quotas_of_one_key_are_counted_apart,
                callers_at_once_share_the_burst,
                a_quota_that_divides_nothing_evenly_is_exact_too,
            ]
        );
    };
}

fn quota(limit: u32, period: Duration) -> Quota {
    Quota::new(limit, period).expect("is a valid quota")
}

async fn check(limiter: &Limiter, key: &str, quota: Quota) -> RateDecision {
    limiter.check(key, quota).await.expect("answers")
}

async fn passed(limiter: &Limiter, key: &str, quota: Quota, requests: u32) -> u32 {
    let mut passed = 0;
    for _ in 0..requests {
        passed += u32::from(check(limiter, key, quota).await.allowed);
    }
    passed
}

pub async fn a_burst_passes_and_no_more(limiter: Limiter) {
    assert_eq!(passed(&limiter, "a", quota(5, HOUR), 20).await, 5);
}

pub async fn a_decision_says_what_is_left_and_when_to_come_back(limiter: Limiter) {
    let three_an_hour = quota(3, HOUR);
    let third = HOUR / 3;
    for left in [2, 1, 0] {
        let decision = check(&limiter, "a", three_an_hour).await;
        assert!(decision.allowed);
        assert_eq!((decision.limit, decision.remaining), (3, left));
        assert_eq!(decision.retry_after, None);
        let full_again = third * (3 - left);
        // The earlier requests drain while the later ones are asked.
        assert!(decision.reset_after <= full_again, "{decision:?}");
        assert!(decision.reset_after > full_again - third, "{decision:?}");
    }
    let refused = check(&limiter, "a", three_an_hour).await;
    assert!(!refused.allowed);
    assert_eq!((refused.limit, refused.remaining), (3, 0));
    let wait = refused
        .retry_after
        .expect("a refusal says when to come back");
    assert!(wait <= third && wait > third / 2, "{refused:?}");
    assert!(refused.reset_after <= HOUR && refused.reset_after > third * 2);
}

pub async fn who_comes_back_in_time_passes(limiter: Limiter) {
    let quick = quota(2, Duration::from_millis(600));
    assert_eq!(passed(&limiter, "a", quick, 2).await, 2);
    // A pause of this process longer than the refill would let a third one through at once.
    if let Some(wait) = check(&limiter, "a", quick).await.retry_after {
        assert!(wait <= Duration::from_millis(300), "{wait:?}");
        sleep(wait + Duration::from_millis(1)).await;
        assert!(check(&limiter, "a", quick).await.allowed);
    }
}

/// Asks without a pause for `length`, and holds what passed against the formula, with the time taken from outside and inside.
async fn follows_the_formula(limiter: Limiter, quota: Quota, length: Duration) {
    let begun = Instant::now();
    let mut passed = u128::from(check(&limiter, "formula", quota).await.allowed);
    let first_answered = Instant::now();
    let mut last_asked = first_answered;
    while begun.elapsed() < length {
        last_asked = Instant::now();
        passed += u128::from(check(&limiter, "formula", quota).await.allowed);
    }
    let expected = |elapsed: Duration| {
        let limit = u128::from(quota.limit());
        limit + elapsed.as_micros() * limit / quota.period().as_micros()
    };
    let least = expected(last_asked - first_answered) - 1;
    let most = expected(begun.elapsed()) + 1;
    assert!(
        (least..=most).contains(&passed),
        "{passed} passed, expected {least} to {most}"
    );
}

pub async fn what_was_drained_is_refilled_at_an_even_rate(limiter: Limiter) {
    let quota = quota(60, Duration::from_secs(1));
    follows_the_formula(limiter, quota, Duration::from_millis(900)).await;
}

pub async fn a_quota_that_divides_nothing_evenly_is_exact_too(limiter: Limiter) {
    let quota = quota(7, Duration::from_millis(331));
    follows_the_formula(limiter, quota, Duration::from_millis(900)).await;
}

pub async fn refused_requests_are_not_counted(limiter: Limiter) {
    let slow = quota(2, HOUR);
    assert_eq!(passed(&limiter, "a", slow, 2).await, 2);
    let before = check(&limiter, "a", slow).await;
    assert_eq!(passed(&limiter, "a", slow, 50).await, 0);
    let after = check(&limiter, "a", slow).await;
    assert!(after.retry_after <= before.retry_after);
    assert!(after.reset_after <= before.reset_after);
}

pub async fn keys_are_counted_apart(limiter: Limiter) {
    let one = quota(1, HOUR);
    let long = "k".repeat(10_000);
    let longer = "k".repeat(10_001);
    for key in ["", "a", "A", "a b", "a\nb", "ä", "a:b", &long, &longer] {
        assert_eq!(passed(&limiter, key, one, 3).await, 1, "{key}");
    }
}

pub async fn quotas_of_one_key_are_counted_apart(limiter: Limiter) {
    let hour = quota(3, HOUR);
    let half = quota(3, HOUR / 2);
    let more = quota(4, HOUR);
    for one in [hour, half, more] {
        assert_eq!(passed(&limiter, "a", one, 10).await, one.limit());
    }
}

pub async fn callers_at_once_share_the_burst(limiter: Limiter) {
    let burst = quota(100, HOUR);
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let limiter = Arc::clone(&limiter);
        callers.spawn(async move { passed(&limiter, "a", burst, 25).await });
    }
    let passed: u32 = callers.join_all().await.into_iter().sum();
    assert_eq!(passed, 100);
}
