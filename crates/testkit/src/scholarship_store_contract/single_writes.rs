//! Creating, replacing and deleting one record.

use ports::{FeedPosition, IdempotencyRecord, StoreError};

use super::{Store, all_changes, create, id, ids, kept, minutes_later, named, noon};
use crate::{scholarship, write_at};

pub async fn a_new_record_has_version_one(store: Store) {
    let written = store
        .create(id("a"), named("A"), None, write_at(noon()))
        .await;
    let written = written.expect("is created");
    assert_eq!(written.scholarship.version, 1);
    assert_eq!(written.scholarship.created_at, kept(noon()));
    assert_eq!(written.scholarship.updated_at, kept(noon()));
    assert!(written.position > FeedPosition::default());
}

pub async fn a_taken_id_is_refused(store: Store) {
    create(&store, "a", named("A")).await;
    let again = store
        .create(id("a"), named("B"), None, write_at(noon()))
        .await;
    assert!(
        matches!(&again, Err(StoreError::AlreadyExists { id: taken }) if *taken == id("a")),
        "{again:?}"
    );
    let kept = store.get(&id("a")).await.expect("is read");
    assert_eq!(kept.expect("is there").content, named("A"));
}

pub async fn a_taken_origin_is_refused_naming_its_owner(store: Store) {
    create(&store, "a", scholarship("A").origin("s", "1").content()).await;
    let twin = scholarship("B").origin("s", "1").content();
    let again = store.create(id("b"), twin, None, write_at(noon())).await;
    assert!(
        matches!(&again, Err(StoreError::AlreadyExists { id: owner }) if *owner == id("a")),
        "{again:?}"
    );
    create(&store, "c", scholarship("C").origin("s", "2").content()).await;
    create(&store, "d", scholarship("D").origin("t", "1").content()).await;
}

pub async fn half_an_origin_belongs_to_nobody(store: Store) {
    let only_source = |name: &str| {
        scholarship(name)
            .with(|content| content.provenance.source = Some("s".to_owned()))
            .content()
    };
    let only_id = |name: &str| {
        scholarship(name)
            .with(|content| content.provenance.source_id = Some("1".to_owned()))
            .content()
    };
    create(&store, "a", only_source("A")).await;
    create(&store, "b", only_source("B")).await;
    create(&store, "c", only_id("C")).await;
    create(&store, "d", only_id("D")).await;
    create(&store, "e", scholarship("E").origin("s", "1").content()).await;
}

pub async fn replacing_counts_versions_and_keeps_the_creation(store: Store) {
    create(&store, "a", named("A")).await;
    for (version, expected) in [(2, None), (3, Some(2)), (4, Some(3))] {
        let now = minutes_later(version);
        let content = named(&format!("A{version}"));
        let written = store
            .replace(&id("a"), content.clone(), expected, write_at(now))
            .await;
        let scholarship = written.expect("is replaced").scholarship;
        assert_eq!(scholarship.version, version.unsigned_abs());
        assert_eq!(scholarship.created_at, kept(noon()));
        assert_eq!(scholarship.updated_at, kept(now));
        assert_eq!(scholarship.content, content);
        let found = store.get(&id("a")).await.expect("is read");
        assert_eq!(found, Some(scholarship));
    }
    assert_eq!(store.count().await.expect("is counted"), 1);
}

pub async fn replacing_checks_the_version(store: Store) {
    let missing = store
        .replace(&id("a"), named("A"), Some(1), write_at(noon()))
        .await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
    create(&store, "a", named("A")).await;
    for expected in [0, 2, u64::MAX] {
        let stale = store
            .replace(&id("a"), named("B"), Some(expected), write_at(noon()))
            .await;
        assert!(
            matches!(stale, Err(StoreError::VersionMismatch { actual: 1 })),
            "{stale:?}"
        );
    }
    let found = store
        .get(&id("a"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!((found.content, found.version), (named("A"), 1));
}

pub async fn replacing_never_takes_the_origin_of_another(store: Store) {
    let first = |name: &str| scholarship(name).origin("s", "1").content();
    create(&store, "a", first("A")).await;
    create(&store, "b", named("B")).await;
    let taken = store
        .replace(&id("b"), first("B"), None, write_at(noon()))
        .await;
    assert!(
        matches!(&taken, Err(StoreError::AlreadyExists { id: owner }) if *owner == id("a")),
        "{taken:?}"
    );
    let own = store
        .replace(&id("a"), first("A2"), None, write_at(noon()))
        .await;
    own.expect("keeps its own origin");
    let freed = store
        .replace(&id("a"), named("A3"), None, write_at(noon()))
        .await;
    freed.expect("gives its origin up");
    let moved = store
        .replace(&id("b"), first("B2"), None, write_at(noon()))
        .await;
    moved.expect("takes the origin that is free now");
}

pub async fn deleting_checks_the_version_and_frees_id_and_origin(store: Store) {
    let missing = store.delete(&id("a"), None, write_at(noon())).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
    create(&store, "a", scholarship("A").origin("s", "1").content()).await;
    let stale = store.delete(&id("a"), Some(2), write_at(noon())).await;
    assert!(
        matches!(stale, Err(StoreError::VersionMismatch { actual: 1 })),
        "{stale:?}"
    );
    let position = store.delete(&id("a"), Some(1), write_at(noon())).await;
    let position = position.expect("is deleted");
    assert_eq!(position, store.head().await.expect("is read"));
    assert_eq!(store.get(&id("a")).await.expect("is read"), None);
    assert_eq!(store.count().await.expect("is counted"), 0);
    let gone = store.delete(&id("a"), None, write_at(noon())).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    create(&store, "b", scholarship("B").origin("s", "1").content()).await;
    create(&store, "a", named("A")).await;
    assert_eq!(ids(&all_changes(&store).await), ["b", "a"]);
}

pub async fn refused_writes_leave_no_trace(store: Store) {
    create(&store, "a", scholarship("A").origin("s", "1").content()).await;
    create(&store, "b", named("B")).await;
    let before = (
        store.head().await.expect("is read"),
        all_changes(&store).await,
    );
    let record = IdempotencyRecord {
        key: "key".to_owned(),
        fingerprint: "f".to_owned(),
        scholarship_id: id("c"),
        expires_at: minutes_later(60),
    };
    let twin = scholarship("C").origin("s", "1").content();
    let refused = store
        .create(
            id("c"),
            twin.clone(),
            Some(record),
            write_at(minutes_later(1)),
        )
        .await;
    assert!(refused.is_err());
    assert!(
        store
            .create(id("b"), named("C"), None, write_at(minutes_later(1)))
            .await
            .is_err()
    );
    assert!(
        store
            .replace(&id("b"), twin, None, write_at(minutes_later(1)))
            .await
            .is_err()
    );
    let stale = store
        .replace(&id("b"), named("C"), Some(9), write_at(minutes_later(1)))
        .await;
    assert!(stale.is_err());
    assert!(
        store
            .delete(&id("b"), Some(9), write_at(minutes_later(1)))
            .await
            .is_err()
    );
    let after = (
        store.head().await.expect("is read"),
        all_changes(&store).await,
    );
    assert_eq!(before, after);
    let kept = store
        .idempotency_record("key", noon())
        .await
        .expect("is read");
    assert_eq!(kept, None);
}
