//! The index stays in step with the store, through outages.

use std::sync::Arc;
use std::time::Duration;

use app::catalogue::EditError;
use app::follower::{FollowPeriods, IndexFollower};
use async_trait::async_trait;
use ports::{Health, HealthProbe, ScholarshipStore, SearchIndex, StoreError, UpsertItem};
use testkit::{Interruptible, Interruption, MemoryScholarshipStore, instant, scholarship, tester};

use crate::faulty_index::FaultyIndex;
use crate::world::{World, id};

const NOW: &str = "2026-11-23T12:00:00Z";

pub(crate) const PERIODS: FollowPeriods = FollowPeriods {
    poll: Duration::from_millis(5),
    reconcile: Duration::from_secs(3_600),
};

async fn write(store: &MemoryScholarshipStore, at: &str, name: &str) {
    let item = UpsertItem {
        id: id(at),
        content: scholarship(name).content(),
    };
    store
        .upsert_many(vec![item], testkit::write_at(instant(NOW)))
        .await
        .expect("written");
}

fn name_in(index: &FaultyIndex, at: &str) -> Option<String> {
    index
        .scholarship(&id(at))
        .map(|scholarship| scholarship.content.name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_found_by_the_next_search() {
    let world = World::empty().await;
    let content = scholarship("Zebra Grant").content();
    let made = world
        .application
        .catalogue
        .create(tester(), content, None)
        .await
        .expect("created");
    assert_eq!(world.total("zebra"), 1);
    world
        .application
        .catalogue
        .delete(tester(), &made.id, Some(made.version))
        .await
        .expect("deleted");
    assert_eq!(world.total("zebra"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_writes_is_found_by_the_follower() {
    let world = World::empty().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let follower = Arc::clone(&world.application.follower);
    let task = tokio::spawn(follower.follow(PERIODS, None, stopped));
    let item = UpsertItem {
        id: id("other"),
        content: scholarship("Quokka Prize").content(),
    };
    world
        .store
        .upsert_many(
            vec![item],
            testkit::write_at(instant("2026-11-23T12:00:00Z")),
        )
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
        .create(tester(), scholarship("Late").content(), None)
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

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_the_index_could_not_take_are_not_passed_over() {
    let store = MemoryScholarshipStore::default();
    let index = Arc::new(FaultyIndex::new());
    let follower = IndexFollower::new(Arc::new(store.clone()), Arc::clone(&index) as _);
    follower.load().await.expect("loaded");
    write(&store, "a", "Zebra Grant").await;
    index.panic_next(1);
    assert!(follower.catch_up().await.is_err());
    assert!(!follower.is_in_step());
    assert_eq!(name_in(&index, "a"), None);
    follower.catch_up().await.expect("tried again");
    assert!(follower.is_in_step());
    assert_eq!(name_in(&index, "a").as_deref(), Some("Zebra Grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_whose_records_the_index_could_not_take_fails() {
    let store = MemoryScholarshipStore::default();
    write(&store, "a", "Zebra Grant").await;
    let index = Arc::new(FaultyIndex::new());
    let follower = IndexFollower::new(Arc::new(store.clone()), Arc::clone(&index) as _);
    index.panic_next(1);
    assert!(follower.load().await.is_err());
    assert!(!follower.is_loaded());
    follower.load().await.expect("loaded");
    assert_eq!(name_in(&index, "a").as_deref(), Some("Zebra Grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_does_not_let_older_changes_overtake_newer_ones() {
    let store = MemoryScholarshipStore::default();
    let index = Arc::new(FaultyIndex::new());
    let follower = Arc::new(IndexFollower::new(
        Arc::new(store.clone()),
        Arc::clone(&index) as _,
    ));
    follower.load().await.expect("loaded");

    write(&store, "a", "Old Name").await;
    let release = index.hold_next();
    let waiting = Arc::clone(&follower);
    let caller = tokio::spawn(async move { waiting.catch_up().await });
    while !index.is_holding() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    caller.abort();
    assert!(caller.await.is_err(), "the caller has gone");

    write(&store, "a", "New Name").await;
    let waiting = Arc::clone(&follower);
    let second = tokio::spawn(async move { waiting.catch_up().await });
    // Time to overtake, if that were possible.
    tokio::time::sleep(Duration::from_millis(50)).await;
    release.send(()).expect("held");
    second.await.expect("no panic").expect("caught up");
    while index.applied() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(name_in(&index, "a").as_deref(), Some("New Name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_between_two_tries_to_load_does_not_stay() {
    let store = MemoryScholarshipStore::default();
    let outage = Interruption::default();
    write(&store, "a", "Zebra Grant").await;
    let index = Arc::new(FaultyIndex::new());
    let follower = Arc::new(IndexFollower::new(
        Arc::new(Interruptible::new(store.clone(), &outage)),
        Arc::clone(&index) as _,
    ));
    let release = index.hold_next();
    let loading = Arc::clone(&follower);
    let load = tokio::spawn(async move { loading.load().await });
    while !index.is_holding() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    outage.begin();
    release.send(()).expect("held");
    assert!(load.await.expect("no panic").is_err());
    outage.end();
    store
        .delete(&id("a"), None, testkit::write_at(instant(NOW)))
        .await
        .expect("deleted");
    follower.load().await.expect("loaded");
    assert_eq!(name_in(&index, "a"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_hastens_a_look_and_one_that_shows_nothing_hastens_the_next() {
    let world = World::empty().await;
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let (wake, wakeups) = tokio::sync::watch::channel(0);
    let rarely = FollowPeriods {
        poll: Duration::from_secs(3_600),
        ..PERIODS
    };
    let follower = Arc::clone(&world.application.follower);
    let task = tokio::spawn(follower.follow(rarely, Some(wakeups), stopped));
    for number in 0..3 {
        let before_the_log_shows_it = number == 1;
        if before_the_log_shows_it {
            wake.send_modify(|count| *count += 1);
            // Looks for the next ten seconds come again and again.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        write(&world.store, &format!("w{number}"), "Quokka Prize").await;
        if !before_the_log_shows_it {
            wake.send_modify(|count| *count += 1);
        }
        let found = async {
            while world.total("quokka") < number + 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), found)
            .await
            .expect("found in time");
    }
    // Who loses the source of wake-ups goes on polling.
    drop(wake);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!task.is_finished());
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lag_is_the_time_since_the_index_was_in_step() {
    let world = World::empty().await;
    let follower = &world.application.follower;
    assert_eq!(follower.lag(), Duration::ZERO);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let task = tokio::spawn(Arc::clone(follower).follow(PERIODS, None, stopped));
    let begun = std::time::Instant::now();
    world.outage.begin();
    while follower.lag() < Duration::from_millis(300) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(follower.lag() <= begun.elapsed() + Duration::from_millis(100));
    let report = world.application.readiness.report().await;
    assert_eq!(report.degraded(), ["change_feed"]);
    world.outage.end();
    let healed = async {
        while !follower.lag().is_zero() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // At most a second passes between two looks that fail.
    tokio::time::timeout(Duration::from_secs(30), healed)
        .await
        .expect("heals");
    assert!(follower.is_in_step());
    task.abort();
}

struct HeldBack;

#[async_trait]
impl HealthProbe for HeldBack {
    fn name(&self) -> &'static str {
        "change_feed"
    }

    async fn check(&self) -> Health {
        Health::Down("the log is held back".to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_held_back_is_listed_once_however_the_follower_is_doing() {
    let world = World::with_probes(Vec::new(), vec![Arc::new(HeldBack)]).await;
    let report = async || world.application.readiness.report().await;
    assert_eq!(report().await.degraded(), ["change_feed"]);
    world.outage.begin();
    let cut_off = world.application.follower.catch_up().await;
    assert!(cut_off.is_err());
    let report = report().await;
    assert!(report.ready);
    assert_eq!(report.degraded(), ["change_feed"]);
}
