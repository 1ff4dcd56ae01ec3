//! Being lent to workers, coming back, and going to others.

use std::collections::HashSet;

use domain::task::NoticeKind;
use tokio::task::JoinSet;

use super::*;

pub async fn the_higher_priority_goes_first_and_then_the_older_task(board: Board) {
    for (text, priority) in [("b", 5), ("a", 5), ("low", 1), ("high", 10), ("c", 5)] {
        enqueue(&board, with_priority(spec(text, "x"), priority)).await;
    }
    assert_eq!(claim(&board, "ann", 2, 1).await, ["high", "b"]);
    assert_eq!(claim(&board, "ann", 9, 1).await, ["a", "c", "low"]);
    assert!(claim(&board, "ann", 9, 1).await.is_empty());
    let task = get(&board, "b").await;
    assert_eq!(task.progress.state, TaskState::Running);
    assert_eq!(task.progress.attempts, 1);
    assert_eq!(task.progress.started_at, Some(at(1)));
    let expected = Lease {
        worker: plain("ann"),
        until: at(11),
    };
    assert_eq!(task.progress.lease, Some(expected));
}

pub async fn senders_take_turns_within_a_priority(board: Board) {
    enqueue_all(&board, "x", &["x1", "x2", "x3", "x4"]).await;
    enqueue_all(&board, "y", &["y1", "y2"]).await;
    enqueue_all(&board, "z", &["z1"]).await;
    enqueue(&board, with_priority(spec("urgent", "x"), 6)).await;
    let order = claim(&board, "ann", 9, 1).await;
    assert_eq!(order, ["urgent", "x1", "y1", "z1", "x2", "y2", "x3", "x4"]);
}

pub async fn the_same_name_of_another_owner_has_turns_of_its_own(board: Board) {
    let of_other = |text: &str| TaskSpec {
        owner: plain("other"),
        ..spec(text, "x")
    };
    enqueue_all(&board, "x", &["x1", "x2", "x3"]).await;
    for text in ["o1", "o2"] {
        enqueue(&board, of_other(text)).await;
    }
    assert_eq!(claim(&board, "ann", 2, 1).await, ["x1", "o1"]);
    // Also when it comes again.
    finish(&board, "o1", "ann", Outcome::Failed(failure()), 2).await;
    assert_eq!(requeue(&board, "o1", 3).await, Commanded::Done);
    assert_eq!(claim(&board, "ann", 9, 4).await, ["x2", "o2", "x3", "o1"]);
}

