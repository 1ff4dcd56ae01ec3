//! Properties of verdicts, scores and unlocks over random criteria and profiles.

mod arbitrary;
mod criterion;
mod eligibility;
mod recommendation;
mod unlock;
