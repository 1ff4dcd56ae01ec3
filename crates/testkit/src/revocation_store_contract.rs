//! What every `ports::RevocationStore` promises.
//!
//! Each function takes an empty store and panics when a promise is broken; [`revocation_store_contract!`] makes a test of
//! each.
//!
//! [`revocation_store_contract!`]: macro@crate::revocation_store_contract

use std::collections::HashSet;
use std::sync::Arc;

use domain::Timestamp;
use ports::{Revocation, RevocationStore, RevokedKind};
use tokio::task::JoinSet;

use crate::scholarship_store_contract::{kept, minutes_later};

type Store = Arc<dyn RevocationStore>;

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn RevocationStore>, _)`, an empty store
/// and whatever must outlive it.
#[macro_export]
macro_rules! revocation_store_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            revocation_store_contract,
            $open,
            [
                what_was_revoked_is_listed_until_it_expires,
                kinds_and_digests_are_told_apart,
                revoking_again_keeps_the_latest_instants,
                what_has_expired_is_removed_by_the_next_revocation,
                what_has_expired_can_be_revoked_again,
                revocations_at_once_are_all_kept,
            ]
        );
    };
}

/// Of a token, in minutes after noon.
fn token(digest: u8, revoked_at: i64, expires_at: i64) -> Revocation {
    Revocation {
        kind: RevokedKind::Token,
        digest: [digest; 32],
        revoked_at: minutes_later(revoked_at),
        expires_at: minutes_later(expires_at),
    }
}

/// As stores give it back.
fn as_kept(revocation: Revocation) -> Revocation {
    Revocation {
        revoked_at: kept(revocation.revoked_at),
        expires_at: kept(revocation.expires_at),
        ..revocation
    }
}

async fn revoke(store: &Store, revocation: Revocation) {
    store.revoke(revocation).await.expect("is revoked");
}

async fn listed(store: &Store, now: Timestamp) -> HashSet<Revocation> {
    let list = store.revocations(now).await.expect("is read");
    let set: HashSet<_> = list.iter().copied().collect();
    assert_eq!(set.len(), list.len(), "nothing is listed twice");
    set
}

pub async fn what_was_revoked_is_listed_until_it_expires(store: Store) {
    assert_eq!(listed(&store, minutes_later(0)).await, HashSet::new());
    let (brief, long) = (token(1, 0, 1), token(2, 0, 60));
    for revocation in [brief, long] {
        revoke(&store, revocation).await;
    }
    let both = HashSet::from([as_kept(brief), as_kept(long)]);
    assert_eq!(listed(&store, minutes_later(0)).await, both);
    let end = as_kept(brief).expires_at;
    assert_eq!(
        listed(&store, end - chrono::TimeDelta::microseconds(1)).await,
        both
    );
    assert_eq!(listed(&store, end).await, HashSet::from([as_kept(long)]));
}

pub async fn kinds_and_digests_are_told_apart(store: Store) {
    let mut expected = HashSet::new();
    for at in 0..32 {
        let mut digest = [0xF0; 32];
        digest[at] ^= 0x80;
        for kind in RevokedKind::ALL {
            let revocation = Revocation {
                kind,
                digest,
                ..token(0, 0, 60)
            };
            revoke(&store, revocation).await;
            expected.insert(as_kept(revocation));
        }
    }
    assert_eq!(listed(&store, minutes_later(1)).await, expected);
}

pub async fn revoking_again_keeps_the_latest_instants(store: Store) {
    for (revoked_at, expires_at) in [(5, 50), (3, 60), (7, 40), (1, 30)] {
        revoke(&store, token(1, revoked_at, expires_at)).await;
    }
    let expected = HashSet::from([as_kept(token(1, 7, 60))]);
    assert_eq!(listed(&store, minutes_later(8)).await, expected);
}

pub async fn what_has_expired_is_removed_by_the_next_revocation(store: Store) {
    let (brief, long) = (token(1, 0, 10), token(2, 0, 60));
    revoke(&store, brief).await;
    revoke(&store, long).await;
    revoke(&store, token(3, 9, 60)).await;
    assert!(
        listed(&store, minutes_later(0))
            .await
            .contains(&as_kept(brief))
    );
    revoke(&store, token(4, 10, 60)).await;
    // Asked as of an instant at which it was still in force.
    let left = listed(&store, minutes_later(0)).await;
    let expected = [long, token(3, 9, 60), token(4, 10, 60)].map(as_kept);
    assert_eq!(left, HashSet::from(expected));
}

pub async fn what_has_expired_can_be_revoked_again(store: Store) {
    revoke(&store, token(1, 0, 10)).await;
    revoke(&store, token(1, 20, 30)).await;
    let expected = HashSet::from([as_kept(token(1, 20, 30))]);
    assert_eq!(listed(&store, minutes_later(21)).await, expected);
}

pub async fn revocations_at_once_are_all_kept(store: Store) {
    for digest in 0..8 {
        revoke(&store, token(digest, 0, 1)).await;
    }
    let mut callers = JoinSet::new();
    for caller in 0_u8..32 {
        let store = Arc::clone(&store);
        // Each clears the expired ones away, revokes one of its own, and prolongs a common one.
        callers.spawn(async move {
            revoke(&store, token(100 + caller, 10, 60)).await;
            revoke(&store, token(99, 10, 60 + i64::from(caller))).await;
        });
    }
    callers.join_all().await;
    let mut expected: HashSet<_> = (100..132)
        .map(|digest| as_kept(token(digest, 10, 60)))
        .collect();
    expected.insert(as_kept(token(99, 10, 91)));
    assert_eq!(listed(&store, minutes_later(0)).await, expected);
}
