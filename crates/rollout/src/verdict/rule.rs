//! One rule of a verdict, explained.

use serde::{Deserialize, Serialize};

use super::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    Backends,
    Telemetry,
    Time,
    Sample,
    Trigger,
    BurnRate,
    Comparison,
    Criterion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Passed,
    /// Neither passed nor failed: something is missing.
    Undecided,
    Failed,
    /// Its data are lost.
    Broken,
    /// What it looks at does not exist here; it counts for nothing.
    NotApplicable,
}

/// What follows from a failed rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Hold,
    Rollback,
    /// A rollback that gives the canary weight 0 in one step.
    RollbackAtOnce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    AtMost,
    AtLeast,
}

/// What the value is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    pub side: Side,
    pub value: f64,
}

/// Where the true value lies, as far as the counts tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    pub lower: f64,
    /// None when there is no end.
    pub upper: Option<f64>,
    /// The chance that either end is wrong, at most.
    pub alpha: f64,
    /// Whether that chance holds for all looks together, or for this one only.
    pub for_all_looks: bool,
}

/// What would have changed the status: this amount on this side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flip {
    pub what: String,
    pub side: Side,
    pub value: f64,
    /// The status that the rule would have.
    pub to: Status,
}

/// What an undecided rule waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    pub what: String,
    /// None when there are no data at all.
    pub have: Option<u64>,
    pub need: u64,
    /// At the present traffic. None when there is none.
    pub about_seconds: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique in a verdict, such as `trigger.server_errors`.
    pub name: String,
    pub kind: RuleKind,
    pub status: Status,
    /// What a failure of this rule means.
    pub action: Action,
    /// The window of the counts, such as `5m`, or `stage`.
    pub window: Option<String>,
    pub value: Option<f64>,
    /// The bad ones among `n`.
    pub count: Option<u64>,
    pub n: Option<u64>,
    pub interval: Option<Interval>,
    pub bound: Option<Bound>,
    /// The texts of the queries that gave the counts.
    pub queries: Vec<String>,
    pub flip: Option<Flip>,
    pub missing: Option<Missing>,
}

impl Rule {
    pub(crate) fn new(name: String, kind: RuleKind, action: Action) -> Self {
        Self {
            name,
            kind,
            status: Status::Passed,
            action,
            window: None,
            value: None,
            count: None,
            n: None,
            interval: None,
            bound: None,
            queries: Vec::new(),
            flip: None,
            missing: None,
        }
    }

    pub(crate) fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// What this rule alone asks for. None when it counts for nothing.
    pub fn outcome(&self) -> Option<Outcome> {
        match (self.status, self.action) {
            (Status::NotApplicable, _) => None,
            (Status::Passed, _) => Some(Outcome::Promote),
            (Status::Undecided, _) | (Status::Failed, Action::Hold) => Some(Outcome::Hold),
            (Status::Failed, Action::Rollback | Action::RollbackAtOnce) => Some(Outcome::Rollback),
            (Status::Broken, _) => Some(Outcome::Broken),
        }
    }
}
