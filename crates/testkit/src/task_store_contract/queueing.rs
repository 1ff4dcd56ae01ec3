//! Coming in, being looked at, cancelled, queued again and forgotten.

use domain::Term as _;
use domain::task::{NoticeKind, Progress};
use ports::{ListedTask, Queued, TaskFilter, TaskPage};
use tokio::task::JoinSet;

use super::*;

pub async fn a_task_is_read_back_as_it_came_in(board: Board) {
    assert_eq!(board.get(&id("a")).await.expect("is read"), None);
    for (number, action) in TaskAction::ALL.iter().enumerate() {
        let spec = TaskSpec {
            action: *action,
            reply_to: (number % 2 == 0).then(|| plain("https://center.example/é")),
            trace_id: (number % 2 == 1).then(|| plain("t")),
            resources: TaskResources::new(10, 300_000, 10).expect("fits"),
            ..spec(&format!("a{number}"), "Zoë")
        };
        enqueue(&board, spec.clone()).await;
        let expected = Task {
            progress: Progress::queued(at(0)),
            result: None,
            spec,
        };
        assert_eq!(get(&board, &format!("a{number}")).await, expected);
    }
}

pub async fn the_same_task_again_is_the_same(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    let again = board
        .enqueue(spec("a", "x"), DIGEST, minutes_later(2))
        .await;
    let known = get(&board, "a").await;
    assert_eq!(known.progress.state, TaskState::Running);
    assert_eq!(again.expect("is known"), Enqueued::Same(Box::new(known)));
}

pub async fn another_task_of_the_same_id_is_a_conflict(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    let other = board
        .enqueue(spec("a", "y"), [8; 32], minutes_later(2))
        .await;
    assert_eq!(other.expect("is answered"), Enqueued::Conflict);
    assert_eq!(get(&board, "a").await.spec, spec("a", "x"));
    assert_eq!(deliveries(&board, "bob", 3).await.len(), 1);
}

pub async fn of_many_who_send_one_task_exactly_one_is_new(board: Board) {
    let mut senders = JoinSet::new();
    for _ in 0..32 {
        let board = Arc::clone(&board);
        senders.spawn(async move {
            let enqueued = board
                .enqueue(spec("a", "x"), DIGEST, minutes_later(0))
                .await;
            match enqueued.expect("is answered") {
                Enqueued::New => 1,
                Enqueued::Same(_) => 0,
                Enqueued::Conflict => panic!("it is the same"),
            }
        });
    }
    assert_eq!(senders.join_all().await.into_iter().sum::<usize>(), 1);
    assert_eq!(claim(&board, "ann", 9, 1).await, ["a"]);
}

pub async fn a_cancelled_task_is_lent_to_nobody(board: Board) {
    assert_eq!(cancel(&board, "a", 0).await, Commanded::NotFound);
    enqueue(&board, spec("a", "x")).await;
    assert_eq!(cancel(&board, "a", 1).await, Commanded::Done);
    let progress = get(&board, "a").await.progress;
    assert_eq!(progress.state, TaskState::Cancelled);
    assert_eq!(progress.finished_at, Some(at(1)));
    assert!(claim(&board, "ann", 9, 2).await.is_empty());
}

pub async fn cancelling_a_running_task_takes_it_from_its_worker(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    assert_eq!(cancel(&board, "a", 2).await, Commanded::Done);
    let renewed = board.renew(&id("a"), lease("ann", 20)).await;
    assert!(!renewed.expect("is answered"));
    assert_eq!(finish(&board, "a", "ann", success(), 3).await, None);
    let task = get(&board, "a").await;
    assert_eq!(task.progress.state, TaskState::Cancelled);
    assert_eq!(task.result, None);
    // Nor does it come back when the lease would have run out.
    assert!(claim(&board, "bob", 9, 30).await.is_empty());
}

