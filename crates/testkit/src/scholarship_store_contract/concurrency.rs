//! Many writers at once, readers beside them, and callers who do not wait for their answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ports::{Change, FeedPosition, IdempotencyRecord, StoreError, Written};
use tokio::task::JoinSet;

use super::{Store, all_changes, create, id, item, minutes_later, named, noon};
use crate::{scholarship, write_at};

const WRITERS: usize = 32;

async fn outcomes<F>(writers: impl Iterator<Item = F>) -> Vec<Result<Written, StoreError>>
where
    F: Future<Output = Result<Written, StoreError>> + Send + 'static,
{
    let tasks: JoinSet<_> = writers.collect();
    tasks.join_all().await
}

pub async fn of_many_writers_of_one_version_exactly_one_wins(store: Store) {
    create(&store, "a", named("A")).await;
    for version in 1..=5 {
        let writers = (0..WRITERS).map(|writer| {
            let store = Arc::clone(&store);
            async move {
                let content = named(&format!("by writer {writer}"));
                store
                    .replace(&id("a"), content, Some(version), write_at(noon()))
                    .await
            }
        });
        let outcomes = outcomes(writers).await;
        let winners: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().ok())
            .collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(winners[0].scholarship.version, version + 1);
        let losers = outcomes.iter().filter(|outcome| {
            matches!(outcome, Err(StoreError::VersionMismatch { actual }) if *actual == version + 1)
        });
        assert_eq!(losers.count(), WRITERS - 1);
        let found = store.get(&id("a")).await.expect("is read");
        assert_eq!(found.as_ref(), Some(&winners[0].scholarship));
    }
}

pub async fn unconditional_writers_all_win_with_versions_of_their_own(store: Store) {
    create(&store, "a", named("A")).await;
    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        async move {
            let content = named(&format!("by writer {writer}"));
            store
                .replace(&id("a"), content, None, write_at(noon()))
                .await
        }
    });
    let mut written: Vec<Written> = outcomes(writers)
        .await
        .into_iter()
        .map(|outcome| outcome.expect("is replaced"))
        .collect();
    written.sort_by_key(|written| written.scholarship.version);
    let versions = written.iter().map(|written| written.scholarship.version);
    assert!(versions.eq(2..=1 + WRITERS as u64));
    assert!(
        written.is_sorted_by_key(|written| written.position),
        "the log has the same order"
    );
    let found = store.get(&id("a")).await.expect("is read");
    let last = written.pop().map(|last| last.scholarship);
    assert_eq!(found, last);
    let logged = all_changes(&store).await;
    let newest = last.map(|last| Change::Upserted(Box::new(last)));
    assert_eq!(logged.last(), newest.as_ref());
}

pub async fn of_many_creations_of_one_id_exactly_one_wins(store: Store) {
    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        async move {
            let content = named(&format!("by writer {writer}"));
            store.create(id("a"), content, None, write_at(noon())).await
        }
    });
    let outcomes = outcomes(writers).await;
    let winners: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().ok())
        .collect();
    assert_eq!(winners.len(), 1);
    let refused =
        |outcome: &&Result<_, _>| matches!(outcome, Err(StoreError::AlreadyExists { .. }));
    assert_eq!(outcomes.iter().filter(refused).count(), WRITERS - 1);
    let found = store.get(&id("a")).await.expect("is read");
    assert_eq!(found.as_ref(), Some(&winners[0].scholarship));
}

pub async fn of_many_creations_under_one_key_exactly_one_wins(store: Store) {
    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        async move {
            let own_id = id(&format!("r{writer}"));
            let record = IdempotencyRecord {
                key: "key".to_owned(),
                fingerprint: "f".to_owned(),
                scholarship_id: own_id.clone(),
                expires_at: minutes_later(60),
            };
            store
                .create(own_id, named("A"), Some(record), write_at(noon()))
                .await
        }
    });
    let outcomes = outcomes(writers).await;
    let winners: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().ok())
        .collect();
    assert_eq!(winners.len(), 1);
    let refused = |outcome: &&Result<_, _>| matches!(outcome, Err(StoreError::IdempotencyKeyTaken));
    assert_eq!(outcomes.iter().filter(refused).count(), WRITERS - 1);
    let kept = store
        .idempotency_record("key", noon())
        .await
        .expect("is read");
    let kept_for = kept.map(|record| record.scholarship_id);
    assert_eq!(kept_for.as_ref(), Some(&winners[0].scholarship.id));
    assert_eq!(store.count().await.expect("is counted"), 1);
}

