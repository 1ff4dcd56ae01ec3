//! Tasks in memory, for tests that are about something else than a store.

mod outbox;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::SubsecRound as _;
use domain::Timestamp;
use domain::task::{
    ErrorMessage, Lease, NoticeKind, Outcome, PlainText, Progress, Task, TaskId, TaskSpec,
    TaskState,
};
use ports::{
    Commanded, Delivery, Enqueued, ListedTask, NoticeKey, Queued, TaskFilter, TaskPage, TaskStore,
    TaskStoreError, page_of,
};

/// Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct MemoryTaskStore(Arc<Mutex<Board>>);

#[derive(Debug, Default)]
struct Board {
    /// By sequence number.
    tasks: BTreeMap<u64, Row>,
    notices: BTreeMap<u64, Notice>,
    count: u64,
    /// Claims that are yet to be answered with a failure, although they were made.
    lost_answers: u32,
}

#[derive(Debug)]
struct Row {
    task: Task,
    digest: [u8; 32],
    turn: u64,
}

#[derive(Debug)]
struct Notice {
    task: u64,
    kind: NoticeKind,
    told: Progress,
    at: Timestamp,
    due_at: Timestamp,
    worker: Option<String>,
    attempts: u32,
    /// When it was given up, and why.
    buried: Option<(Timestamp, ErrorMessage)>,
}

impl Notice {
    fn is_buried(&self) -> bool {
        self.buried.is_some()
    }
}

impl Board {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn number(&self, id: &TaskId) -> Option<u64> {
        let found = self.tasks.iter().find(|(_, row)| row.task.spec.id == *id);
        found.map(|(number, _)| *number)
    }

    fn turn(&self, spec: &TaskSpec, now: Timestamp) -> u64 {
        let priority = spec.resources.priority();
        let of_priority = || {
            let rows = self.tasks.values();
            rows.filter(move |row| row.task.spec.resources.priority() == priority)
        };
        let in_state =
            move |state| of_priority().filter(move |row| row.task.progress.state == state);
        let own = in_state(TaskState::Queued)
            .filter(|row| {
                let other = &row.task.spec;
                (&other.owner, &other.requested_by) == (&spec.owner, &spec.requested_by)
            })
            .map(|row| row.turn + 1)
            .max();
        let running = in_state(TaskState::Running).map(|row| row.turn).max();
        let first = in_state(TaskState::Queued)
            .filter(|row| row.task.progress.not_before <= now)
            .map(|row| row.turn)
            .min();
        own.max(running).max(first).unwrap_or(0)
    }

    fn save(&mut self, number: u64, progress: Progress, outcome: Option<&Outcome>, now: Timestamp) {
        let Some(row) = self.tasks.get_mut(&number) else {
            return;
        };
        if let Some(Outcome::Succeeded(result)) = outcome {
            row.task.result = Some(result.clone());
        }
        let is_news = row.task.progress.told != progress.told;
        row.task.progress = progress.clone();
        if is_news && row.task.spec.reply_to.is_some() {
            self.tell(number, progress, now);
        }
    }

    fn tell(&mut self, task: u64, told: Progress, now: Timestamp) {
        let number = self.next();
        let notice = Notice {
            task,
            kind: told.told,
            told,
            at: now,
            due_at: now,
            worker: None,
            attempts: 0,
            buried: None,
        };
        self.notices.insert(number, notice);
    }

    fn command(
        &mut self,
        id: &TaskId,
        now: Timestamp,
        change: impl FnOnce(Progress) -> Option<Progress>,
    ) -> Commanded {
        let Some(number) = self.number(id) else {
            return Commanded::NotFound;
        };
        let progress = self.tasks[&number].task.progress.clone();
        let state = progress.state;
        match change(progress) {
            Some(changed) => {
                self.save(number, changed, None, now);
                Commanded::Done
            }
            None => Commanded::Refused(state),
        }
    }

