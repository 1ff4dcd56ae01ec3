use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::Term as _;

const RETRY: u8 = 2;

fn second(at: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::seconds(at)
}

fn lease(worker: &str, until: i64) -> Lease {
    Lease {
        worker: PlainText::lossy(worker),
        until: second(until),
    }
}

fn running() -> Progress {
    let queued = Progress::queued(second(0));
    queued
        .claimed(lease("ann", 9), second(1))
        .expect("is taken")
}

fn try_later() -> Outcome {
    Outcome::Retry {
        at: second(5),
        error: TaskError::new("TIMEOUT", "too slow"),
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Claim,
    Succeed,
    Fail,
    Retry,
    Release,
    Lose,
    Cancel,
    Requeue,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    prop::sample::select(vec![
        Claim, Claim, Succeed, Fail, Retry, Release, Lose, Cancel, Requeue,
    ])
}

fn after(progress: Progress, step: Step, now: Timestamp) -> Option<Progress> {
    let result = TaskResult::parse("{}").expect("is JSON");
    let failed = Outcome::Failed(TaskError::new("BAD", "no"));
    match step {
        Step::Claim => progress.claimed(lease("ann", 9), now),
        Step::Succeed => progress.finished(&Outcome::Succeeded(result), RETRY, now),
        Step::Fail => progress.finished(&failed, RETRY, now),
        Step::Retry => progress.finished(&try_later(), RETRY, now),
        Step::Release => progress.finished(&Outcome::Released, RETRY, now),
        Step::Lose => progress.lost(now),
        Step::Cancel => progress.cancelled(now),
        Step::Requeue => progress.requeued(now),
    }
}

proptest! {
    #[test]
    fn whatever_happens_a_task_stays_consistent(steps in prop::collection::vec(step(), 0..40)) {
        let mut progress = Progress::queued(second(0));
        for (at, step) in (1..).zip(steps) {
            let Some(next) = after(progress.clone(), step, second(at)) else {
                continue;
            };
            prop_assert!(progress.state.may_become(next.state), "{:?} after {:?}", next, progress);
            prop_assert_eq!(next.state == TaskState::Running, next.lease.is_some());
            prop_assert_eq!(next.state.is_finished(), next.finished_at.is_some());
            prop_assert_eq!(next.created_at, second(0));
            prop_assert!(next.attempts <= u32::from(RETRY) + 1);
            prop_assert!(next.lost <= LOST_AT_MOST + 1);
            let told = match next.state {
                TaskState::Queued if next.told == NoticeKind::InProgress => NoticeKind::InProgress,
                TaskState::Queued => NoticeKind::Accepted,
                TaskState::Running => NoticeKind::InProgress,
                TaskState::Succeeded => NoticeKind::Succeeded,
                TaskState::Failed | TaskState::Dead => NoticeKind::Failed,
                TaskState::Cancelled => NoticeKind::Cancelled,
            };
            prop_assert_eq!(next.told, told);
            progress = next;
        }
    }

    #[test]
    fn a_task_that_is_only_taken_and_lost_ends(gifts in 0_usize..100) {
        let mut progress = Progress::queued(second(0));
        let mut taken = 0;
        for _ in 0..gifts {
            let Some(claimed) = after(progress.clone(), Step::Claim, second(1)) else {
                break;
            };
            taken += 1;
            progress = after(claimed, Step::Lose, second(2)).expect("was running");
        }
        prop_assert_eq!(taken, gifts.min(6));
        prop_assert_eq!(progress.state == TaskState::Dead, gifts >= 6);
    }
}

#[test]
fn only_the_named_changes_of_state_are_allowed() {
    let allowed: Vec<_> = TaskState::ALL
        .iter()
        .flat_map(|from| TaskState::ALL.iter().map(move |to| (*from, *to)))
        .filter(|(from, to)| from.may_become(*to))
        .map(|(from, to)| format!("{} {}", from.code(), to.code()))
        .collect();
    let expected = [
        "queued running",
        "queued cancelled",
        "running queued",
        "running succeeded",
        "running failed",
        "running cancelled",
        "running dead",
        "failed queued",
        "dead queued",
    ];
    assert_eq!(allowed, expected);
}

#[test]
fn attempts_are_the_first_one_and_the_retries() {
    let mut progress = running();
    for _ in 0..RETRY {
        progress = after(progress, Step::Retry, second(3)).expect("was running");
        assert_eq!(progress.state, TaskState::Queued);
        assert_eq!(progress.not_before, second(5));
        assert_eq!(progress.told, NoticeKind::InProgress);
        progress = after(progress, Step::Claim, second(5)).expect("is queued");
    }
    progress = after(progress, Step::Retry, second(7)).expect("was running");
    assert_eq!(progress.state, TaskState::Dead);
    assert_eq!(progress.told, NoticeKind::Failed);
    assert_eq!(progress.execution_ms(), Some(2_000));
    let again = progress.requeued(second(8)).expect("is dead");
    assert_eq!((again.attempts, again.error), (0, None));
}

#[test]
fn a_lost_worker_uses_up_no_attempt() {
    let mut progress = running();
    for lost in 1..=LOST_AT_MOST {
        let waiting = after(progress, Step::Lose, second(2)).expect("was running");
        assert_eq!((waiting.attempts, waiting.lost), (0, lost));
        assert_eq!(waiting.is_suspect(), lost >= 2);
        progress = after(waiting, Step::Claim, second(3)).expect("is queued");
    }
    // It has all its attempts yet.
    for _ in 0..RETRY {
        let waiting = after(progress, Step::Retry, second(4)).expect("was running");
        assert_eq!(waiting.state, TaskState::Queued);
        progress = after(waiting, Step::Claim, second(5)).expect("is queued");
    }
    let dead = after(progress, Step::Retry, second(6)).expect("was running");
    assert_eq!(dead.state, TaskState::Dead);
    let again = dead.requeued(second(7)).expect("is dead");
    assert_eq!(again.lost, 0);
}

#[test]
fn an_attempt_that_was_given_back_does_not_count() {
    let released = after(running(), Step::Release, second(2)).expect("was running");
    assert_eq!(released.attempts, 0);
    assert_eq!(released.execution_ms(), None);
}

#[test]
fn only_the_worker_with_the_lease_holds_a_task() {
    assert!(running().is_held_by("ann"));
    assert!(!running().is_held_by("bob"));
    assert!(!Progress::queued(second(0)).is_held_by("ann"));
}