pub async fn a_follower_misses_nothing_that_writers_do_meanwhile(store: Store) {
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for at in 0..10 {
                let own_id = format!("w{writer}-{at}");
                let content = || scholarship(&own_id).origin("s", &own_id).content();
                if at % 2 == 0 {
                    create(&store, &own_id, content()).await;
                } else {
                    let items = vec![
                        item(&own_id, content()),
                        item(&format!("{own_id}b"), named("B")),
                    ];
                    store
                        .upsert_many(items, write_at(noon()))
                        .await
                        .expect("is written");
                }
            }
        });
    }
    let (mut position, mut seen) = (FeedPosition::default(), BTreeSet::new());
    let follow = async {
        while seen.len() < 8 * 15 {
            let batch = store.changes_since(position, 7).await.expect("is read");
            if batch.changes.is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            }
            assert!(batch.position > position);
            position = batch.position;
            for change in &batch.changes {
                assert!(seen.insert(change.id().clone()), "each entry comes once");
            }
        }
    };
    let followed = tokio::time::timeout(Duration::from_secs(60), follow).await;
    writers.join_all().await;
    assert!(followed.is_ok(), "the follower saw {} of 120", seen.len());
    assert_eq!(store.count().await.expect("is counted"), 120);
}

/// Whatever a caller had been told when it went away, the store holds whole writes: records and log agree, versions are
/// without gaps, and what was acknowledged is there.
pub async fn callers_who_go_away_leave_whole_writes(store: Store) {
    let shared = id("shared");
    create(&store, "shared", named("Shared")).await;
    let mut acknowledged = 0;
    for round in 0..40_u64 {
        let own_id = format!("r{round}");
        let pair = vec![
            item(&own_id, scholarship("Pair").origin("s", &own_id).content()),
            item(&format!("{own_id}b"), named("Pair")),
        ];
        let patience = Duration::from_micros(round * 100);
        let imported =
            tokio::time::timeout(patience, store.upsert_many(pair, write_at(noon()))).await;
        let content = named(&own_id);
        let replaced = store.replace(&shared, content, None, write_at(noon()));
        acknowledged += u64::from(tokio::time::timeout(patience, replaced).await.is_ok());
        if imported.is_ok() {
            let found = store.get(&id(&own_id)).await.expect("is read");
            assert!(found.is_some(), "{own_id} was acknowledged");
        }
    }
    create(&store, "last", named("Last")).await;
    until_nothing_moves(&store).await;
    let changes = all_changes(&store).await;
    let logged: BTreeSet<_> = changes.iter().map(|change| change.id().clone()).collect();
    assert_eq!(logged.len(), changes.len());
    let records = store.page(None, 1_000).await.expect("is read");
    assert!(records.iter().map(|record| &record.id).eq(logged.iter()));
    for round in 0..40 {
        let halves =
            [format!("r{round}"), format!("r{round}b")].map(|half| logged.contains(&id(&half)));
        assert_eq!(
            halves[0], halves[1],
            "import {round} is there as a whole or not at all"
        );
    }
    let shared = store
        .get(&shared)
        .await
        .expect("is read")
        .expect("is there");
    assert!((1 + acknowledged..=41).contains(&shared.version));
    assert!(changes.contains(&Change::Upserted(Box::new(shared))));
}

/// Writes that nobody waited for may still be under way: at most for a moment.
async fn until_nothing_moves(store: &Store) {
    let (mut seen, mut alike) = (FeedPosition::default(), 0);
    while alike < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let head = store.head().await.expect("is read");
        alike = if head == seen { alike + 1 } else { 0 };
        seen = head;
    }
}
