//! Upserts: how records are met, and what is said of them.

use ports::UpsertOutcome;

use super::{Store, all_changes, create, id, ids, item, kept, minutes_later, named, noon};
use crate::{scholarship, write_at};

pub async fn an_import_creates_updates_and_leaves_equal_records_alone(store: Store) {
    let first = scholarship("First").origin("s", "1").amount(1_000);
    let second = scholarship("Second").origin("s", "2");
    let items = || {
        vec![
            item("a", first.clone().content()),
            item("b", second.clone().content()),
        ]
    };
    let (outcomes, position) = store
        .upsert_many(items(), write_at(noon()))
        .await
        .expect("is written");
    assert_eq!(
        outcomes,
        [
            UpsertOutcome::Created(id("a")),
            UpsertOutcome::Created(id("b"))
        ]
    );
    assert_eq!(position, store.head().await.expect("is read"));

    let logged = all_changes(&store).await;
    let (outcomes, same) = store
        .upsert_many(items(), write_at(minutes_later(1)))
        .await
        .expect("is read");
    assert_eq!(
        outcomes,
        [
            UpsertOutcome::Unchanged(id("a")),
            UpsertOutcome::Unchanged(id("b"))
        ]
    );
    assert_eq!(same, position);
    assert_eq!(all_changes(&store).await, logged);

    let dearer = vec![
        item("a", first.clone().amount(2_000).content()),
        item("b", second.clone().content()),
    ];
    let (outcomes, later) = store
        .upsert_many(dearer, write_at(minutes_later(2)))
        .await
        .expect("is written");
    assert_eq!(
        outcomes,
        [
            UpsertOutcome::Updated(id("a")),
            UpsertOutcome::Unchanged(id("b"))
        ]
    );
    assert!(later > position);
    let updated = store
        .get(&id("a"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!(
        (updated.version, updated.content.award.maximum),
        (2, Some(2_000))
    );
    assert_eq!(updated.created_at, kept(noon()));
    assert_eq!(updated.updated_at, kept(minutes_later(2)));
    let untouched = store
        .get(&id("b"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!((untouched.version, untouched.updated_at), (1, kept(noon())));

    let (outcomes, position) = store
        .upsert_many(Vec::new(), write_at(noon()))
        .await
        .expect("is written");
    assert_eq!((outcomes, position), (Vec::new(), later));
}

pub async fn an_import_meets_records_by_origin_before_id(store: Store) {
    create(&store, "own", scholarship("A").origin("s", "1").content()).await;
    create(&store, "other", scholarship("B").origin("s", "2").content()).await;
    let items = vec![item("other", scholarship("A2").origin("s", "1").content())];
    let (outcomes, _) = store
        .upsert_many(items, write_at(noon()))
        .await
        .expect("is written");
    assert_eq!(outcomes, [UpsertOutcome::Updated(id("own"))]);
    let other = store
        .get(&id("other"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!((other.content.name.as_str(), other.version), ("B", 1));
}

pub async fn an_import_without_origin_meets_records_by_id(store: Store) {
    create(&store, "a", named("A")).await;
    let items = vec![
        item("a", named("A2")),
        item("a", named("A2")),
        item("b", named("B")),
    ];
    let (outcomes, _) = store
        .upsert_many(items, write_at(noon()))
        .await
        .expect("is written");
    assert_eq!(
        outcomes,
        [
            UpsertOutcome::Updated(id("a")),
            UpsertOutcome::Unchanged(id("a")),
            UpsertOutcome::Created(id("b")),
        ]
    );
}

pub async fn an_import_reports_ids_that_belong_to_others(store: Store) {
    create(&store, "a", scholarship("A").origin("s", "1").content()).await;
    create(&store, "b", named("B")).await;
    let items = vec![
        item("a", scholarship("X").origin("s", "9").content()),
        item("b", scholarship("Y").origin("s", "8").content()),
        item("c", scholarship("Z").origin("s", "7").content()),
    ];
    let (outcomes, _) = store
        .upsert_many(items, write_at(noon()))
        .await
        .expect("is written");
    assert_eq!(
        outcomes,
        [
            UpsertOutcome::IdTaken(id("a")),
            UpsertOutcome::IdTaken(id("b")),
            UpsertOutcome::Created(id("c")),
        ]
    );
    assert_eq!(ids(&all_changes(&store).await), ["a", "b", "c"]);
    let kept = store
        .get(&id("a"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!((kept.content.name.as_str(), kept.version), ("A", 1));
}

pub async fn an_import_may_name_one_record_twice(store: Store) {
    let one = scholarship("One").origin("s", "1");
    let items = vec![
        item("a", one.clone().content()),
        item("b", one.clone().content()),
        item("c", one.clone().amount(5).content()),
    ];
    let (outcomes, _) = store
        .upsert_many(items, write_at(noon()))
        .await
        .expect("is written");
    assert_eq!(
        outcomes,
        [
            UpsertOutcome::Created(id("a")),
            UpsertOutcome::Unchanged(id("a")),
            UpsertOutcome::Updated(id("a")),
        ]
    );
    let kept = store
        .get(&id("a"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!((kept.version, kept.content.award.maximum), (2, Some(5)));
    assert_eq!(store.count().await.expect("is counted"), 1);
}

pub async fn an_import_of_many_records_is_logged_in_their_order(store: Store) {
    let own_ids: Vec<String> = (0..1_500).rev().map(|at| format!("r{at:05}")).collect();
    let items = own_ids
        .iter()
        .map(|own_id| item(own_id, scholarship(own_id).origin("s", own_id).content()))
        .collect();
    let (outcomes, position) = store
        .upsert_many(items, write_at(noon()))
        .await
        .expect("is written");
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, UpsertOutcome::Created(_)))
    );
    assert_eq!(outcomes.len(), 1_500);
    assert_eq!(ids(&all_changes(&store).await), own_ids);
    assert_eq!(store.head().await.expect("is read"), position);
    assert_eq!(store.count().await.expect("is counted"), 1_500);
}
