//! What senders are told.

use std::collections::HashSet;

use domain::task::NoticeKind;
use ports::{BuriedNotice, BuriedPage, NoticeKey};
use tokio::task::JoinSet;

use super::*;

pub async fn notices_go_out_in_order_one_at_a_time(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    finish(&board, "a", "ann", success(), 3).await;
    let accepted = delivery(&board, "bob", 4).await;
    assert_eq!((accepted.kind, accepted.at), (NoticeKind::Accepted, at(0)));
    assert_eq!(accepted.reply_to, plain("https://center.example/callback"));
    assert_eq!(accepted.trace_id, Some(plain("trace")));
    assert_eq!((accepted.result.as_ref(), accepted.attempts), (None, 1));
    assert!(deliveries(&board, "cat", 4).await.is_empty());
    deliver(&board, &accepted).await;
    let in_progress = delivery(&board, "cat", 4).await;
    let kind_and_instant = (in_progress.kind, in_progress.at);
    assert_eq!(kind_and_instant, (NoticeKind::InProgress, at(1)));
    assert!(deliveries(&board, "bob", 4).await.is_empty());
    deliver(&board, &in_progress).await;
    let succeeded = delivery(&board, "bob", 4).await;
    assert_eq!(
        (succeeded.kind, succeeded.at),
        (NoticeKind::Succeeded, at(3))
    );
    assert_eq!(succeeded.result, get(&board, "a").await.result);
    assert!(succeeded.result.is_some());
    assert_eq!(succeeded.execution_ms, Some(120_000));
    assert_eq!(succeeded.error, None);
    deliver(&board, &succeeded).await;
    assert!(deliveries(&board, "bob", 60).await.is_empty());
}

pub async fn whoever_delivered_a_notice_gets_the_next_one_of_its_task(board: Board) {
    enqueue_all(&board, "x", &["a", "b", "c", "d"]).await;
    for id in ["a", "b", "c"] {
        cancel(&board, id, 1).await;
    }
    let first = deliveries(&board, "bob", 2).await;
    let [a, b, c, d] = &first[..] else {
        panic!("there are four tasks: {first:?}");
    };
    let next = async |keys: &[NoticeKey], minute| {
        let lease = lease("bob", minute);
        let next = board.delivered_and_next(keys, lease).await;
        next.expect("are lent")
    };
    // There is none of the last one.
    let lent = next(&[a.key.clone(), b.key.clone(), d.key.clone()], 20).await;
    let told: Vec<_> = lent.iter().map(|one| (&one.key.task, one.kind)).collect();
    let cancelled = NoticeKind::Cancelled;
    assert_eq!(told, [(&id("a"), cancelled), (&id("b"), cancelled)]);
    assert!(lent.iter().all(|one| one.attempts == 1 && one.at == at(1)));
    // Nobody else gets them while the lease lasts.
    let others = deliveries(&board, "cat", 12).await;
    assert_eq!(others[0].key, c.key);
    assert_eq!(others.len(), 1);
    let again = deliveries(&board, "dan", 20).await;
    let expected = [&lent[0].key, &lent[1].key];
    assert_eq!(
        again.iter().map(|one| &one.key).collect::<Vec<_>>(),
        expected
    );
    // Whoever says late what is known already gets nothing of it.
    assert!(next(&[a.key.clone(), b.key.clone()], 40).await.is_empty());
    for delivery in &again {
        deliver(&board, delivery).await;
    }
}

pub async fn what_somebody_has_is_not_lent_as_the_next_one(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    cancel(&board, "a", 1).await;
    let first = delivery(&board, "bob", 2).await;
    let buried = board.bury(&first.key, "bob", reason(), minutes_later(3));
    assert!(buried.await.expect("is answered"));
    // The second one is under way when the first is to be tried again.
    let second = delivery(&board, "cat", 4).await;
    assert!(redeliver(&board, &first.key, 5).await);
    let again = delivery(&board, "bob", 5).await;
    assert_eq!(again.key, first.key);
    let next = board.delivered_and_next(std::slice::from_ref(&again.key), lease("bob", 30));
    assert!(next.await.expect("are lent").is_empty());
    deliver(&board, &second).await;
}

pub async fn what_was_lent_with_an_answer_that_was_lost_is_found_by_name(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    let lent = deliveries(&board, "bob", 1).await;
    let buried = board.bury(&lent[1].key, "bob", reason(), minutes_later(2));
    assert!(buried.await.expect("is answered"));
    let held = board.held_deliveries(lease("bob", 30)).await;
    assert_eq!(held.expect("are read"), lent[..1]);
    // With its new lease.
    assert!(deliveries(&board, "cat", 29).await.is_empty());
    let nothing = board.held_deliveries(lease("cat", 30)).await;
    assert!(nothing.expect("are read").is_empty());
    assert_eq!(delivery(&board, "cat", 30).await.key, lent[0].key);
}

