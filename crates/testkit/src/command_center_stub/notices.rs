//! What callbacks have told, so that a test can say that each notice came, in its order, and never with other words.

use std::collections::BTreeMap;

use super::Call;

/// The callbacks of one idempotency key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeRecord {
    /// How often it came.
    pub times: u64,
    /// How often the sender heard that it was taken.
    pub accepted: u64,
    /// Every body that differs from those before. One is right.
    pub bodies: Vec<Vec<u8>>,
}

/// All callbacks by their idempotency keys; those without one share the empty key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    pub by_key: BTreeMap<String, NoticeRecord>,
    /// For each `task_id`, the numbers in `sequence` in the order in which they came first.
    pub order: BTreeMap<String, Vec<u64>>,
}

impl Notices {
    /// Keys that came with more than one body.
    pub fn contradictions(&self) -> Vec<&str> {
        self.keys_with(|record| record.bodies.len() > 1)
    }

    /// Keys of which the sender never heard that they were taken.
    pub fn unaccepted(&self) -> Vec<&str> {
        self.keys_with(|record| record.accepted == 0)
    }

    /// Tasks whose notices came first in another order than that of their numbers.
    pub fn out_of_order(&self) -> Vec<&str> {
        let tasks = self.order.iter();
        let wrong = tasks.filter(|(_, sequence)| !sequence.is_sorted());
        wrong.map(|(task, _)| task.as_str()).collect()
    }

    fn keys_with(&self, has: impl Fn(&NoticeRecord) -> bool) -> Vec<&str> {
        let records = self.by_key.iter();
        let chosen = records.filter(|(_, record)| has(record));
        chosen.map(|(key, _)| key.as_str()).collect()
    }

    pub(super) fn remember(&mut self, call: &Call, accepted: bool) {
        let key = call.header("idempotency-key").unwrap_or_default();
        let record = self.by_key.entry(key.to_owned()).or_default();
        record.times += 1;
        record.accepted += u64::from(accepted);
        if !record.bodies.contains(&call.body) {
            record.bodies.push(call.body.clone());
        }
        let body = call.json();
        if let (Some(task), Some(number)) = (body["task_id"].as_str(), body["sequence"].as_u64()) {
            let sequence = self.order.entry(task.to_owned()).or_default();
            if !sequence.contains(&number) {
                sequence.push(number);
            }
        }
    }
}
