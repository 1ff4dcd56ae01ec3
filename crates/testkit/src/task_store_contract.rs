//! What every `ports::TaskStore` that is a `ports::TaskOutbox`, too, promises.
//!
//! Each function takes an empty store and panics when a promise is broken; [`task_store_contract!`] makes a test of each.
//!
//! [`task_store_contract!`]: macro@crate::task_store_contract

mod delivering;
mod queueing;
mod working;

use std::sync::Arc;

use domain::Timestamp;
use domain::task::{
    ErrorMessage, Lease, Outcome, PlainText, Task, TaskAction, TaskError, TaskId, TaskPayload,
    TaskResources, TaskResult, TaskSpec, TaskState,
};
use ports::{Commanded, Delivery, Enqueued, TaskOutbox, TaskStore};

pub use delivering::*;
pub use queueing::*;
pub use working::*;

use crate::scholarship_store_contract::{kept, minutes_later};

/// A store with its outbox.
pub trait TaskBoard: TaskStore + TaskOutbox {}

impl<S: TaskStore + TaskOutbox> TaskBoard for S {}

type Board = Arc<dyn TaskBoard>;

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn TaskBoard>, _)`, an empty store and
/// whatever must outlive it.
#[macro_export]
macro_rules! task_store_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            task_store_contract,
            $open,
            [
                a_task_is_read_back_as_it_came_in,
                the_same_task_again_is_the_same,
                another_task_of_the_same_id_is_a_conflict,
                of_many_who_send_one_task_exactly_one_is_new,
                a_cancelled_task_is_lent_to_nobody,
                cancelling_a_running_task_takes_it_from_its_worker,
                what_has_ended_cannot_be_cancelled,
                failed_and_dead_tasks_can_be_queued_again,
                tasks_are_listed_newest_first_page_by_page,
                lists_hold_what_was_asked_for,
                what_waits_is_counted,
                unfinished_tasks_are_counted,
                finished_tasks_are_forgotten,
                the_higher_priority_goes_first_and_then_the_older_task,
                senders_take_turns_within_a_priority,
                the_same_name_of_another_owner_has_turns_of_its_own,
                a_newcomer_does_not_wait_for_a_long_queue,
                a_newcomer_does_not_overtake_everybody_for_ever,
                a_lease_that_runs_out_gives_the_task_to_another,
                a_prolonged_lease_keeps_the_task,
                after_a_takeover_the_first_worker_has_no_say,
                a_stranger_has_no_say,
                a_late_worker_may_finish_when_nobody_took_over,
                a_failed_attempt_is_repeated_at_its_time,
                a_task_without_attempts_left_is_dead,
                a_task_that_loses_every_worker_is_dead_in_the_end,
                a_lost_worker_uses_up_no_attempt,
                a_task_that_may_end_its_workers_is_lent_alone,
                what_a_worker_holds_is_answered_again,
                a_task_that_is_given_back_loses_no_attempt,
                of_many_claimers_no_two_get_one_task,
                large_results_are_kept,
                notices_go_out_in_order_one_at_a_time,
                whoever_delivered_a_notice_gets_the_next_one_of_its_task,
                what_somebody_has_is_not_lent_as_the_next_one,
                what_was_lent_with_an_answer_that_was_lost_is_found_by_name,
                notices_of_different_tasks_do_not_wait_for_each_other,
                keys_are_stable_and_never_repeated,
                a_repeated_attempt_is_not_told_again,
                a_failure_is_told_with_its_error,
                tasks_without_an_address_leave_no_notices,
                a_delivery_that_failed_is_repeated_at_its_time,
                a_lost_delivery_is_lent_again_when_its_lease_runs_out,
                a_stranger_cannot_postpone_or_bury_a_notice,
                a_buried_notice_makes_way_for_the_next,
                buried_notices_are_listed_newest_first_page_by_page,
                a_buried_notice_is_tried_again_when_told_to,
                what_is_not_buried_is_not_tried_again,
                a_notice_that_waited_long_for_another_is_the_next,
                of_many_deliverers_no_two_get_one_notice,
            ]
        );
    };
}

const DIGEST: [u8; 32] = [7; 32];

fn id(text: &str) -> TaskId {
    TaskId::parse(text).expect("an id")
}

fn plain<const MAX: usize>(text: &str) -> PlainText<MAX> {
    PlainText::parse(text).expect("a plain text")
}

/// A task with the middle priority, two retries and an address.
pub fn spec(text: &str, requested_by: &str) -> TaskSpec {
    TaskSpec {
        id: id(text),
        action: TaskAction::Search,
        payload: TaskPayload::parse(r#"{"query":"é\u0000"}"#).expect("is JSON"),
        reply_to: Some(plain("https://center.example/callback")),
        trace_id: Some(plain("trace")),
        owner: plain("owner"),
        requested_by: plain(requested_by),
        resources: TaskResources::new(5, 30_000, 2).expect("fits"),
    }
}

fn with_priority(spec: TaskSpec, priority: i64) -> TaskSpec {
    TaskSpec {
        resources: TaskResources::new(priority, 30_000, 2).expect("fits"),
        ..spec
    }
}

async fn enqueue(board: &Board, spec: TaskSpec) {
    let enqueued = board.enqueue(spec, DIGEST, minutes_later(0)).await;
    assert_eq!(enqueued.expect("is taken in"), Enqueued::New);
}

async fn enqueue_all(board: &Board, requested_by: &str, ids: &[&str]) {
    for id in ids {
        enqueue(board, spec(id, requested_by)).await;
    }
}

fn lease(worker: &str, minutes: i64) -> Lease {
    Lease {
        worker: plain(worker),
        until: minutes_later(minutes),
    }
}

/// Ids of what a worker gets at a minute, for ten.
async fn claim(board: &Board, worker: &str, limit: usize, minute: i64) -> Vec<String> {
    let lease = lease(worker, minute + 10);
    let claimed = board.claim(lease, limit, minutes_later(minute)).await;
    let claimed = claimed.expect("is lent");
    let ids = claimed.iter().map(|task| task.spec.id.to_string());
    ids.collect()
}

async fn get(board: &Board, text: &str) -> Task {
    let task = board.get(&id(text)).await.expect("is read");
    task.expect("is there")
}

async fn state(board: &Board, text: &str) -> TaskState {
    get(board, text).await.progress.state
}

fn success() -> Outcome {
    Outcome::Succeeded(TaskResult::parse(r#"{"found":1}"#).expect("is JSON"))
}

fn failure() -> TaskError {
    TaskError {
        details: Some(domain::task::JsonText::parse("[1]").expect("is JSON")),
        ..TaskError::new("BROKEN", "it broke")
    }
}

fn retry(minute: i64) -> Outcome {
    Outcome::Retry {
        at: minutes_later(minute),
        error: failure(),
    }
}

async fn finish(
    board: &Board,
    text: &str,
    worker: &str,
    outcome: Outcome,
    minute: i64,
) -> Option<TaskState> {
    let now = minutes_later(minute);
    let finished = board.finish(&id(text), worker, outcome, now).await;
    finished.expect("is answered")
}

/// Does everything about one task at once.
async fn succeed(board: &Board, text: &str, minute: i64) {
    assert_eq!(claim(board, "ann", 1, minute).await, [text]);
    let state = finish(board, text, "ann", success(), minute).await;
    assert_eq!(state, Some(TaskState::Succeeded));
}

async fn cancel(board: &Board, text: &str, minute: i64) -> Commanded {
    let cancelled = board.cancel(&id(text), minutes_later(minute)).await;
    cancelled.expect("is answered")
}

async fn requeue(board: &Board, text: &str, minute: i64) -> Commanded {
    let requeued = board.requeue(&id(text), minutes_later(minute)).await;
    requeued.expect("is answered")
}

/// What somebody gets to deliver at a minute, for ten.
async fn deliveries(board: &Board, worker: &str, minute: i64) -> Vec<Delivery> {
    let lease = lease(worker, minute + 10);
    let claimed = board
        .claim_deliveries(lease, 100, minutes_later(minute))
        .await;
    claimed.expect("are lent")
}

/// The one notice that is due, and no other.
async fn delivery(board: &Board, worker: &str, minute: i64) -> Delivery {
    let mut due = deliveries(board, worker, minute).await;
    assert_eq!(due.len(), 1, "{due:?}");
    due.remove(0)
}

async fn deliver(board: &Board, delivery: &Delivery) {
    let delivered = board.delivered(std::slice::from_ref(&delivery.key)).await;
    assert_eq!(delivered.expect("is answered"), 1);
}

fn reason() -> ErrorMessage {
    plain("503 Service Unavailable")
}

fn at(minute: i64) -> Timestamp {
    kept(minutes_later(minute))
}