    fn end_leases(&mut self, now: Timestamp) {
        let lost = |row: &Row| {
            let lease = row.task.progress.lease.as_ref()?;
            (lease.until <= now).then(|| row.task.progress.clone().lost(now))?
        };
        let lost: Vec<_> = (self.tasks.iter())
            .filter_map(|(number, row)| Some((*number, lost(row)?)))
            .collect();
        for (number, progress) in lost {
            self.save(number, progress, None, now);
        }
    }

    fn delivery(&self, number: u64) -> Delivery {
        let notice = &self.notices[&number];
        let task = &self.tasks[&notice.task].task;
        let is_success = notice.kind == NoticeKind::Succeeded;
        Delivery {
            key: NoticeKey {
                task: task.spec.id.clone(),
                sequence: number,
            },
            kind: notice.kind,
            reply_to: task.spec.reply_to.clone().expect("it has notices"),
            trace_id: task.spec.trace_id.clone(),
            at: notice.at,
            attempts: notice.attempts,
            result: task.result.clone().filter(|_| is_success),
            error: notice.told.error.clone(),
            execution_ms: notice.told.execution_ms(),
        }
    }
}

/// As stores keep it.
fn whole(at: Timestamp) -> Timestamp {
    at.trunc_subsecs(6)
}

fn kept(lease: Lease) -> Lease {
    Lease {
        until: whole(lease.until),
        ..lease
    }
}

