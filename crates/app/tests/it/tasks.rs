//! What becomes of tasks, whatever happens to whoever works at them and to whoever is told. Time is virtual.

mod center;
mod setting;

use std::collections::HashSet;
use std::time::Duration;

use app::tasks::{ReachedLimit, SubmitError};
use chrono::TimeDelta;
use domain::task::{Lease, NoticeKind, PlainText, TaskId, TaskSpec, TaskState};
use ports::{Clock as _, TaskStore as _};
use tokio::time::{advance, sleep};

use self::setting::{Act, Setting, spec};

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
