//! What operators ask for.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// No promotion until resumed. Rollbacks go on.
    Pause,
    Resume,
    /// To the next stage, though the stage was not watched for long enough; never against the judge.
    Promote,
    /// Rolls back, also a release that is done.
    Abort,
    /// The new version of a release that is done is the stable one from now on: its servers are those of the stable version.
    Settle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub request: Request,
    pub operator: String,
    pub reason: String,
}

/// Why a request was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the release is being rolled back, and that is never stopped")]
    RollingBack,
    #[error("the release was rolled back")]
    RolledBack,
    #[error("the release is done")]
    Done,
    #[error("the release is not done")]
    NotDone,
    #[error(
        "its new version is the stable one already: begin a release of the version that you want"
    )]
    Settled,
    #[error("the servers of the stable version do not have all traffic")]
    NotAllStable,
    #[error("the controller does not say where the traffic goes")]
    Unseen,
    #[error("the release is paused already")]
    PausedAlready,
    #[error("the release is not paused")]
    NotPaused,
    #[error("the release is paused: resume it first")]
    Paused,
    #[error("the traffic of the stage is not confirmed yet")]
    Unconfirmed,
    #[error("the judge does not allow it")]
    NotAllowed,
}
