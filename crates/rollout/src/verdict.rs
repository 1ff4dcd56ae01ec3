//! What the judge says, as data: rendering it is left to others.

use serde::{Deserialize, Serialize};

use crate::hash;

mod rule;

pub use rule::{Action, Bound, Flip, Interval, Missing, Rule, RuleKind, Side, Status};

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// What to do with the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The evidence is sufficient and good.
    Promote,
    /// The evidence is not sufficient yet.
    Hold,
    /// The canary is bad.
    Rollback,
    /// The telemetry failed: this says nothing about the canary.
    Broken,
}

impl Outcome {
    /// The code by which commands end.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Promote => 0,
            Self::Hold => 10,
            Self::Rollback => 20,
            Self::Broken => 30,
        }
    }
}

/// An outcome with all its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub schema: u32,
    pub stage: String,
    pub outcome: Outcome,
    /// Whether the canary must get weight 0 in one step.
    pub at_once: bool,
    pub policy_hash: String,
    pub snapshot_hash: String,
    /// Ordered by name.
    pub rules: Vec<Rule>,
    /// Of everything above: the same policy, stage and snapshot give the same hash.
    pub hash: String,
}

impl Verdict {
    /// With its hash.
    pub(crate) fn sealed(mut self) -> Self {
        self.hash = self.content_hash();
        self
    }

    /// Whether the hash is that of the content, as it is unless somebody changed it.
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

    /// The rules that led to this outcome.
    pub fn reasons(&self) -> impl Iterator<Item = &Rule> {
        self.rules
            .iter()
            .filter(|rule| rule.outcome() == Some(self.outcome))
    }

    /// Until everything that is missing will probably be there, at the present traffic. None when nothing is missing or when
    /// nobody can say.
    pub fn seconds_to_wait(&self) -> Option<u64> {
        let mut longest = None;
        for missing in self.rules.iter().filter_map(|rule| rule.missing.as_ref()) {
            longest = longest.max(Some(missing.about_seconds?));
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_own_exit_code() {
        let outcomes = [
            Outcome::Promote,
            Outcome::Hold,
            Outcome::Rollback,
            Outcome::Broken,
        ];
        assert_eq!(outcomes.map(Outcome::exit_code), [0, 10, 20, 30]);
    }
}