pub async fn a_newcomer_does_not_wait_for_a_long_queue(board: Board) {
    let many: Vec<String> = (0..20).map(|number| format!("x{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    enqueue_all(&board, "x", &many).await;
    for text in &many[..10] {
        succeed(&board, text, 1).await;
    }
    enqueue_all(&board, "y", &["y1", "y2"]).await;
    let mut order = Vec::new();
    for _ in 0..5 {
        let next = claim(&board, "ann", 1, 2).await;
        finish(&board, &next[0], "ann", success(), 2).await;
        order.extend(next);
    }
    assert_eq!(order, ["x10", "y1", "x11", "y2", "x12"]);
}

/// A task that waits long for its repetition does not open a gap for everybody who comes.
pub async fn a_newcomer_does_not_overtake_everybody_for_ever(board: Board) {
    let many: Vec<String> = (0..12).map(|number| format!("x{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    enqueue_all(&board, "x", &many).await;
    assert_eq!(claim(&board, "ann", 1, 1).await, ["x0"]);
    finish(&board, "x0", "ann", retry(60), 1).await;
    for text in &many[1..8] {
        succeed(&board, text, 1).await;
    }
    enqueue_all(&board, "y", &["y1", "y2", "y3"]).await;
    let order = claim(&board, "ann", 5, 2).await;
    assert_eq!(order, ["x8", "y1", "x9", "y2", "x10"]);
}

pub async fn a_lease_that_runs_out_gives_the_task_to_another(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    assert_eq!(claim(&board, "ann", 1, 1).await, ["a"]);
    assert!(claim(&board, "bob", 1, 10).await.is_empty());
    assert_eq!(claim(&board, "bob", 1, 11).await, ["a"]);
    let progress = get(&board, "a").await.progress;
    assert_eq!((progress.attempts, progress.lost), (1, 1));
    assert!(progress.is_held_by("bob"));
}

pub async fn a_prolonged_lease_keeps_the_task(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    let renewed = board.renew(&id("a"), lease("ann", 30)).await;
    assert!(renewed.expect("is answered"));
    assert!(claim(&board, "bob", 1, 29).await.is_empty());
    assert_eq!(claim(&board, "bob", 1, 30).await, ["a"]);
}

pub async fn after_a_takeover_the_first_worker_has_no_say(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    claim(&board, "bob", 1, 20).await;
    let renewed = board.renew(&id("a"), lease("ann", 90)).await;
    assert!(!renewed.expect("is answered"));
    for outcome in [
        success(),
        retry(50),
        Outcome::Failed(failure()),
        Outcome::Released,
    ] {
        assert_eq!(finish(&board, "a", "ann", outcome, 21).await, None);
    }
    let progress = get(&board, "a").await.progress;
    let lease = progress.lease.expect("is running");
    assert_eq!((lease.worker.as_str(), lease.until), ("bob", at(30)));
    let state = finish(&board, "a", "bob", success(), 22).await;
    assert_eq!(state, Some(TaskState::Succeeded));
}

pub async fn a_stranger_has_no_say(board: Board) {
    assert_eq!(finish(&board, "none", "ann", success(), 1).await, None);
    let renewed = board.renew(&id("none"), lease("ann", 30)).await;
    assert!(!renewed.expect("is answered"));
    enqueue(&board, spec("a", "x")).await;
    assert_eq!(finish(&board, "a", "ann", success(), 1).await, None);
    claim(&board, "ann", 1, 1).await;
    assert_eq!(finish(&board, "a", "bob", success(), 2).await, None);
    let renewed = board.renew(&id("a"), lease("bob", 30)).await;
    assert!(!renewed.expect("is answered"));
    finish(&board, "a", "ann", success(), 2).await;
    assert_eq!(finish(&board, "a", "ann", success(), 2).await, None);
}

pub async fn a_late_worker_may_finish_when_nobody_took_over(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    let state = finish(&board, "a", "ann", success(), 50).await;
    assert_eq!(state, Some(TaskState::Succeeded));
}

pub async fn a_failed_attempt_is_repeated_at_its_time(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    let state = finish(&board, "a", "ann", retry(5), 2).await;
    assert_eq!(state, Some(TaskState::Queued));
    let progress = get(&board, "a").await.progress;
    assert_eq!((progress.attempts, progress.not_before), (1, at(5)));
    assert_eq!(progress.error, Some(failure()));
    assert_eq!(progress.lease, None);
    assert!(claim(&board, "bob", 1, 4).await.is_empty());
    assert_eq!(claim(&board, "bob", 1, 5).await, ["a"]);
    finish(&board, "a", "bob", success(), 6).await;
    let task = get(&board, "a").await;
    assert_eq!(task.progress.attempts, 2);
    assert_eq!(task.progress.error, None);
    assert_eq!(Outcome::Succeeded(task.result.expect("is kept")), success());
}

pub async fn a_task_without_attempts_left_is_dead(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    for expected in [TaskState::Queued, TaskState::Queued, TaskState::Dead] {
        assert_eq!(claim(&board, "ann", 1, 1).await, ["a"]);
        let state = finish(&board, "a", "ann", retry(1), 1).await;
        assert_eq!(state, Some(expected));
    }
    assert!(claim(&board, "ann", 1, 60).await.is_empty());
    let progress = get(&board, "a").await.progress;
    assert_eq!(progress.error, Some(failure()));
    assert_eq!(progress.told, NoticeKind::Failed);
    assert_eq!(requeue(&board, "a", 60).await, Commanded::Done);
    assert_eq!(claim(&board, "ann", 1, 60).await, ["a"]);
}

pub async fn a_task_that_loses_every_worker_is_dead_in_the_end(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    let mut taken = 0;
    while claim(&board, "ann", 1, taken * 10).await == ["a"] {
        taken += 1;
        assert!(taken < 20, "it goes round for ever");
    }
    assert!(taken > 3, "a lost worker is no failed attempt");
    let progress = get(&board, "a").await.progress;
    assert_eq!(progress.state, TaskState::Dead);
    assert_eq!(progress.error, Some(TaskError::worker_lost()));
}

pub async fn a_lost_worker_uses_up_no_attempt(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    for taken in 0..3 {
        assert_eq!(claim(&board, "ann", 1, taken * 10).await, ["a"]);
    }
    for expected in [TaskState::Queued, TaskState::Queued, TaskState::Dead] {
        let state = finish(&board, "a", "ann", retry(30), 30).await;
        assert_eq!(state, Some(expected));
        claim(&board, "ann", 1, 30).await;
    }
    let progress = get(&board, "a").await.progress;
    assert_eq!((progress.attempts, progress.lost), (3, 2));
    assert_eq!(requeue(&board, "a", 31).await, Commanded::Done);
    assert_eq!(get(&board, "a").await.progress.lost, 0);
}

pub async fn a_task_that_may_end_its_workers_is_lent_alone(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    assert_eq!(claim(&board, "ann", 2, 0).await, ["a", "b"]);
    // Once is no reason to suspect anybody.
    assert_eq!(claim(&board, "ann", 2, 10).await, ["a", "b"]);
    enqueue(&board, with_priority(spec("first", "x"), 9)).await;
    assert_eq!(claim(&board, "bob", 9, 20).await, ["first"]);
    assert_eq!(claim(&board, "cat", 9, 20).await, ["a"]);
    assert_eq!(claim(&board, "dan", 9, 20).await, ["b"]);
}

pub async fn what_a_worker_holds_is_answered_again(board: Board) {
    enqueue_all(&board, "x", &["a", "b", "c"]).await;
    let held = board.held(lease("ann", 40)).await.expect("is answered");
    assert!(held.is_empty());
    assert_eq!(claim(&board, "ann", 2, 1).await, ["a", "b"]);
    assert_eq!(claim(&board, "bob", 1, 1).await, ["c"]);
    finish(&board, "b", "ann", success(), 2).await;
    let held = board.held(lease("ann", 40)).await.expect("is answered");
    assert_eq!(held, [get(&board, "a").await]);
    let until = held[0].progress.lease.as_ref().map(|lease| lease.until);
    assert_eq!((held[0].progress.attempts, until), (1, Some(at(40))));
    assert_eq!(claim(&board, "cat", 9, 39).await, ["c"]);
    let state = finish(&board, "a", "ann", success(), 39).await;
    assert_eq!(state, Some(TaskState::Succeeded));
}

pub async fn a_task_that_is_given_back_loses_no_attempt(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    for minute in 1..6 {
        assert_eq!(claim(&board, "ann", 1, minute).await, ["a"]);
        let state = finish(&board, "a", "ann", Outcome::Released, minute).await;
        assert_eq!(state, Some(TaskState::Queued));
        assert_eq!(get(&board, "a").await.progress.attempts, 0);
    }
    assert_eq!(claim(&board, "bob", 9, 6).await, ["a", "b"]);
}

pub async fn of_many_claimers_no_two_get_one_task(board: Board) {
    const TASKS: usize = 60;
    for number in 0..TASKS {
        let sender = format!("sender{}", number % 3);
        enqueue(&board, spec(&format!("t{number}"), &sender)).await;
    }
    let mut workers = JoinSet::new();
    for number in 0..12 {
        let board = Arc::clone(&board);
        workers.spawn(async move {
            let worker = format!("worker{number}");
            let mut mine = Vec::new();
            // Claims see fewer than there are while others hold some; the end is when all have been taken or finished.
            loop {
                let claimed = claim(&board, &worker, 3, 1).await;
                if claimed.is_empty() {
                    return mine;
                }
                for text in &claimed {
                    let state = finish(&board, text, &worker, success(), 1).await;
                    assert_eq!(state, Some(TaskState::Succeeded));
                }
                mine.extend(claimed);
            }
        });
    }
    let mut taken: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    loop {
        let rest = claim(&board, "last", 9, 1).await;
        if rest.is_empty() {
            break;
        }
        taken.extend(rest);
    }
    let different: HashSet<&String> = taken.iter().collect();
    assert_eq!((taken.len(), different.len()), (TASKS, TASKS));
}

pub async fn large_results_are_kept(board: Board) {
    let largest = format!("\"{}\"", "é".repeat(1_024 * 512 - 1));
    let result = TaskResult::parse(largest).expect("fits");
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    let outcome = Outcome::Succeeded(result.clone());
    finish(&board, "a", "ann", outcome, 2).await;
    assert_eq!(get(&board, "a").await.result, Some(result));
}

/// For stores in which somebody else can write: `damage` does so, with SQL.
pub async fn tasks_that_cannot_be_read_keep_nobody_from_theirs(
    board: Board,
    damage: impl AsyncFn(&str),
) {
    for text in ["hurt", "lost"] {
        enqueue(&board, with_priority(spec(text, "x"), 9)).await;
    }
    enqueue(&board, spec("fine", "x")).await;
    damage("UPDATE task_notices SET kind = 'x' WHERE task IN (SELECT sequence FROM tasks WHERE id = 'hurt')").await;
    let told = deliveries(&board, "bob", 0).await;
    let told: Vec<_> = told.iter().map(|one| one.key.task.as_str()).collect();
    assert_eq!(told, ["lost", "fine"]);

    damage("UPDATE tasks SET payload = '{' WHERE id = 'hurt'").await;
    // It is put off at the first look.
    assert!(claim(&board, "ann", 1, 1).await.is_empty());
    assert_eq!(claim(&board, "ann", 1, 2).await, ["lost"]);
    damage("UPDATE tasks SET told = 'x' WHERE id = 'lost'").await;
    assert_eq!(claim(&board, "ann", 5, 30).await, ["fine"]);
    // One a page, though one of the pages has nothing that can be shown.
    let (mut listed, mut before) = (Vec::new(), None);
    for _ in 0..3 {
        let page = board.list(ports::TaskFilter::default(), before, 1).await;
        let page = page.expect("is read");
        listed.extend(page.tasks.iter().map(|task| task.id.to_string()));
        before = page.next_before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(
        (listed, before),
        (vec!["fine".to_owned(), "hurt".to_owned()], None)
    );
    assert!(board.get(&id("hurt")).await.is_err());
    damage("UPDATE tasks SET payload = '{}' WHERE id = 'hurt'").await;
    damage("UPDATE tasks SET told = 'in_progress' WHERE id = 'lost'").await;
    let mut mended = claim(&board, "ann", 5, 200).await;
    mended.sort_unstable();
    assert_eq!(mended, ["fine", "hurt", "lost"]);
}