pub async fn notices_of_different_tasks_do_not_wait_for_each_other(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    cancel(&board, "b", 1).await;
    let due = deliveries(&board, "bob", 2).await;
    let tasks: Vec<_> = due
        .iter()
        .map(|delivery| delivery.key.task.as_str())
        .collect();
    assert_eq!(tasks, ["a", "b"]);
    deliver(&board, &due[1]).await;
    let cancelled = delivery(&board, "bob", 2).await;
    assert_eq!(cancelled.key.task, id("b"));
    assert_eq!(cancelled.kind, NoticeKind::Cancelled);
}

pub async fn keys_are_stable_and_never_repeated(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    let first = delivery(&board, "bob", 1).await;
    let again = delivery(&board, "cat", 11).await;
    assert_eq!(first.key, again.key);
    assert!(first.key.to_string().starts_with("a."));
    let mut keys = vec![first.key.to_string()];
    deliver(&board, &first).await;
    let again = board.delivered(std::slice::from_ref(&first.key)).await;
    assert_eq!(again.expect("is answered"), 0);
    for round in 0..2 {
        claim(&board, "ann", 1, 12).await;
        finish(&board, "a", "ann", Outcome::Failed(failure()), 12).await;
        requeue(&board, "a", 12).await;
        for _ in 0..3 {
            let delivery = delivery(&board, "bob", 12).await;
            keys.push(delivery.key.to_string());
            deliver(&board, &delivery).await;
        }
        assert_eq!(keys.len(), 4 + 3 * round);
    }
    cancel(&board, "a", 13).await;
    let last = delivery(&board, "bob", 13).await;
    keys.push(last.key.to_string());
    deliver(&board, &last).await;
    // Another task may have the id of one that was forgotten, and yet no key comes again.
    let forgotten = board.forget_finished(minutes_later(60), 10).await;
    assert_eq!(forgotten.expect("is removed"), 1);
    enqueue(&board, spec("a", "x")).await;
    keys.push(delivery(&board, "bob", 61).await.key.to_string());
    let different: HashSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:?}");
}

pub async fn a_repeated_attempt_is_not_told_again(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    for outcome in [retry(1), Outcome::Released, success()] {
        claim(&board, "ann", 1, 1).await;
        finish(&board, "a", "ann", outcome, 1).await;
    }
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let delivery = delivery(&board, "bob", 2).await;
        deliver(&board, &delivery).await;
        kinds.push(delivery.kind);
    }
    use NoticeKind::{Accepted, InProgress, Succeeded};
    assert_eq!(kinds, [Accepted, InProgress, Succeeded]);
    assert!(deliveries(&board, "bob", 60).await.is_empty());
}

pub async fn a_failure_is_told_with_its_error(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    claim(&board, "ann", 1, 1).await;
    finish(&board, "a", "ann", Outcome::Failed(failure()), 2).await;
    requeue(&board, "a", 3).await;
    succeed(&board, "a", 4).await;
    let mut told = Vec::new();
    for _ in 0..6 {
        let delivery = delivery(&board, "bob", 5).await;
        deliver(&board, &delivery).await;
        told.push((delivery.kind, delivery.error, delivery.execution_ms));
    }
    let failed = (NoticeKind::Failed, Some(failure()), Some(60_000));
    assert_eq!(told[2], failed);
    assert_eq!(told[3], (NoticeKind::Accepted, None, None));
    assert_eq!(told[5], (NoticeKind::Succeeded, None, Some(0)));
}

pub async fn tasks_without_an_address_leave_no_notices(board: Board) {
    let silent = TaskSpec {
        reply_to: None,
        ..spec("a", "x")
    };
    enqueue(&board, silent).await;
    succeed(&board, "a", 1).await;
    assert!(deliveries(&board, "bob", 60).await.is_empty());
    let forgotten = board.forget_finished(minutes_later(60), 10).await;
    assert_eq!(forgotten.expect("is removed"), 1);
}

pub async fn a_delivery_that_failed_is_repeated_at_its_time(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    cancel(&board, "a", 1).await;
    let first = delivery(&board, "bob", 2).await;
    let later = minutes_later(30);
    let postponed = board.retry_delivery(&first.key, "bob", later, reason());
    assert!(postponed.await.expect("is answered"));
    // Nor does the next notice overtake it.
    assert!(deliveries(&board, "bob", 29).await.is_empty());
    let second = delivery(&board, "cat", 30).await;
    assert_eq!(second.attempts, 2);
    let expected = Delivery {
        attempts: 2,
        ..first
    };
    assert_eq!(second, expected);
}

