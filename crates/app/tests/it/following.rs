//! The index stays in step with the store, through outages.

use std::sync::Arc;
use std::time::Duration;

use app::catalogue::EditError;
use ports::{ScholarshipStore, StoreError, UpsertItem};
use testkit::{instant, scholarship};

use crate::world::{World, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_found_by_the_next_search() {
    let world = World::empty().await;
    let content = scholarship("Zebra Grant").content();
    let made = world
        .application
        .catalogue
        .create(content, None)
        .await
        .expect("created");
    assert_eq!(world.total("zebra"), 1);
    world
        .application
        .catalogue
        .delete(&made.id, Some(made.version))
        .await
        .expect("deleted");
    assert_eq!(world.total("zebra"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_writes_is_found_by_the_follower() {
    let world = World::empty().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let follower = Arc::clone(&world.application.follower);
    let task = tokio::spawn(follower.follow(Duration::from_millis(5), stopped));
    let item = UpsertItem {
        id: id("other"),
        content: scholarship("Quokka Prize").content(),
    };
    world
        .store
        .upsert_many(vec![item], instant("2026-11-23T12:00:00Z"))
        .await
        .expect("written");
    let found = async {
        while world.total("quokka") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), found)
        .await
        .expect("found in time");
    stop.send(true).expect("the follower listens");
    task.await.expect("the follower ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_go_on_while_the_store_is_down_and_writes_are_refused() {
    let world = World::with(vec![("a", scholarship("Zebra Grant").content())]).await;
    world.outage.begin();
    assert_eq!(world.total("zebra"), 1);
    let refused = world
        .application
        .catalogue
        .create(scholarship("Late").content(), None)
        .await;
    assert!(matches!(
        refused,
        Err(EditError::Store(StoreError::Unavailable { .. }))
    ));
    assert!(world.application.follower.catch_up().await.is_err());
    let report = world.application.readiness.report().await;
    assert!(report.ready);
    assert_eq!(report.degraded(), ["change_feed"]);
    world.outage.end();
    world.application.follower.catch_up().await.expect("healed");
    assert!(
        world
            .application
            .readiness
            .report()
            .await
            .degraded()
            .is_empty()
    );
}
