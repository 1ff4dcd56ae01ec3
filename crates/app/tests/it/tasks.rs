//! What becomes of tasks, whatever happens to whoever works at them and to whoever is told. Time is virtual.

mod setting;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::tasks::{ReachedLimit, SubmitError};
use chrono::TimeDelta;
use domain::task::{Lease, NoticeKind, PlainText, TaskId, TaskSpec, TaskState};
use ports::{AgentEventKind, AgentStatus, Clock as _, TaskStore as _};
use tokio::sync::watch;
use tokio::time::{Instant, advance, sleep};

use self::setting::{Act, Setting, spec};
use crate::world::World;

const SOON: Duration = Duration::from_secs(3);

#[tokio::test(start_paused = true)]
async fn a_task_is_done_and_its_sender_told_in_order() {
    let setting = Setting::new();
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(SOON).await;
    assert_eq!(setting.state("a").await, TaskState::Succeeded);
    let kinds = setting.center.kinds("a");
    let expected = [
        NoticeKind::Accepted,
        NoticeKind::InProgress,
        NoticeKind::Succeeded,
    ];
    assert_eq!(kinds, expected);
    let told = setting.center.told.lock().expect("sound").clone();
    let result = told[2].result.as_ref().map(|result| result.as_str());
    assert_eq!(result, Some("\"a\""));
    let keys: HashSet<_> = told.iter().map(|one| one.key.clone()).collect();
    assert_eq!(keys.len(), 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_what_lasts_is_not() {
    let setting = Setting::new();
    let running = setting.run();
    setting.script("passing", &[Act::FailForNow, Act::FailForNow]);
    setting.script(
        "stubborn",
        &[Act::FailForNow, Act::FailForNow, Act::FailForNow],
    );
    setting.script("lasting", &[Act::FailForGood]);
    for id in ["passing", "stubborn", "lasting"] {
        setting.submit(spec(id)).await;
    }
    sleep(Duration::from_secs(30)).await;
    assert_eq!(setting.state("passing").await, TaskState::Succeeded);
    assert_eq!(setting.state("stubborn").await, TaskState::Dead);
    assert_eq!(setting.state("lasting").await, TaskState::Failed);
    let runs = setting.runner.runs.lock().expect("sound").clone();
    let count = |id: &str| runs.iter().filter(|run| *run == id).count();
    assert_eq!(
        (count("passing"), count("stubborn"), count("lasting")),
        (3, 3, 1)
    );
    assert_eq!(
        setting.center.kinds("stubborn").last(),
        Some(&NoticeKind::Failed)
    );
    let told = setting.center.told.lock().expect("sound").clone();
    let failed = told.iter().find(|one| one.kind == NoticeKind::Failed);
    let error = failed.and_then(|one| one.error.clone()).expect("says why");
    assert_eq!(error.code.as_str(), "BROKEN");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_with_the_time_that_its_sender_allowed() {
    let setting = Setting::new();
    let running = setting.run();
    let long = Act::Take(Duration::from_secs(60));
    setting.script("long", &[long.clone(), long.clone(), long]);
    setting.submit(spec("long")).await;
    sleep(Duration::from_secs(4)).await;
    assert_eq!(setting.state("long").await, TaskState::Running);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(setting.state("long").await, TaskState::Dead);
    let outcomes = setting.counted.outcomes.lock().expect("sound").clone();
    assert_eq!(outcomes, ["retry", "retry", "dead"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_keeps_no_place_and_its_task_is_tried_again() {
    let setting = Setting::new();
    let running = setting.run();
    // As many as can be worked at once: were their places kept, nothing could be done any more.
    for id in ["a", "b"] {
        setting.script(id, &[Act::Panic]);
        setting.submit(spec(id)).await;
    }
    sleep(SOON).await;
    assert_eq!(setting.tasks.workload().busy, 0);
    setting.submit(spec("c")).await;
    sleep(SOON).await;
    assert_eq!(setting.state("c").await, TaskState::Succeeded);
    // Their leases end after 30 seconds.
    sleep(Duration::from_secs(32)).await;
    for id in ["a", "b"] {
        assert_eq!(setting.state(id).await, TaskState::Succeeded);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_while_the_work_goes_on() {
    let setting = Setting::new();
    let other = Setting::beside(setting.store.clone(), "agent-2");
    let (running, beside) = (setting.run(), other.run());
    let long = Act::Take(Duration::from_secs(200));
    setting.script("long", std::slice::from_ref(&long));
    other.script("long", &[long]);
    let mut patient = spec("long");
    patient.resources = domain::task::TaskResources::new(5, 300_000, 0).expect("fits");
    setting.submit(patient).await;
    sleep(Duration::from_secs(250)).await;
    assert_eq!(setting.state("long").await, TaskState::Succeeded);
    let runs = |of: &Setting| of.runner.runs.lock().expect("sound").len();
    assert_eq!(runs(&setting) + runs(&other), 1);
    running.stop().await;
    beside.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_task_of_a_killed_worker_goes_to_another_one() {
    let setting = Setting::new();
    setting.submit(spec("a")).await;
    // Claimed by a process that is never heard of again.
    let lease = Lease {
        worker: PlainText::lossy("killed"),
        until: setting.clock.now() + TimeDelta::seconds(30),
    };
    let claimed = setting.store.claim(lease, 1, setting.clock.now()).await;
    assert_eq!(claimed.expect("answers").len(), 1);
    let running = setting.run();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(setting.state("a").await, TaskState::Running);
    sleep(Duration::from_secs(15)).await;
    assert_eq!(setting.state("a").await, TaskState::Succeeded);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_given_back_when_the_process_stops() {
    let setting = Setting::new();
    let running = setting.run();
    setting.script("long", &[Act::Take(Duration::from_secs(4))]);
    setting.submit(spec("long")).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(setting.state("long").await, TaskState::Running);
    running.stop().await;
    assert_eq!(setting.state("long").await, TaskState::Queued);
    let outcomes = setting.counted.outcomes.lock().expect("sound").clone();
    assert_eq!(outcomes, ["released"]);
    let again = setting.run();
    sleep(SOON).await;
    assert_eq!(setting.state("long").await, TaskState::Succeeded);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_task_is_left_alone() {
    let setting = Setting::new();
    let running = setting.run();
    setting.script("long", &[Act::Take(Duration::from_secs(100))]);
    let mut patient = spec("long");
    patient.resources = domain::task::TaskResources::new(5, 300_000, 0).expect("fits");
    setting.submit(patient).await;
    sleep(Duration::from_secs(1)).await;
    let id = TaskId::parse("long").expect("an id");
    let commanded = setting.tasks.cancel(&id).await.expect("answers");
    assert_eq!(commanded, ports::Commanded::Done);
    sleep(Duration::from_secs(15)).await;
    assert_eq!(
        *setting.counted.outcomes.lock().expect("sound"),
        ["abandoned"]
    );
    assert_eq!(setting.state("long").await, TaskState::Cancelled);
    assert_eq!(
        setting.center.kinds("long").last(),
        Some(&NoticeKind::Cancelled)
    );
    running.stop().await;
}

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
async fn a_token_and_an_id_are_good_for_one_task() {
    let setting = Setting::new();
    let submit =
        async |token: &str, id: &str, body: &[u8]| setting.submit_with(token, spec(id), body).await;
    for _ in 0..2 {
        submit("token", "a", b"body").await.expect("the same again");
    }
    let refused = |outcome: Result<(), SubmitError>| outcome.expect_err("is refused");
    let replayed = refused(submit("token", "b", b"body").await);
    assert!(matches!(replayed, SubmitError::Replayed), "{replayed}");
    let replayed = refused(submit("token", "a", b"other").await);
    assert!(matches!(replayed, SubmitError::Replayed), "{replayed}");
    submit("token-2", "a", b"body")
        .await
        .expect("the same again");
    let conflict = refused(submit("token-3", "a", b"other").await);
    assert!(matches!(conflict, SubmitError::Conflict), "{conflict}");
    let stranger = TaskSpec {
        owner: PlainText::lossy("stranger"),
        ..spec("a")
    };
    let conflict = refused(setting.submit_with("token-4", stranger, b"body").await);
    assert!(matches!(conflict, SubmitError::Conflict), "{conflict}");
    let elsewhere = TaskSpec {
        reply_to: Some(PlainText::lossy("http://169.254.169.254/")),
        ..spec("c")
    };
    let nowhere = refused(setting.submit_with("token-5", elsewhere, b"body").await);
    assert!(matches!(nowhere, SubmitError::ReplyToRefused), "{nowhere}");
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
async fn what_was_lent_in_a_lost_answer_is_worked_at() {
    let setting = Setting::new();
    setting.store.lose_answers(1);
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(SOON).await;
    let id = TaskId::parse("a").expect("an id");
    let task = setting.store.get(&id).await.expect("answers");
    let progress = task.expect("it is there").progress;
    assert_eq!(progress.state, TaskState::Succeeded);
    assert_eq!((progress.attempts, progress.lost), (1, 0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_may_end_its_workers_is_worked_at_alone() {
    let setting = Setting::new();
    setting.submit(spec("suspect")).await;
    // Two others had it, and were not heard of again.
    for worker in ["one", "two"] {
        let now = setting.clock.now();
        let lease = Lease {
            worker: PlainText::lossy(worker),
            until: now + TimeDelta::seconds(1),
        };
        let claimed = setting.store.claim(lease, 1, now).await.expect("answers");
        assert_eq!(claimed.len(), 1);
        sleep(Duration::from_secs(2)).await;
    }
    setting.script("suspect", &[Act::Take(Duration::from_secs(4))]);
    let running = setting.run();
    setting.submit(spec("other")).await;
    sleep(SOON).await;
    assert_eq!(setting.state("suspect").await, TaskState::Running);
    assert_eq!(setting.state("other").await, TaskState::Queued);
    sleep(SOON).await;
    assert_eq!(setting.state("suspect").await, TaskState::Succeeded);
    assert_eq!(setting.state("other").await, TaskState::Succeeded);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_one_owner_and_all_may_have_unfinished_is_limited() {
    let setting = Setting::new();
    let of = |number: usize, owner: &str| TaskSpec {
        owner: PlainText::lossy(owner),
        ..spec(&format!("{owner}{number}"))
    };
    // At once, between two counts of the store.
    for number in 0..20 {
        setting.submit(of(number, "ann")).await;
    }
    let refused = setting.submit_with("x", of(20, "ann"), b"body").await;
    let reached = |refused: Result<(), SubmitError>| match refused {
        Err(SubmitError::TooMany(limit)) => limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(reached(refused), ReachedLimit::OfOwner(20));
    // A repetition is nothing more.
    setting.submit(of(3, "ann")).await;
    for number in 0..5 {
        setting.submit(of(number, "bob")).await;
    }
    sleep(Duration::from_millis(1_001)).await;
    let refused = setting.submit_with("y", of(5, "bob"), b"body").await;
    assert_eq!(reached(refused), ReachedLimit::InAll(25));
    let refused = setting.submit_with("x", of(20, "ann"), b"body").await;
    assert_eq!(reached(refused), ReachedLimit::OfOwner(20));
    // The token of what was refused is still good.
    let running = setting.run();
    sleep(SOON).await;
    setting
        .submit_with("x", of(20, "ann"), b"body")
        .await
        .expect("there is room again");
    running.stop().await;
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
async fn tasks_are_forgotten_some_days_after_their_end() {
    let setting = Setting::new();
    let running = setting.run();
    setting.submit(spec("a")).await;
    sleep(SOON).await;
    advance(Duration::from_secs(6 * 86_400)).await;
    sleep(SOON).await;
    assert_eq!(setting.state("a").await, TaskState::Succeeded);
    advance(Duration::from_secs(2 * 86_400)).await;
    sleep(SOON).await;
    let id = TaskId::parse("a").expect("an id");
    assert_eq!(setting.store.get(&id).await.expect("answers"), None);
    running.stop().await;
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

#[tokio::test(start_paused = true)]
async fn each_attempt_holds_its_task_under_a_name_of_its_own() {
    let setting = Setting::new();
    let running = setting.run();
    let mut names = HashSet::new();
    for id in ["a", "b"] {
        setting.script(id, &[Act::Take(Duration::from_secs(4))]);
        setting.submit(spec(id)).await;
        sleep(Duration::from_secs(1)).await;
        let id = TaskId::parse(id).expect("an id");
        let task = setting.store.get(&id).await.expect("answers");
        let lease = task.and_then(|task| task.progress.lease);
        names.insert(lease.expect("it is worked at").worker.to_string());
    }
    assert_eq!(names.len(), 2, "{names:?}");
    running.stop().await;
}
