//! What every `ports::ReplayGuard` promises.
//!
//! Each function takes a guard that knows nothing and goes by real time, and panics when a promise is broken;
//! [`replay_guard_contract!`] makes a test of each.
//!
//! [`replay_guard_contract!`]: macro@crate::replay_guard_contract

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use ports::{Claim, Clock as _, ReplayGuard};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::RealClock;

type Guard = Arc<dyn ReplayGuard>;

const READ: [u8; 32] = [1; 32];
const WRITE: [u8; 32] = [2; 32];

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn ReplayGuard>, _)`, a guard that knows
/// nothing and whatever must outlive it.
#[macro_export]
macro_rules! replay_guard_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            replay_guard_contract,
            $open,
            [
                a_token_is_bound_to_its_first_purpose,
                tokens_are_bound_apart,
                purposes_differ_in_every_byte,
                of_many_who_claim_at_once_one_is_first,
                of_many_purposes_at_once_one_wins,
                a_binding_lasts_as_long_as_its_token,
                further_claims_do_not_prolong_nor_shorten_a_binding,
            ]
        );
    };
}

fn after(time: Duration) -> Timestamp {
    RealClock.now() + time
}

fn soon() -> Timestamp {
    after(Duration::from_secs(1_800))
}

async fn claim(guard: &Guard, token: &str, purpose: &[u8; 32], expires_at: Timestamp) -> Claim {
    let claimed = guard.claim(token, purpose, expires_at).await;
    claimed.expect("answers")
}

pub async fn a_token_is_bound_to_its_first_purpose(guard: Guard) {
    assert_eq!(claim(&guard, "a", &READ, soon()).await, Claim::First);
    assert_eq!(claim(&guard, "a", &READ, soon()).await, Claim::Again);
    let other = claim(&guard, "a", &WRITE, soon()).await;
    assert_eq!(other, Claim::UsedForAnother);
    assert_eq!(claim(&guard, "a", &READ, soon()).await, Claim::Again);
}

pub async fn tokens_are_bound_apart(guard: Guard) {
    let long = "k".repeat(10_000);
    let longer = "k".repeat(10_001);
    for token in ["", "a", "A", "a b", "a\nb", "ä", "a:b", &long, &longer] {
        let first = claim(&guard, token, &READ, soon()).await;
        assert_eq!(first, Claim::First, "{token}");
    }
}

pub async fn purposes_differ_in_every_byte(guard: Guard) {
    let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap_or(0) ^ 0xF0);
    assert_eq!(claim(&guard, "a", &bytes, soon()).await, Claim::First);
    for at in 0..32 {
        let mut other = bytes;
        other[at] ^= 0x80;
        let claimed = claim(&guard, "a", &other, soon()).await;
        assert_eq!(claimed, Claim::UsedForAnother, "byte {at}");
    }
    assert_eq!(claim(&guard, "a", &bytes, soon()).await, Claim::Again);
}

async fn claims_at_once(guard: &Guard, purpose: fn(u8) -> [u8; 32]) -> Vec<Claim> {
    let mut callers = JoinSet::new();
    for at in 0..32 {
        let guard = Arc::clone(guard);
        callers.spawn(async move { claim(&guard, "a", &purpose(at), soon()).await });
    }
    callers.join_all().await
}

fn count(claims: &[Claim], wanted: Claim) -> usize {
    claims.iter().filter(|claim| **claim == wanted).count()
}

pub async fn of_many_who_claim_at_once_one_is_first(guard: Guard) {
    let claims = claims_at_once(&guard, |_| READ).await;
    assert_eq!(count(&claims, Claim::First), 1);
    assert_eq!(count(&claims, Claim::Again), 31);
}

pub async fn of_many_purposes_at_once_one_wins(guard: Guard) {
    let claims = claims_at_once(&guard, |at| [at; 32]).await;
    assert_eq!(count(&claims, Claim::First), 1);
    assert_eq!(count(&claims, Claim::UsedForAnother), 31);
}

pub async fn a_binding_lasts_as_long_as_its_token(guard: Guard) {
    let brief = after(Duration::from_millis(1_500));
    assert_eq!(claim(&guard, "brief", &READ, brief).await, Claim::First);
    let long = after(Duration::from_secs(60));
    assert_eq!(claim(&guard, "long", &READ, long).await, Claim::First);
    while RealClock.now() + Duration::from_millis(500) < brief {
        let claimed = claim(&guard, "brief", &WRITE, brief).await;
        assert_eq!(claimed, Claim::UsedForAnother);
        sleep(Duration::from_millis(100)).await;
    }
    sleep(Duration::from_millis(1_000)).await;
    let claimed = claim(&guard, "long", &WRITE, long).await;
    assert_eq!(claimed, Claim::UsedForAnother);
}

pub async fn further_claims_do_not_prolong_nor_shorten_a_binding(guard: Guard) {
    let long = after(Duration::from_secs(60));
    assert_eq!(claim(&guard, "a", &READ, long).await, Claim::First);
    let brief = after(Duration::from_millis(50));
    assert_eq!(claim(&guard, "a", &READ, brief).await, Claim::Again);
    sleep(Duration::from_millis(1_200)).await;
    assert_eq!(
        claim(&guard, "a", &WRITE, long).await,
        Claim::UsedForAnother
    );
}