pub async fn a_lost_delivery_is_lent_again_when_its_lease_runs_out(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    let first = delivery(&board, "bob", 1).await;
    assert!(deliveries(&board, "cat", 10).await.is_empty());
    assert_eq!(delivery(&board, "cat", 11).await.key, first.key);
    // Whoever brought it there, it is there.
    deliver(&board, &first).await;
    assert!(deliveries(&board, "cat", 60).await.is_empty());
}

pub async fn a_stranger_cannot_postpone_or_bury_a_notice(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    let lent = delivery(&board, "bob", 1).await;
    for worker in ["cat", ""] {
        let postponed = board.retry_delivery(&lent.key, worker, minutes_later(2), reason());
        assert!(!postponed.await.expect("is answered"));
        let buried = board.bury(&lent.key, worker, reason(), minutes_later(2));
        assert!(!buried.await.expect("is answered"));
    }
    assert!(deliveries(&board, "cat", 10).await.is_empty());
    assert_eq!(delivery(&board, "cat", 11).await.key, lent.key);
}

pub async fn a_buried_notice_makes_way_for_the_next(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    cancel(&board, "a", 1).await;
    let first = delivery(&board, "bob", 2).await;
    let buried = board.bury(&first.key, "bob", reason(), minutes_later(3));
    assert!(buried.await.expect("is answered"));
    let again = board.bury(&first.key, "bob", reason(), minutes_later(3));
    assert!(!again.await.expect("is answered"), "it is buried");
    let second = delivery(&board, "bob", 3).await;
    assert_eq!(second.kind, NoticeKind::Cancelled);
    deliver(&board, &second).await;
    assert!(deliveries(&board, "bob", 90).await.is_empty());
}

/// Gives up everything that is due at a minute.
async fn bury_all(board: &Board, minute: i64) -> Vec<NoticeKey> {
    let mut keys = Vec::new();
    for delivery in deliveries(board, "bob", minute).await {
        let buried = board.bury(&delivery.key, "bob", reason(), minutes_later(minute));
        assert!(buried.await.expect("is answered"));
        keys.push(delivery.key);
    }
    keys
}

async fn redeliver(board: &Board, key: &NoticeKey, minute: i64) -> bool {
    let redelivered = board.redeliver(key, minutes_later(minute)).await;
    redelivered.expect("is answered")
}

async fn buried(board: &Board, before: Option<u64>, limit: usize) -> BuriedPage {
    board.buried(before, limit).await.expect("is read")
}

pub async fn buried_notices_are_listed_newest_first_page_by_page(board: Board) {
    assert_eq!(buried(&board, None, 10).await, BuriedPage::default());
    enqueue_all(&board, "x", &["a", "b", "c"]).await;
    let mut keys = bury_all(&board, 2).await;
    keys.reverse();
    // Due, and given up by nobody.
    enqueue(&board, spec("d", "x")).await;
    let all = buried(&board, None, 3).await;
    assert_eq!(all.next_before, None);
    let listed: Vec<_> = all.notices.iter().map(|notice| &notice.key).collect();
    assert_eq!(listed, Vec::from_iter(&keys));
    let expected = BuriedNotice {
        key: keys[0].clone(),
        kind: NoticeKind::Accepted,
        reply_to: plain("https://center.example/callback"),
        at: at(0),
        buried_at: at(2),
        attempts: 1,
        error: reason(),
    };
    assert_eq!(all.notices[0], expected);
    let first = buried(&board, None, 2).await;
    assert_eq!(first.notices, all.notices[..2]);
    let second = buried(&board, first.next_before, 2).await;
    assert_eq!(second.notices, all.notices[2..]);
    assert!(first.next_before.is_some() && second.next_before.is_none());
}