pub async fn what_has_ended_cannot_be_cancelled(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    succeed(&board, "a", 1).await;
    let succeeded = Commanded::Refused(TaskState::Succeeded);
    assert_eq!(cancel(&board, "a", 2).await, succeeded);
    assert_eq!(requeue(&board, "a", 2).await, succeeded);
    assert_eq!(cancel(&board, "b", 2).await, Commanded::Done);
    let cancelled = Commanded::Refused(TaskState::Cancelled);
    assert_eq!(cancel(&board, "b", 3).await, cancelled);
    assert_eq!(requeue(&board, "b", 3).await, cancelled);
}

pub async fn failed_and_dead_tasks_can_be_queued_again(board: Board) {
    assert_eq!(requeue(&board, "a", 0).await, Commanded::NotFound);
    enqueue_all(&board, "x", &["a", "b"]).await;
    assert_eq!(
        requeue(&board, "a", 0).await,
        Commanded::Refused(TaskState::Queued)
    );
    assert_eq!(claim(&board, "ann", 1, 1).await, ["a"]);
    finish(&board, "a", "ann", Outcome::Failed(failure()), 2).await;
    let failed = get(&board, "a").await.progress;
    assert_eq!(
        (failed.state, failed.told),
        (TaskState::Failed, NoticeKind::Failed)
    );
    assert_eq!(failed.error, Some(failure()));
    assert_eq!(failed.finished_at, Some(at(2)));
    assert_eq!(requeue(&board, "a", 3).await, Commanded::Done);
    let again = get(&board, "a").await.progress;
    let expected = Progress {
        created_at: at(0),
        ..Progress::queued(at(3))
    };
    assert_eq!(again, expected);
    // Behind the sender's other task.
    assert_eq!(claim(&board, "ann", 9, 4).await, ["b", "a"]);
    assert_eq!(get(&board, "a").await.progress.attempts, 1);
}

async fn list(
    board: &Board,
    filter: TaskFilter,
    before: Option<u64>,
    limit: usize,
) -> Vec<ListedTask> {
    list_page(board, filter, before, limit).await.tasks
}

async fn list_page(
    board: &Board,
    filter: TaskFilter,
    before: Option<u64>,
    limit: usize,
) -> TaskPage {
    let listed = board.list(filter, before, limit).await;
    listed.expect("is read")
}

fn ids(listed: &[ListedTask]) -> Vec<&str> {
    listed.iter().map(|task| task.id.as_str()).collect()
}

pub async fn tasks_are_listed_newest_first_page_by_page(board: Board) {
    enqueue_all(&board, "x", &["b", "d", "a", "c", "e"]).await;
    let first = list_page(&board, TaskFilter::default(), None, 2).await;
    assert_eq!(ids(&first.tasks), ["e", "c"]);
    assert_eq!(first.next_before, Some(first.tasks[1].sequence));
    enqueue(&board, spec("f", "x")).await;
    let second = list_page(&board, TaskFilter::default(), first.next_before, 2).await;
    assert_eq!(ids(&second.tasks), ["a", "d"]);
    let third = list_page(&board, TaskFilter::default(), second.next_before, 1).await;
    assert_eq!((ids(&third.tasks), third.next_before), (vec!["b"], None));
    let last = &third.tasks[0];
    let end = list_page(&board, TaskFilter::default(), Some(last.sequence), 2).await;
    assert_eq!(end, TaskPage::default());
    let task = get(&board, "b").await;
    assert_eq!(last.progress, task.progress);
    assert_eq!(last.resources, task.spec.resources);
    assert_eq!(last.requested_by, task.spec.requested_by);
}

pub async fn lists_hold_what_was_asked_for(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    let other = TaskSpec {
        action: TaskAction::Analytics,
        ..spec("c", "y")
    };
    enqueue(&board, other).await;
    cancel(&board, "a", 1).await;
    let of_state = |state| TaskFilter {
        state: Some(state),
        ..TaskFilter::default()
    };
    let of_action = TaskFilter {
        action: Some(TaskAction::Analytics),
        ..TaskFilter::default()
    };
    let of_x = TaskFilter {
        requested_by: Some(plain("x")),
        ..TaskFilter::default()
    };
    let queued_of_x = TaskFilter {
        state: Some(TaskState::Queued),
        ..of_x.clone()
    };
    let cases: [(TaskFilter, &[&str]); 6] = [
        (of_state(TaskState::Queued), &["c", "b"]),
        (of_state(TaskState::Cancelled), &["a"]),
        (of_state(TaskState::Dead), &[]),
        (of_action, &["c"]),
        (of_x, &["b", "a"]),
        (queued_of_x, &["b"]),
    ];
    for (filter, expected) in cases {
        let listed = list(&board, filter.clone(), None, 10).await;
        assert_eq!(ids(&listed), expected, "{filter:?}");
    }
}

