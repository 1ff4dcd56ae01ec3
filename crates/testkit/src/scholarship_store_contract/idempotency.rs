//! Answers kept under the caller's key.

use ports::{IdempotencyRecord, StoreError};

use super::{Store, create, id, kept, minutes_later, named, noon};
use crate::write_at;

fn record(key: &str, of: &str) -> IdempotencyRecord {
    IdempotencyRecord {
        key: key.to_owned(),
        fingerprint: format!("fingerprint of {of}"),
        scholarship_id: id(of),
        expires_at: kept(minutes_later(60)),
    }
}

pub async fn an_idempotency_record_is_kept_with_its_creation_until_it_expires(store: Store) {
    let created = store
        .create(
            id("a"),
            named("A"),
            Some(record("key", "a")),
            write_at(noon()),
        )
        .await;
    created.expect("is created");
    for (minute, expected) in [(0, true), (59, true), (60, false), (61, false)] {
        let found = store.idempotency_record("key", minutes_later(minute)).await;
        let expected = expected.then(|| record("key", "a"));
        assert_eq!(found.expect("is read"), expected, "after {minute} minutes");
    }
    let other = store
        .idempotency_record("KEY", noon())
        .await
        .expect("is read");
    assert_eq!(other, None);
    store
        .delete(&id("a"), None, write_at(noon()))
        .await
        .expect("is deleted");
    let after = store
        .idempotency_record("key", noon())
        .await
        .expect("is read");
    assert_eq!(
        after,
        Some(record("key", "a")),
        "the answer outlives the record"
    );
}

pub async fn a_used_idempotency_key_stops_the_creation(store: Store) {
    let created = store
        .create(
            id("a"),
            named("A"),
            Some(record("key", "a")),
            write_at(noon()),
        )
        .await;
    created.expect("is created");
    // The id is taken as well: the key comes first, so that the caller gets the first answer again.
    for own_id in ["a", "b"] {
        let again = store
            .create(
                id(own_id),
                named("B"),
                Some(record("key", own_id)),
                write_at(minutes_later(59)),
            )
            .await;
        assert!(
            matches!(again, Err(StoreError::IdempotencyKeyTaken)),
            "{again:?}"
        );
    }
    assert_eq!(store.count().await.expect("is counted"), 1);
    let kept = store
        .idempotency_record("key", noon())
        .await
        .expect("is read");
    assert_eq!(kept, Some(record("key", "a")));
}

pub async fn an_expired_idempotency_key_can_be_used_again(store: Store) {
    let created = store
        .create(
            id("a"),
            named("A"),
            Some(record("key", "a")),
            write_at(noon()),
        )
        .await;
    created.expect("is created");
    let mut later = record("key", "b");
    later.expires_at = kept(minutes_later(120));
    let again = store
        .create(
            id("b"),
            named("B"),
            Some(later.clone()),
            write_at(minutes_later(60)),
        )
        .await;
    again.expect("is created");
    let found = store.idempotency_record("key", minutes_later(61)).await;
    assert_eq!(found.expect("is read"), Some(later));
    // Many expired records are no obstacle either.
    for at in 0..40 {
        let (key, own_id) = (format!("k{at}"), format!("r{at}"));
        let created = store.create(
            id(&own_id),
            named(&own_id),
            Some(record(&key, &own_id)),
            write_at(noon()),
        );
        created.await.expect("is created");
    }
    let mut last = record("k39", "last");
    last.expires_at = kept(minutes_later(120));
    let created = store
        .create(
            id("last"),
            named("Last"),
            Some(last.clone()),
            write_at(minutes_later(90)),
        )
        .await;
    created.expect("is created");
    let found = store.idempotency_record("k39", minutes_later(91)).await;
    assert_eq!(found.expect("is read"), Some(last));
}

pub async fn a_refused_creation_keeps_no_idempotency_record(store: Store) {
    create(&store, "a", named("A")).await;
    let refused = store
        .create(
            id("a"),
            named("B"),
            Some(record("key", "a")),
            write_at(noon()),
        )
        .await;
    assert!(
        matches!(refused, Err(StoreError::AlreadyExists { .. })),
        "{refused:?}"
    );
    let kept = store
        .idempotency_record("key", noon())
        .await
        .expect("is read");
    assert_eq!(kept, None);
    let created = store
        .create(
            id("b"),
            named("B"),
            Some(record("key", "b")),
            write_at(noon()),
        )
        .await;
    created.expect("is created");
}
