//! Properties of verdicts, scores and unlocks over random criteria and profiles.

mod arbitrary;
mod eligibility;
mod recommendation;
mod unlock;
