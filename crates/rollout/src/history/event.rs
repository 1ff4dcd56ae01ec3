//! The events of a release.

use serde::{Deserialize, Serialize};

use crate::traffic::Weights;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    Started {
        canary: String,
        stable: String,
        policy_hash: String,
    },
    /// The stage's weights are to be ordered.
    Intended {
        stage: String,
    },
    /// The controller was seen to have the stage's weights.
    Confirmed {
        stage: String,
    },
    /// The stage's weights could not be had in time: the stage before goes on.
    Lapsed {
        stage: String,
    },
    /// Somebody else changed the weights.
    Drifted {
        found: Weights,
    },
    Paused,
    Resumed,
    RollbackBegan {
        cause: Cause,
    },
    RolledBack,
    Finished,
    /// The new version is the stable one from now on: there is nothing to go back to any more.
    Settled,
}

/// What a release was rolled back for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cause {
    Verdict {
        at_once: bool,
    },
    /// The stage was not promoted within its longest time.
    Timeout,
    Abort,
}