impl MemoryTaskStore {
    /// The next claims are made, and answered as if nobody knew.
    pub fn lose_answers(&self, count: u32) {
        self.board().lost_answers = count;
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TaskStore for MemoryTaskStore {
    async fn enqueue(
        &self,
        spec: TaskSpec,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Enqueued, TaskStoreError> {
        let now = whole(now);
        let mut board = self.board();
        if let Some(number) = board.number(&spec.id) {
            let row = &board.tasks[&number];
            return Ok(if row.digest == digest {
                Enqueued::Same(Box::new(row.task.clone()))
            } else {
                Enqueued::Conflict
            });
        }
        let (number, turn) = (board.next(), board.turn(&spec, now));
        let progress = Progress::queued(now);
        let is_told = spec.reply_to.is_some();
        let task = Task {
            spec,
            progress: progress.clone(),
            result: None,
        };
        let row = Row { task, digest, turn };
        board.tasks.insert(number, row);
        if is_told {
            board.tell(number, progress, now);
        }
        Ok(Enqueued::New)
    }

    async fn claim(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Task>, TaskStoreError> {
        let (lease, now) = (kept(lease), whole(now));
        let mut board = self.board();
        board.end_leases(now);
        let mut waiting: Vec<_> = (board.tasks.iter())
            .filter(|(_, row)| {
                let progress = &row.task.progress;
                progress.state == TaskState::Queued && progress.not_before <= now
            })
            .map(|(number, row)| {
                let priority = row.task.spec.resources.priority();
                (std::cmp::Reverse(priority), row.turn, *number)
            })
            .collect();
        waiting.sort_unstable();
        let mut claimed = Vec::new();
        for (_, _, number) in waiting.into_iter().take(limit) {
            let is_suspect = board.tasks[&number].task.progress.is_suspect();
            if is_suspect && !claimed.is_empty() {
                break;
            }
            let progress = board.tasks[&number].task.progress.clone();
            if let Some(progress) = progress.claimed(lease.clone(), now) {
                board.save(number, progress, None, now);
                claimed.push(board.tasks[&number].task.clone());
            }
            if is_suspect {
                break;
            }
        }
        if board.lost_answers > 0 && !claimed.is_empty() {
            board.lost_answers -= 1;
            return Err(TaskStoreError::Unavailable {
                operation: "claim",
                source: "the answer was lost".into(),
            });
        }
        Ok(claimed)
    }

    async fn held(&self, lease: Lease) -> Result<Vec<Task>, TaskStoreError> {
        let lease = kept(lease);
        let mut board = self.board();
        let rows = board.tasks.values_mut();
        let held = rows.filter(|row| row.task.progress.is_held_by(lease.worker.as_str()));
        let prolonged = held.map(|row| {
            row.task.progress.lease = Some(lease.clone());
            row.task.clone()
        });
        Ok(prolonged.collect())
    }

    async fn renew(&self, id: &TaskId, lease: Lease) -> Result<bool, TaskStoreError> {
        let lease = kept(lease);
        let mut board = self.board();
        let Some(number) = board.number(id) else {
            return Ok(false);
        };
        let row = board.tasks.get_mut(&number).expect("it was found");
        let is_held = row.task.progress.is_held_by(lease.worker.as_str());
        if is_held {
            row.task.progress.lease = Some(lease);
        }
        Ok(is_held)
    }

    async fn finish(
        &self,
        id: &TaskId,
        worker: &str,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Option<TaskState>, TaskStoreError> {
        let now = whole(now);
        let outcome = match outcome {
            Outcome::Retry { at, error } => Outcome::Retry {
                at: whole(at),
                error,
            },
            outcome => outcome,
        };
        let mut board = self.board();
        let Some(number) = board.number(id) else {
            return Ok(None);
        };
        let task = &board.tasks[&number].task;
        if !task.progress.is_held_by(worker) {
            return Ok(None);
        }
        let retry = task.spec.resources.retry();
        let finished = task.progress.clone().finished(&outcome, retry, now);
        Ok(finished.map(|progress| {
            let state = progress.state;
            board.save(number, progress, Some(&outcome), now);
            state
        }))
    }

    async fn cancel(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError> {
        let now = whole(now);
        Ok(self
            .board()
            .command(id, now, |progress| progress.cancelled(now)))
    }

    async fn requeue(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError> {
        let now = whole(now);
        let mut board = self.board();
        let commanded = board.command(id, now, |progress| progress.requeued(now));
        if commanded == Commanded::Done
            && let Some(number) = board.number(id)
        {
            let spec = board.tasks[&number].task.spec.clone();
            // Not its own turn: behind the sender's others.
            board.tasks.get_mut(&number).expect("it was found").turn = 0;
            let turn = board.turn(&spec, now);
            board.tasks.get_mut(&number).expect("it was found").turn = turn;
        }
        Ok(commanded)
    }

    async fn count_unfinished(
        &self,
        owner: Option<&PlainText<256>>,
        limit: u64,
    ) -> Result<u64, TaskStoreError> {
        let board = self.board();
        let unfinished = board.tasks.values().filter(|row| {
            let is_theirs = owner.is_none_or(|owner| *owner == row.task.spec.owner);
            is_theirs && row.task.progress.finished_at.is_none()
        });
        Ok((unfinished.count() as u64).min(limit))
    }

    async fn get(&self, id: &TaskId) -> Result<Option<Task>, TaskStoreError> {
        let board = self.board();
        Ok(board
            .number(id)
            .map(|number| board.tasks[&number].task.clone()))
    }

    async fn list(
        &self,
        filter: TaskFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<TaskPage, TaskStoreError> {
        let board = self.board();
        let fits = |task: &Task| {
            (filter.state).is_none_or(|state| state == task.progress.state)
                && (filter.action).is_none_or(|action| action == task.spec.action)
                && (filter.requested_by.as_ref()).is_none_or(|name| *name == task.spec.requested_by)
        };
        let rows = board.tasks.range(..before.unwrap_or(u64::MAX)).rev();
        let listed = rows
            .filter(|(_, row)| fits(&row.task))
            .map(|(number, row)| ListedTask {
                sequence: *number,
                id: row.task.spec.id.clone(),
                action: row.task.spec.action,
                requested_by: row.task.spec.requested_by.clone(),
                resources: row.task.spec.resources,
                progress: row.task.progress.clone(),
            });
        let (tasks, next_before) = page_of(listed, limit, |task| task.sequence);
        Ok(TaskPage { tasks, next_before })
    }

    async fn queued(&self, most: usize) -> Result<Queued, TaskStoreError> {
        let board = self.board();
        let is_queued = |row: &&Row| row.task.progress.state == TaskState::Queued;
        let tasks = board.tasks.values().filter(is_queued).take(most);
        let notices = board.notices.values().filter(|notice| !notice.is_buried());
        Ok(Queued {
            tasks: tasks.count() as u64,
            notices: notices.take(most).count() as u64,
        })
    }
}