pub async fn what_waits_is_counted(board: Board) {
    let queued = async |most| board.queued(most).await.expect("is counted");
    let counts = |tasks, notices| Queued { tasks, notices };
    assert_eq!(queued(10).await, counts(0, 0));
    enqueue_all(&board, "x", &["a", "b", "c"]).await;
    assert_eq!(queued(10).await, counts(3, 3));
    assert_eq!(queued(2).await, counts(2, 2));
    // Who works at one tells of it, and who waits for the next attempt waits.
    claim(&board, "ann", 2, 1).await;
    finish(&board, "a", "ann", retry(30), 2).await;
    finish(&board, "b", "ann", success(), 2).await;
    assert_eq!(queued(10).await, counts(2, 6));
    let due = deliveries(&board, "bob", 3).await;
    assert_eq!(queued(10).await, counts(2, 6));
    deliver(&board, &due[0]).await;
    let buried = board.bury(&due[1].key, "bob", reason(), minutes_later(4));
    assert!(buried.await.expect("is answered"));
    assert_eq!(queued(10).await, counts(2, 4));
}

pub async fn unfinished_tasks_are_counted(board: Board) {
    enqueue_all(&board, "x", &["a", "b", "c", "d"]).await;
    let other = TaskSpec {
        owner: plain("other"),
        ..spec("e", "x")
    };
    enqueue(&board, other).await;
    succeed(&board, "a", 1).await;
    cancel(&board, "b", 1).await;
    assert_eq!(claim(&board, "ann", 1, 1).await, ["e"]);
    let (owner, other, nobody) = (plain("owner"), plain("other"), plain("nobody"));
    let cases = [
        (None, 9, 3),
        (None, 2, 2),
        (Some(&owner), 9, 2),
        (Some(&owner), 1, 1),
        (Some(&other), 9, 1),
        (Some(&nobody), 9, 0),
    ];
    for (whose, limit, expected) in cases {
        let counted = board.count_unfinished(whose, limit).await;
        assert_eq!(counted.expect("is counted"), expected, "{whose:?} {limit}");
    }
}

pub async fn finished_tasks_are_forgotten(board: Board) {
    enqueue_all(&board, "x", &["a", "b", "c", "d"]).await;
    for (minute, text) in (1..).zip(["a", "b", "c"]) {
        succeed(&board, text, minute).await;
    }
    let forget = async |minute, limit| {
        let gone = board.forget_finished(minutes_later(minute), limit).await;
        gone.expect("are removed")
    };
    loop {
        let due = deliveries(&board, "bob", 5).await;
        if due.is_empty() {
            break;
        }
        for delivery in due {
            if delivery.key.task == id("c") {
                // It stays to be delivered.
            } else if delivery.key.task == id("b") {
                let buried = board.bury(&delivery.key, "bob", reason(), minutes_later(6));
                assert!(buried.await.expect("is answered"));
            } else {
                deliver(&board, &delivery).await;
            }
        }
    }
    assert_eq!(forget(1, 10).await, 0);
    assert_eq!(forget(3, 1).await, 1);
    assert_eq!(board.get(&id("a")).await.expect("is read"), None);
    assert_eq!(forget(3, 10).await, 1);
    assert_eq!(board.get(&id("b")).await.expect("is read"), None);
    assert_eq!(state(&board, "c").await, TaskState::Succeeded);
    assert_eq!(forget(60, 10).await, 1);
    let left = deliveries(&board, "bob", 60).await;
    assert!(
        left.iter().all(|delivery| delivery.key.task == id("d")),
        "{left:?}"
    );
    assert_eq!(state(&board, "d").await, TaskState::Queued);
    enqueue(&board, spec("a", "x")).await;
}
