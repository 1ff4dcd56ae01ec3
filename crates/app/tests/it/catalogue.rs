//! Editing keeps versions, keys and drafts apart.

use app::catalogue::{EditError, IdempotencyRequest, Viewer};
use chrono::TimeDelta;
use domain::EditorialStatus;
use ports::{ScholarshipStore, StoreError};
use serde_json::json;
use testkit::{scholarship, tester};

use crate::world::{World, id};

fn request(key: &str, fingerprint: &str) -> Option<IdempotencyRequest> {
    Some(IdempotencyRequest {
        key: key.to_owned(),
        fingerprint: fingerprint.to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_post_makes_nothing_twice_for_a_day() {
    let world = World::empty().await;
    let catalogue = &world.application.catalogue;
    let content = || scholarship("Once").content();
    let first = catalogue
        .create(tester(), content(), request("k", "f"))
        .await
        .expect("created");
    let again = catalogue
        .create(tester(), content(), request("k", "f"))
        .await
        .expect("the same");
    assert_eq!(first, again);
    let other = catalogue
        .create(tester(), content(), request("k", "g"))
        .await;
    assert!(matches!(other, Err(EditError::IdempotencyConflict)));
    world.pass(TimeDelta::hours(25));
    let later = catalogue
        .create(tester(), content(), request("k", "f"))
        .await
        .expect("a new day");
    assert_ne!(first.id, later.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_not_told_who_sent_an_idempotency_key() {
    let world = World::empty().await;
    let key = "alice@example.org\nk";
    world
        .application
        .catalogue
        .create(tester(), scholarship("Once").content(), request(key, "f"))
        .await
        .expect("created");
    let now = testkit::instant("2026-11-23T12:00:00Z");
    let kept = world.store.idempotency_record(key, now).await;
    assert_eq!(kept.expect("the fake answers"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_equal_posts_at_once_one_creates() {
    let world = std::sync::Arc::new(World::empty().await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let world = std::sync::Arc::clone(&world);
        tasks.spawn(async move {
            let made = world
                .application
                .catalogue
                .create(tester(), scholarship("Once").content(), request("k", "f"))
                .await;
            made.expect("all get the same answer").id
        });
    }
    let ids: std::collections::HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.total("once"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_changes_nothing() {
    let world = World::with(vec![("a", scholarship("Before").content())]).await;
    let catalogue = &world.application.catalogue;
    let patched = catalogue
        .patch(tester(), &id("a"), &json!({"name": "After"}), 1)
        .await
        .expect("patched");
    assert_eq!(
        (patched.version, patched.content.name.as_str()),
        (2, "After")
    );
    for outcome in [
        catalogue
            .patch(tester(), &id("a"), &json!({"name": "Late"}), 1)
            .await,
        catalogue
            .replace(tester(), &id("a"), scholarship("Late").content(), Some(1))
            .await,
    ] {
        assert!(matches!(
            outcome,
            Err(EditError::Store(StoreError::VersionMismatch { actual: 2 }))
        ));
    }
    assert!(matches!(
        catalogue.delete(tester(), &id("b"), Some(1)).await,
        Err(EditError::Store(StoreError::NotFound))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_for_editors() {
    let draft = scholarship("Draft").status(EditorialStatus::Draft);
    let world = World::with(vec![("a", draft.content())]).await;
    let catalogue = &world.application.catalogue;
    assert!(catalogue.get(&id("a"), Viewer::Public).is_none());
    assert!(catalogue.get(&id("a"), Viewer::Editor).is_some());
    assert_eq!(world.total("draft"), 0);
}
