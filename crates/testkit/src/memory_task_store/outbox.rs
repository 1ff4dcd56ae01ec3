//! Notices of the tasks, and who delivers them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{ErrorMessage, Lease};
use ports::{BuriedNotice, BuriedPage, Delivery, NoticeKey, TaskOutbox, TaskStoreError, page_of};

use super::{Board, MemoryTaskStore, kept, whole};

#[async_trait]
impl TaskOutbox for MemoryTaskStore {
    async fn claim_deliveries(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, TaskStoreError> {
        let (lease, now) = (kept(lease), whole(now));
        let mut board = self.board();
        let mut due: Vec<_> = (board.oldest().into_values())
            .map(|number| (board.notices[&number].due_at, number))
            .filter(|(due_at, _)| *due_at <= now)
            .collect();
        due.sort_unstable();
        let due: Vec<u64> = due.into_iter().take(limit).map(|(_, at)| at).collect();
        Ok(board.lend(&due, &lease))
    }

    async fn delivered(&self, keys: &[NoticeKey]) -> Result<u64, TaskStoreError> {
        Ok(self.board().forget(keys).len() as u64)
    }

    async fn delivered_and_next(
        &self,
        keys: &[NoticeKey],
        lease: Lease,
    ) -> Result<Vec<Delivery>, TaskStoreError> {
        let lease = kept(lease);
        let mut board = self.board();
        let told = board.forget(keys);
        let oldest = board.oldest();
        let next = told.iter().filter_map(|task| oldest.get(task).copied());
        let next: Vec<u64> = next
            .filter(|number| board.notices[number].worker.is_none())
            .collect();
        Ok(board.lend(&next, &lease))
    }

    async fn held_deliveries(&self, lease: Lease) -> Result<Vec<Delivery>, TaskStoreError> {
        let lease = kept(lease);
        let mut board = self.board();
        let mut held = Vec::new();
        for (number, notice) in &mut board.notices {
            if !notice.is_buried() && notice.worker.as_deref() == Some(lease.worker.as_str()) {
                notice.due_at = lease.until;
                held.push(*number);
            }
        }
        Ok(held
            .into_iter()
            .map(|number| board.delivery(number))
            .collect())
    }

    async fn retry_delivery(
        &self,
        key: &NoticeKey,
        worker: &str,
        at: Timestamp,
        _: ErrorMessage,
    ) -> Result<bool, TaskStoreError> {
        Ok(self.board().undelivered(key, worker, whole(at), None))
    }

    async fn bury(
        &self,
        key: &NoticeKey,
        worker: &str,
        error: ErrorMessage,
        now: Timestamp,
    ) -> Result<bool, TaskStoreError> {
        let now = whole(now);
        let buried = Some((now, error));
        Ok(self.board().undelivered(key, worker, now, buried))
    }

    async fn buried(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<BuriedPage, TaskStoreError> {
        let board = self.board();
        let notices = board.notices.range(..before.unwrap_or(u64::MAX)).rev();
        let buried = notices.filter_map(|(number, notice)| {
            let (buried_at, error) = notice.buried.clone()?;
            let Delivery {
                key,
                kind,
                reply_to,
                at,
                attempts,
                ..
            } = board.delivery(*number);
            Some(BuriedNotice {
                key,
                kind,
                reply_to,
                at,
                buried_at,
                attempts,
                error,
            })
        });
        let (notices, next_before) = page_of(buried, limit, |notice| notice.key.sequence);
        Ok(BuriedPage {
            notices,
            next_before,
        })
    }

    async fn redeliver(&self, key: &NoticeKey, now: Timestamp) -> Result<bool, TaskStoreError> {
        let mut board = self.board();
        let task = board.number(&key.task);
        let notice = board.notices.get_mut(&key.sequence);
        let Some(notice) = notice.filter(|notice| notice.is_buried() && Some(notice.task) == task)
        else {
            return Ok(false);
        };
        notice.buried = None;
        notice.due_at = whole(now);
        notice.attempts = 0;
        Ok(true)
    }

    async fn forget_finished(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, TaskStoreError> {
        let before = whole(before);
        let mut board = self.board();
        let mut old: Vec<_> = (board.tasks.iter())
            .filter_map(|(number, row)| Some((row.task.progress.finished_at?, *number)))
            .filter(|(at, _)| *at < before)
            .collect();
        old.sort_unstable();
        old.truncate(limit);
        for (_, number) in &old {
            board.tasks.remove(number);
            board.notices.retain(|_, notice| notice.task != *number);
        }
        Ok(old.len() as u64)
    }
}

impl Board {
    /// The oldest notice of each task, by task.
    fn oldest(&self) -> BTreeMap<u64, u64> {
        let mut oldest = BTreeMap::new();
        for (number, notice) in &self.notices {
            if !notice.is_buried() {
                oldest.entry(notice.task).or_insert(*number);
            }
        }
        oldest
    }

    fn lend(&mut self, notices: &[u64], lease: &Lease) -> Vec<Delivery> {
        for number in notices {
            let notice = self.notices.get_mut(number).expect("it was found");
            notice.worker = Some(lease.worker.to_string());
            notice.due_at = lease.until;
            notice.attempts += 1;
        }
        let lent = notices.iter().map(|number| self.delivery(*number));
        lent.collect()
    }

    /// Answers whose they were.
    fn forget(&mut self, notices: &[NoticeKey]) -> Vec<u64> {
        let gone = notices.iter();
        gone.filter_map(|key| Some(self.notices.remove(&key.sequence)?.task))
            .collect()
    }

    fn undelivered(
        &mut self,
        key: &NoticeKey,
        worker: &str,
        due_at: Timestamp,
        buried: Option<(Timestamp, ErrorMessage)>,
    ) -> bool {
        let notice = self.notices.get_mut(&key.sequence);
        let Some(notice) = notice.filter(|notice| notice.worker.as_deref() == Some(worker)) else {
            return false;
        };
        notice.worker = None;
        notice.due_at = due_at;
        notice.buried = buried;
        true
    }
}
