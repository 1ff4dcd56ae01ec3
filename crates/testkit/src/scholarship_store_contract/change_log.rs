//! The log from which copies of the catalogue are kept in step.

use domain::ScholarshipId;
use ports::{CatalogueFingerprint, Change, FeedPosition};

use super::{Store, all_changes, create, id, ids, item, kept, minutes_later, named, noon};
use crate::write_at;

pub async fn the_log_keeps_the_newest_entry_of_each_id(store: Store) {
    for own_id in ["a", "b", "c"] {
        create(&store, own_id, named(own_id)).await;
    }
    let replaced = store
        .replace(&id("a"), named("A2"), None, write_at(minutes_later(1)))
        .await;
    replaced.expect("is replaced");
    store
        .delete(&id("b"), None, write_at(minutes_later(2)))
        .await
        .expect("is deleted");
    let changes = all_changes(&store).await;
    assert_eq!(ids(&changes), ["c", "a", "b"]);
    assert!(matches!(&changes[1], Change::Upserted(a) if a.version == 2 && a.content.name == "A2"));
    let tombstone = Change::Deleted {
        id: id("b"),
        at: kept(minutes_later(2)),
    };
    assert_eq!(changes[2], tombstone);
    create(&store, "b", named("B2")).await;
    let changes = all_changes(&store).await;
    assert_eq!(ids(&changes), ["c", "a", "b"]);
    assert!(matches!(&changes[2], Change::Upserted(b) if b.content.name == "B2"));
}

pub async fn the_log_can_be_read_in_small_bites(store: Store) {
    let items = ["d", "a", "c", "b"].map(|own_id| item(own_id, named(own_id)));
    store
        .upsert_many(items.to_vec(), write_at(noon()))
        .await
        .expect("is written");
    store
        .delete(&id("a"), None, write_at(noon()))
        .await
        .expect("is deleted");
    for limit in [1, 2, 3, 4, 100] {
        let (mut position, mut seen) = (FeedPosition::default(), Vec::new());
        loop {
            let batch = store.changes_since(position, limit).await.expect("is read");
            assert!(batch.changes.len() <= limit);
            if batch.changes.is_empty() {
                assert_eq!(batch.position, position);
                break;
            }
            assert!(batch.position > position);
            position = batch.position;
            seen.extend(batch.changes);
        }
        assert_eq!(ids(&seen), ["d", "c", "b", "a"], "in bites of {limit}");
        assert_eq!(position, store.head().await.expect("is read"));
    }
    let nothing = store
        .changes_since(FeedPosition::default(), 0)
        .await
        .expect("is read");
    assert_eq!(
        (nothing.changes.len(), nothing.position),
        (0, FeedPosition::default())
    );
}

pub async fn a_write_tells_the_position_after_it(store: Store) {
    let first = store
        .create(id("a"), named("A"), None, write_at(noon()))
        .await
        .expect("is created");
    let second = store
        .create(id("b"), named("B"), None, write_at(noon()))
        .await
        .expect("is created");
    let third = store
        .replace(&id("a"), named("A2"), None, write_at(noon()))
        .await
        .expect("is replaced");
    assert!(first.position < second.position && second.position < third.position);
    let after_second = store
        .changes_since(second.position, 10)
        .await
        .expect("is read");
    assert_eq!(ids(&after_second.changes), ["a"]);
    let after_third = store
        .changes_since(third.position, 10)
        .await
        .expect("is read");
    assert!(after_third.changes.is_empty());
}

pub async fn the_head_is_the_position_after_everything(store: Store) {
    let empty = store.head().await.expect("is read");
    create(&store, "a", named("A")).await;
    let one = store.head().await.expect("is read");
    let position = store
        .delete(&id("a"), None, write_at(noon()))
        .await
        .expect("is deleted");
    assert!(empty < one && one < position);
    assert_eq!(store.head().await.expect("is read"), position);
    let ahead = store.changes_since(position, 10).await.expect("is read");
    assert_eq!((ahead.changes.len(), ahead.position), (0, position));
}

pub async fn changes_since_an_instant_come_by_id_with_deletions(store: Store) {
    for (minute, own_id) in [(0, "e"), (1, "a"), (2, "d"), (3, "b"), (4, "c")] {
        let written = store
            .create(
                id(own_id),
                named(own_id),
                None,
                write_at(minutes_later(minute)),
            )
            .await;
        written.expect("is created");
    }
    store
        .delete(&id("d"), None, write_at(minutes_later(5)))
        .await
        .expect("is deleted");
    let changed = store
        .changed_since(minutes_later(3), None, 10)
        .await
        .expect("is read");
    assert_eq!(ids(&changed), ["b", "c", "d"], "the instant itself counts");
    assert_eq!(
        changed[2],
        Change::Deleted {
            id: id("d"),
            at: kept(minutes_later(5))
        }
    );
    assert!(matches!(&changed[0], Change::Upserted(b) if b.content.name == "b"));

    let (mut after, mut walked): (Option<ScholarshipId>, Vec<Change>) = (None, Vec::new());
    loop {
        let page = store
            .changed_since(noon(), after.as_ref(), 2)
            .await
            .expect("is read");
        assert!(page.len() <= 2);
        match page.last() {
            Some(last) => after = Some(last.id().clone()),
            None => break,
        }
        walked.extend(page);
    }
    assert_eq!(ids(&walked), ["a", "b", "c", "d", "e"]);
    let none = store
        .changed_since(minutes_later(6), None, 10)
        .await
        .expect("is read");
    assert!(none.is_empty());
}

/// Anybody who holds the records can compute it.
pub async fn the_fingerprint_is_that_of_all_records_at_the_head(store: Store) {
    let told = async || {
        let told = store.fingerprint().await.expect("is read");
        told.expect("nothing is under way")
    };
    assert_eq!(
        told().await,
        (CatalogueFingerprint::default(), FeedPosition::default())
    );
    let items = ["d", "a", "c", "b"].map(|own_id| item(own_id, named(own_id)));
    let written = store.upsert_many(items.to_vec(), write_at(noon())).await;
    written.expect("is written");
    let replaced = store
        .replace(&id("a"), named("A2"), None, write_at(minutes_later(1)))
        .await;
    replaced.expect("is replaced");
    store
        .delete(&id("b"), None, write_at(minutes_later(2)))
        .await
        .expect("is deleted");
    let mut expected = CatalogueFingerprint::default();
    for (own_id, version, minute) in [("a", 2, 1), ("c", 1, 0), ("d", 1, 0)] {
        expected.add(&id(own_id), version, minutes_later(minute));
    }
    let head = store.head().await.expect("is read");
    assert_eq!(told().await, (expected, head));

    // Made again with the version that it had: another record.
    store
        .delete(&id("d"), None, write_at(minutes_later(3)))
        .await
        .expect("is deleted");
    let again = store.create(id("d"), named("D2"), None, write_at(minutes_later(3)));
    again.await.expect("is created");
    let (again, _) = told().await;
    assert_eq!(again.count, expected.count);
    assert_ne!(again.sum, expected.sum);
    expected.remove(&id("d"), 1, noon());
    expected.add(&id("d"), 1, minutes_later(3));
    assert_eq!(again, expected);
}
