//! What was measured of both versions at one moment: a file that gives the same verdict wherever it is read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

mod component;
mod counts;
#[cfg(test)]
mod tests;
mod validation;
mod window;

pub use component::Component;
pub(crate) use counts::fields;
pub use counts::{AiCounts, Counts, Events};
pub use validation::{SnapshotError, SnapshotProblem};
pub use window::Window;

use crate::hash;

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    pub schema: u32,
    pub taken_at: DateTime<Utc>,
    pub stage_started_at: DateTime<Utc>,
    pub canary: VersionSnapshot,
    pub stable: VersionSnapshot,
    /// The texts of the queries by [`query_name`]; those of `canary/scrape`, `canary/ready_backends` and their stable twins have
    /// no window.
    pub queries: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionSnapshot {
    pub version: String,
    pub scrape: Scrape,
    /// Backends that the router would send requests to.
    pub ready_backends: Component<u32>,
    pub windows: BTreeMap<Window, Counts>,
}

/// Whether the counts come in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scrape {
    /// Processes that should be asked for their counts.
    pub targets: u32,
    /// Of them, those that answered when last asked.
    pub up: u32,
    /// When the youngest count was taken.
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// The name of the query that gave a count: `canary/5m/requests`. Counts are named like the fields of [`Counts`].
pub fn query_name(version: &str, window: Window, count: &str) -> String {
    format!("{version}/{window}/{count}")
}

/// A snapshot's text that says nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the snapshot is no JSON of this form")]
    Syntax(#[source] serde_path_to_error::Error<serde_json::Error>),
    #[error("something follows the snapshot")]
    Trailing(#[source] serde_json::Error),
    #[error("the snapshot cannot be true")]
    Invalid(#[source] SnapshotError),
}

impl Snapshot {
    /// Reads and validates the JSON form.
    ///
    /// # Errors
    ///
    /// When it has another form, or counts that cannot be.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let snapshot: Self =
            serde_path_to_error::deserialize(&mut deserializer).map_err(ReadError::Syntax)?;
        deserializer.end().map_err(ReadError::Trailing)?;
        snapshot.validate().map_err(ReadError::Invalid)?;
        Ok(snapshot)
    }

    /// # Errors
    ///
    /// Everything that cannot be, at once.
    pub fn validate(&self) -> Result<(), SnapshotError> {
        validation::validate(self)
    }

    /// The same for the same content, however the JSON was written.
    pub fn hash(&self) -> String {
        hash::of(self)
    }

    /// Whole seconds since the stage began.
    pub fn seconds_in_stage(&self) -> u64 {
        let elapsed = self.taken_at - self.stage_started_at;
        u64::try_from(elapsed.num_seconds()).unwrap_or(0)
    }
}

impl VersionSnapshot {
    pub fn counts(&self, window: Window) -> Option<&Counts> {
        self.windows.get(&window)
    }
}
