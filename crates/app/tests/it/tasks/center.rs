//! What the Command Center and the senders of tasks hear, whatever their answers are.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::task::{NoticeKind, TaskState};
use ports::{AgentEventKind, AgentStatus};
use tokio::sync::watch;
use tokio::time::{Instant, advance, sleep};

use super::SOON;
use super::setting::{Setting, spec};
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_center_that_is_down_is_told_when_it_is_back() {
    let setting = Setting::new();
    setting.center.is_down.store(true, Ordering::SeqCst);
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(Duration::from_secs(600)).await;
    // The work goes on meanwhile; of its notices only the first is tried.
    assert_eq!(setting.state("a").await, TaskState::Succeeded);
    let tries = setting.center.tries.lock().expect("sound").clone();
    assert!((8..=14).contains(&tries.len()), "{}", tries.len());
    assert!(tries.iter().all(|at| *at == tries[0]));
    setting.center.is_down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(setting.center.kinds("a").len(), 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_nobody_takes_for_a_day_is_given_up() {
    let setting = Setting::new();
    setting.center.is_down.store(true, Ordering::SeqCst);
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(SOON).await;
    advance(Duration::from_secs(25 * 3_600)).await;
    sleep(Duration::from_secs(90)).await;
    // All three are a day old, and each is tried five times in its turn.
    assert_eq!(setting.center.tries.lock().expect("sound").len(), 15);
    assert_eq!(*setting.counted.buried.lock().expect("sound"), 3);
    assert!(setting.center.told.lock().expect("sound").is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_center_hears_that_we_are_there_and_what_happens() {
    let setting = Setting::new();
    let world = World::empty().await;
    let presence = setting.tasks.presence(&world.application.readiness);
    let presence = presence.expect("there is a center");
    setting.center.is_down.store(true, Ordering::SeqCst);
    let (stop, stopped) = watch::channel(false);
    let announcing = tokio::spawn(Arc::clone(&presence).announce(stopped.clone()));
    let telling = tokio::spawn(presence.tell(stopped));
    let running = setting.run();
    setting.submit(spec("a")).await;
    setting.tasks.search_executed(7);
    setting.tasks.error_occurred("STORE_UNAVAILABLE");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(setting.tasks.is_center_up(), Some(false));
    setting.center.is_down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(100)).await;
    assert_eq!(setting.tasks.is_center_up(), Some(true));
    assert_eq!(
        *setting.center.registrations.lock().expect("sound"),
        ["agent-1"]
    );
    let kinds = setting.center.event_kinds();
    let expected = [
        AgentEventKind::TaskReceived,
        AgentEventKind::SearchExecuted,
        AgentEventKind::ErrorOccurred,
        AgentEventKind::TaskStarted,
        AgentEventKind::TaskCompleted,
    ];
    for kind in expected {
        assert_eq!(
            kinds.iter().filter(|one| **one == kind).count(),
            1,
            "{kind:?}"
        );
    }
    stop.send(true).expect("they run");
    announcing.await.expect("ends");
    telling.await.expect("ends");
    let heartbeats = setting.center.heartbeats.lock().expect("sound").clone();
    assert!(heartbeats.len() >= 3, "{heartbeats:?}");
    assert_eq!(heartbeats.last(), Some(&AgentStatus::Draining));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_center_that_knows_us_already_hears_that_we_live() {
    let setting = Setting::new();
    let world = World::empty().await;
    let presence = setting.tasks.presence(&world.application.readiness);
    let presence = presence.expect("there is a center");
    setting.center.is_acquainted.store(true, Ordering::SeqCst);
    let (stop, stopped) = watch::channel(false);
    let announcing = tokio::spawn(presence.announce(stopped));
    sleep(Duration::from_secs(40)).await;
    assert_eq!(setting.tasks.is_center_up(), Some(true));
    let registrations = setting.center.registrations.lock().expect("sound").len();
    let heartbeats = setting.center.heartbeats.lock().expect("sound").len();
    assert_eq!((registrations, heartbeats), (1, 2));
    stop.send(true).expect("it runs");
    announcing.await.expect("ends");
}

#[tokio::test(start_paused = true)]
async fn a_slow_center_does_not_hold_up_the_end_of_the_process() {
    let setting = Setting::new();
    let world = World::empty().await;
    let presence = setting.tasks.presence(&world.application.readiness);
    let presence = presence.expect("there is a center");
    *setting.center.event_delay.lock().expect("sound") = Duration::from_secs(1);
    for results in 0..9_000 {
        setting.tasks.search_executed(results);
    }
    let (stop, stopped) = watch::channel(false);
    let telling = tokio::spawn(presence.tell(stopped));
    sleep(Duration::from_secs(10)).await;
    let before = setting.center.events.lock().expect("sound").len();
    assert!(before >= 800, "{before}");
    let begun = Instant::now();
    stop.send(true).expect("it runs");
    telling.await.expect("ends");
    assert!(begun.elapsed() <= Duration::from_secs(2));
    // What was under way came to its end.
    let events = setting.center.events.lock().expect("sound");
    assert!(events.len() > before, "{}", events.len());
}

#[tokio::test(start_paused = true)]
async fn what_follows_events_that_are_refused_is_sent() {
    let setting = Setting::new();
    let world = World::empty().await;
    let presence = setting.tasks.presence(&world.application.readiness);
    let presence = presence.expect("there is a center");
    setting.center.refuses_events.store(true, Ordering::SeqCst);
    for results in 0..250 {
        setting.tasks.search_executed(results);
    }
    let (stop, stopped) = watch::channel(false);
    let telling = tokio::spawn(presence.tell(stopped));
    sleep(Duration::from_millis(500)).await;
    setting.center.refuses_events.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(setting.center.events.lock().expect("sound").len(), 150);
    stop.send(true).expect("it runs");
    telling.await.expect("ends");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_on_the_way_does_not_hold_up_the_result() {
    let setting = Setting::new();
    *setting.center.refused.lock().expect("sound") = Some(NoticeKind::Accepted);
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(SOON).await;
    let expected = [NoticeKind::InProgress, NoticeKind::Succeeded];
    assert_eq!(setting.center.kinds("a"), expected);
    // The result itself is worth further tries.
    *setting.center.refused.lock().expect("sound") = Some(NoticeKind::Succeeded);
    setting.submit(spec("b")).await;
    sleep(Duration::from_secs(600)).await;
    *setting.center.refused.lock().expect("sound") = None;
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(
        setting.center.kinds("b").last(),
        Some(&NoticeKind::Succeeded)
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_notice_whose_origin_is_configured_again_is_delivered() {
    let setting = Setting::new();
    setting.center.is_elsewhere.store(true, Ordering::SeqCst);
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(Duration::from_secs(60)).await;
    setting.center.is_elsewhere.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(120)).await;
    assert_eq!(setting.center.kinds("a").len(), 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_center_does_not_hold_up_the_end() {
    let setting = Setting::new();
    let world = World::empty().await;
    let presence = setting.tasks.presence(&world.application.readiness);
    let presence = presence.expect("there is a center");
    let (stop, stopped) = watch::channel(false);
    let announcing = tokio::spawn(Arc::clone(&presence).announce(stopped.clone()));
    let running = setting.run();
    sleep(SOON).await;
    setting.center.is_silent.store(true, Ordering::SeqCst);
    setting.submit(spec("a")).await;
    sleep(SOON).await;
    let begun = Instant::now();
    stop.send(true).expect("it runs");
    announcing.await.expect("ends");
    running.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}