pub async fn a_buried_notice_is_tried_again_when_told_to(board: Board) {
    enqueue(&board, spec("a", "x")).await;
    cancel(&board, "a", 1).await;
    let first = delivery(&board, "bob", 2).await;
    let buried_first = board.bury(&first.key, "bob", reason(), minutes_later(3));
    assert!(buried_first.await.expect("is answered"));
    assert!(redeliver(&board, &first.key, 90).await);
    assert!(buried(&board, None, 10).await.notices.is_empty());
    // The newer one waits for it again, as long as nobody has it.
    let again = delivery(&board, "cat", 90).await;
    assert_eq!(again, first);
    deliver(&board, &again).await;
    let second = delivery(&board, "cat", 90).await;
    assert_eq!(second.kind, NoticeKind::Cancelled);
    deliver(&board, &second).await;
    // Also when all that came after it was told.
    enqueue(&board, spec("b", "x")).await;
    let keys = bury_all(&board, 91).await;
    cancel(&board, "b", 92).await;
    let cancelled = delivery(&board, "cat", 93).await;
    deliver(&board, &cancelled).await;
    assert!(redeliver(&board, &keys[0], 94).await);
    assert_eq!(delivery(&board, "cat", 94).await.key, keys[0]);
}

pub async fn what_is_not_buried_is_not_tried_again(board: Board) {
    enqueue_all(&board, "x", &["a", "b"]).await;
    let lent = deliveries(&board, "bob", 1).await;
    let buried = board.bury(&lent[1].key, "bob", reason(), minutes_later(2));
    assert!(buried.await.expect("is answered"));
    let of_other_task = NoticeKey {
        task: id("a"),
        ..lent[1].key.clone()
    };
    let nowhere = NoticeKey {
        sequence: u64::MAX,
        ..lent[1].key.clone()
    };
    for key in [&lent[0].key, &of_other_task, &nowhere] {
        assert!(!redeliver(&board, key, 3).await, "{key}");
    }
    // Whoever has the one still has it, and the other one still is given up.
    assert!(deliveries(&board, "cat", 10).await.is_empty());
    assert!(redeliver(&board, &lent[1].key, 3).await);
    assert!(!redeliver(&board, &lent[1].key, 3).await);
}

/// However often it was looked at meanwhile.
pub async fn a_notice_that_waited_long_for_another_is_the_next(board: Board) {
    let many: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
    for text in &many {
        enqueue(&board, spec(text, "x")).await;
        cancel(&board, text, 1).await;
    }
    let first = deliveries(&board, "bob", 2).await;
    assert_eq!(first.len(), many.len());
    for delivery in &first {
        let later = minutes_later(90);
        let postponed = board.retry_delivery(&delivery.key, "bob", later, reason());
        assert!(postponed.await.expect("is answered"));
    }
    for minute in [3, 20, 40, 60] {
        assert!(deliveries(&board, "cat", minute).await.is_empty());
    }
    enqueue(&board, spec("fresh", "x")).await;
    let lent = board.claim_deliveries(lease("bob", 100), 1, minutes_later(61));
    let lent = lent.await.expect("is lent");
    assert_eq!(lent[0].key.task, id("fresh"));
    deliver(&board, &lent[0]).await;
    let first = deliveries(&board, "bob", 90).await;
    assert_eq!(first.len(), many.len());
    for (number, delivery) in first.iter().enumerate() {
        if number % 2 == 0 {
            deliver(&board, delivery).await;
        } else {
            let buried = board.bury(&delivery.key, "bob", reason(), minutes_later(90));
            assert!(buried.await.expect("is answered"));
        }
    }
    let next = deliveries(&board, "bob", 90).await;
    assert_eq!(next.len(), many.len());
    let is_cancelled = |delivery: &Delivery| delivery.kind == NoticeKind::Cancelled;
    assert!(next.iter().all(is_cancelled));
}

pub async fn of_many_deliverers_no_two_get_one_notice(board: Board) {
    const TASKS: usize = 20;
    for number in 0..TASKS {
        let text = format!("t{number}");
        enqueue(&board, spec(&text, "x")).await;
        cancel(&board, &text, 1).await;
    }
    let mut workers = JoinSet::new();
    for number in 0..8 {
        let board = Arc::clone(&board);
        workers.spawn(async move {
            let worker = format!("worker{number}");
            let mut mine = Vec::new();
            loop {
                let lent = board.claim_deliveries(lease(&worker, 12), 3, minutes_later(2));
                let lent = lent.await.expect("are lent");
                if lent.is_empty() {
                    return mine;
                }
                for delivery in lent {
                    deliver(&board, &delivery).await;
                    mine.push(delivery.key);
                }
            }
        });
    }
    let mut told = workers.join_all().await.concat();
    loop {
        let rest = deliveries(&board, "last", 2).await;
        if rest.is_empty() {
            break;
        }
        for delivery in rest {
            deliver(&board, &delivery).await;
            told.push(delivery.key);
        }
    }
    let different: HashSet<_> = told.iter().collect();
    assert_eq!((told.len(), different.len()), (TASKS * 2, TASKS * 2));
}
