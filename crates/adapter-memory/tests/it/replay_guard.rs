//! The guard passes the contract of all guards, and refuses rather than forgets when it is full.

use std::future::{Ready, ready};
use std::sync::Arc;

use adapter_memory::MemoryReplayGuard;
use chrono::TimeDelta;
use ports::{Claim, Clock, ReplayGuard};
use testkit::{FixedClock, RealClock, instant};

fn open() -> Ready<(Arc<dyn ReplayGuard>, ())> {
    ready((
        Arc::new(MemoryReplayGuard::new(Arc::new(RealClock), 10_000)),
        (),
    ))
}

testkit::replay_guard_contract!(open);

#[tokio::test]
async fn a_full_guard_refuses_new_tokens_until_old_ones_end() {
    let start = instant("2026-11-23T12:00:00Z");
    let clock = Arc::new(FixedClock::at(start));
    let guard = MemoryReplayGuard::new(Arc::clone(&clock) as Arc<dyn Clock>, 2);
    let minute = start + TimeDelta::minutes(1);
    let hour = start + TimeDelta::hours(1);
    let claim = async |token, until| guard.claim(token, &[1; 32], until).await.ok();
    assert_eq!(claim("brief", minute).await, Some(Claim::First));
    assert_eq!(claim("long", hour).await, Some(Claim::First));
    assert_eq!(claim("one too many", hour).await, None);
    assert_eq!(claim("long", hour).await, Some(Claim::Again));
    clock.set(minute - TimeDelta::microseconds(1));
    assert_eq!(claim("brief", minute).await, Some(Claim::Again));
    clock.set(minute);
    assert_eq!(claim("one too many", hour).await, Some(Claim::First));
    assert_eq!(claim("brief", hour).await, None);
}
