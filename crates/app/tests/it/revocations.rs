//! Revoked tokens are refused from the list in memory, which follows the store's and outlives its absence.

use std::sync::Arc;
use std::time::Duration;

use app::revocations::{RevocationError, Revocations, Revoked};
use chrono::TimeDelta;
use domain::Timestamp;
use ports::RevocationStore as _;
use testkit::instant;
use tokio::sync::watch;

use crate::world::World;

const DAY: Duration = Duration::from_secs(86_400);

/// Seconds after the world's beginning, as tokens say them.
fn second(seconds: i64) -> Timestamp {
    instant("2026-11-23T12:00:00Z") + TimeDelta::seconds(seconds)
}

fn revocations(world: &World) -> &Arc<Revocations> {
    &world.application.revocations
}

async fn revoke(world: &World, revoked: Revoked<'_>) {
    let revocations = revocations(world);
    revocations.revoke(revoked, DAY).await.expect("is revoked");
    revocations.refresh().await.expect("is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refused_by_its_id() {
    let world = World::empty().await;
    let is_revoked = |id| revocations(&world).is_revoked(id, "lou", second(0));
    assert!(!is_revoked(Some("one")));
    revoke(&world, Revoked::Token("one")).await;
    assert!(is_revoked(Some("one")));
    for other in [Some("two"), Some("On"), Some("ONE"), Some(""), None] {
        assert!(!is_revoked(other), "{other:?}");
    }
    // An id is no subject.
    assert!(!revocations(&world).is_revoked(None, "one", second(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_s_tokens_are_refused_until_the_second_of_the_revocation() {
    let world = World::empty().await;
    world.pass(TimeDelta::milliseconds(10_400));
    revoke(&world, Revoked::Subject("lou")).await;
    let is_revoked = |subject, at| revocations(&world).is_revoked(Some("one"), subject, second(at));
    for (issued_at, expected) in [
        (-600, true),
        (9, true),
        (10, true),
        (11, false),
        (60, false),
    ] {
        assert_eq!(is_revoked("lou", issued_at), expected, "{issued_at}");
    }
    assert!(!is_revoked("ben", 0));
    assert!(!is_revoked("one", 0));
    // And what was issued since, by another revocation.
    world.pass(TimeDelta::seconds(50));
    revoke(&world, Revoked::Subject("lou")).await;
    assert!(is_revoked("lou", 60) && !is_revoked("lou", 61));
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_ids_nor_subjects_are_kept() {
    let world = World::empty().await;
    revoke(&world, Revoked::Token("same")).await;
    revoke(&world, Revoked::Subject("same")).await;
    let kept = world.revocations.revocations(second(0)).await;
    let kept = kept.expect("is read");
    assert_eq!(kept.len(), 2);
    assert_ne!(kept[0].digest, kept[1].digest);
    let day_later = second(86_400);
    assert!(kept.iter().all(|one| one.expires_at == day_later));
    // The pseudonym is that of the store's interactions.
    let mine = world.application.interactions.mine("same").await;
    assert!(mine.expect("is read").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_list_stays_in_force_while_the_store_is_away() {
    let world = World::empty().await;
    revoke(&world, Revoked::Token("one")).await;
    revoke(&world, Revoked::Subject("lou")).await;
    world.outage.begin();
    let refreshed = revocations(&world).refresh().await;
    assert!(matches!(refreshed, Err(RevocationError::Store(_))));
    let two = revocations(&world).revoke(Revoked::Token("two"), DAY).await;
    assert!(matches!(two, Err(RevocationError::Store(_))));
    let is_revoked = |id, subject| revocations(&world).is_revoked(Some(id), subject, second(0));
    assert!(is_revoked("one", "ben") && is_revoked("three", "lou"));
    assert!(!is_revoked("two", "ben"));
    world.outage.end();
    revocations(&world).refresh().await.expect("is read");
    assert!(is_revoked("one", "ben") && is_revoked("three", "lou"));
    // What has expired leaves the list.
    world.pass(TimeDelta::days(1));
    revocations(&world).refresh().await.expect("is read");
    assert!(!is_revoked("one", "ben") && !is_revoked("three", "lou"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_kept_up_to_date_shows_what_others_revoked() {
    let world = World::empty().await;
    world.outage.begin();
    let (stop, stopped) = watch::channel(false);
    let running = Arc::clone(revocations(&world)).run(Duration::from_millis(10), stopped);
    let running = tokio::spawn(running);
    // Another process on the same store.
    let pseudonyms = app::pseudonyms::Pseudonyms::new(Arc::new(world.interactions.clone()));
    let other = Revocations::new(
        Arc::new(world.revocations.clone()),
        Arc::new(pseudonyms),
        Arc::clone(&world.application.clock),
    );
    let revoked = other.revoke(Revoked::Subject("lou"), DAY).await;
    assert_eq!(
        revoked.expect("is revoked").revoked_at,
        world.application.clock.now()
    );
    let is_revoked = || revocations(&world).is_revoked(None, "lou", second(0));
    assert!(!is_revoked(), "nothing is known until the store answers");
    world.outage.end();
    let shown = async {
        while !is_revoked() {
            tokio::task::yield_now().await;
        }
    };
    let shown = tokio::time::timeout(Duration::from_secs(20), shown).await;
    shown.expect("it is found");
    stop.send(true).expect("it runs");
    running.await.expect("it ends");
}
