//! What happened to releases: records that are only added, each sealed to the one before.
//!
//! Whoever knows the head, the last record's hash, can tell that nothing was edited, removed, reordered or cut off. Somebody who
//! may write both the records and the head can still write another past: keep the head elsewhere.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

mod event;
mod reading;
#[cfg(test)]
mod tests;
mod verification;

pub use event::{Cause, Event};
pub use reading::{Reading, Unreadable, read};
pub use verification::{Flaw, FlawedHistory, verify, verify_text};

use crate::{hash, traffic::Weights};

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// The operator of what nobody asked for.
pub const MACHINE: &str = "rollout";

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub operator: String,
    pub reason: String,
    pub event: Event,
    pub verdict_hash: Option<String>,
    /// Those in effect from this event on, or ordered by it.
    pub weights: Weights,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub schema: u32,
    /// From 1, without gaps.
    pub sequence: u64,
    pub at: DateTime<Utc>,
    pub operator: String,
    pub reason: String,
    pub event: Event,
    pub verdict_hash: Option<String>,
    pub weights: Weights,
    /// The hash of the record before; empty for the first one.
    pub previous: String,
    /// Of everything above.
    pub hash: String,
}

/// Where a history ends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// 0 while there is no record.
    pub sequence: u64,
    pub hash: String,
}

impl Record {
    /// The next record of the history that ends here.
    pub fn after(head: &Head, entry: Entry) -> Self {
        let mut record = Self {
            schema: SCHEMA,
            sequence: head.sequence + 1,
            at: entry.at,
            operator: entry.operator,
            reason: entry.reason,
            event: entry.event,
            verdict_hash: entry.verdict_hash,
            weights: entry.weights,
            previous: head.hash.clone(),
            hash: String::new(),
        };
        record.hash = record.content_hash();
        record
    }

    /// The history ends here while nothing follows.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.sequence,
            hash: self.hash.clone(),
        }
    }

    /// With its end of line: a line without one is torn.
    pub fn to_line(&self) -> String {
        // Only maps with keys that are no texts could fail, and there are none.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// Whether the hash is that of the content.
    pub fn is_intact(&self) -> bool {
        self.hash == self.content_hash()
    }

    fn content_hash(&self) -> String {
        let bare = Self {
            hash: String::new(),
            ..self.clone()
        };
        hash::of(&bare)
    }
}
