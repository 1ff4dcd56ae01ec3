//! Records come back as they were written, in the order of their ids.

use std::time::{Duration, Instant};

use domain::ScholarshipId;

use super::{Store, all_changes, create, id, kept, named, noon};
use crate::{arbitrary, write_at};

pub async fn every_content_is_read_back_as_it_was_written(store: Store) {
    let contents = arbitrary::sample(&arbitrary::scholarship_content(), 64);
    let mut written = Vec::new();
    for (at, mut content) in contents.into_iter().enumerate() {
        content.provenance.source_id = Some(format!("contract-{at}"));
        let own_id = ScholarshipId::from_bits(at as u128);
        let created = store.create(own_id.clone(), content.clone(), None, write_at(noon()));
        let scholarship = created.await.expect("is created").scholarship;
        assert_eq!((&scholarship.id, &scholarship.content), (&own_id, &content));
        let found = store.get(&own_id).await.expect("is read");
        assert_eq!(found.as_ref(), Some(&scholarship));
        written.push(scholarship);
    }
    assert_eq!(store.page(None, 1_000).await.expect("is read"), written);
    let logged = all_changes(&store)
        .await
        .into_iter()
        .map(|change| match change {
            ports::Change::Upserted(scholarship) => *scholarship,
            ports::Change::Deleted { id, .. } => panic!("{id} was never deleted"),
        });
    assert_eq!(logged.collect::<Vec<_>>(), written);
    assert_eq!(store.count().await.expect("is counted"), 64);
}

pub async fn what_is_not_there_is_none(store: Store) {
    assert_eq!(store.get(&id("missing")).await.expect("is read"), None);
    assert_eq!(store.page(None, 10).await.expect("is read"), []);
    assert_eq!(store.count().await.expect("is counted"), 0);
    assert!(all_changes(&store).await.is_empty());
    let record = store.idempotency_record("key", noon()).await;
    assert_eq!(record.expect("is read"), None);
    assert_eq!(
        store.head().await.expect("is read"),
        ports::FeedPosition::default()
    );
}

pub async fn pages_walk_all_ids_in_byte_order(store: Store) {
    let longest = "z".repeat(64);
    let in_order = [
        "-", "-a", "0", "9z", "A", "Z", "_", "a", "a-", "a0", "aA", "aa", &longest,
    ];
    for own_id in in_order.iter().rev() {
        create(&store, own_id, named(own_id)).await;
    }
    for limit in [1, 2, 5, 13, 100] {
        let mut walked: Vec<String> = Vec::new();
        let mut after: Option<ScholarshipId> = None;
        loop {
            let page = store.page(after.as_ref(), limit).await.expect("is read");
            assert!(page.len() <= limit);
            walked.extend(page.iter().map(|record| record.id.to_string()));
            match page.last() {
                Some(last) => after = Some(last.id.clone()),
                None => break,
            }
        }
        assert_eq!(walked, in_order, "in pages of {limit}");
    }
    assert_eq!(store.page(None, 0).await.expect("is read"), []);
    let above_missing = store.page(Some(&id("B")), 1).await.expect("is read");
    assert_eq!(above_missing[0].id, id("Z"));
    assert_eq!(above_missing[0].created_at, kept(noon()));
}

pub async fn health_is_told_within_a_second(store: Store) {
    let begun = Instant::now();
    let health = store.health().await.expect("is healthy");
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(health.in_use + health.idle, health.pool_size);
    assert!(health.pool_size > 0 && health.latency_ms >= 0.0);
    assert!(!health.migration.is_empty());
}
