//! What is counted about the model; the application does not know how.

use std::time::Duration;

use ports::{MicroUsd, ModelError};

use super::answer::Source;

pub trait AssistantEvents: Send + Sync {
    /// One call to the model's service has ended.
    fn model_called(&self, error: Option<&ModelError>, took: Duration);

    /// A question to the model, with all its calls, ended with an answer that can be used, or without one.
    fn model_asked(&self, is_usable: bool);

    /// Somebody was answered.
    fn answered(&self, source: Source);

    /// A call was settled.
    fn money_spent(&self, cost: MicroUsd);

    /// Four fifths of the day's money are spent.
    fn budget_warned(&self);
}
