//! Answers with word of where they come from.

use std::fmt;

/// An answer, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<T> {
    pub value: T,
    pub source: Source,
}

/// Who made an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The model, now.
    Model,
    /// The model, some time ago or for somebody else who asked the same at the same time.
    Cache,
    /// Our own rules.
    Fallback(FallbackReason),
}

impl Source {
    /// As it stands in answers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Cache => "cache",
            Self::Fallback(_) => "fallback",
        }
    }

    pub fn fallback_reason(self) -> Option<FallbackReason> {
        match self {
            Self::Model | Self::Cache => None,
            Self::Fallback(reason) => Some(reason),
        }
    }
}

/// Why our own rules answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FallbackReason {
    /// No model is configured.
    NotConfigured,
    /// What was asked is not for a model's eyes.
    UnsafeInput,
    /// The caller has had as many model calls as one may have.
    CallerLimited,
    /// The day's money is spent.
    BudgetExhausted,
    /// Nobody can say what is spent already.
    BudgetUnknown,
    /// The model failed so often that it is left alone for a while.
    BreakerOpen,
    /// As many questions are under way as may be at once.
    ModelBusy,
    /// It did not answer in time.
    ModelTimeout,
    /// Its service has no room for us.
    ModelLimited,
    /// It cannot be reached, or failed.
    ModelUnavailable,
    /// Its service does not accept our requests: the key or the model's name may be wrong.
    ModelRefused,
    /// It would not answer this.
    ModelDeclined,
    /// Its answer was not what was asked for.
    InvalidOutput,
    /// Its answer said what a student must not see: what is not in our facts, or personal, or foreign.
    UnsafeOutput,
}

impl FallbackReason {
    pub const ALL: [Self; 14] = [
        Self::NotConfigured,
        Self::UnsafeInput,
        Self::CallerLimited,
        Self::BudgetExhausted,
        Self::BudgetUnknown,
        Self::BreakerOpen,
        Self::ModelBusy,
        Self::ModelTimeout,
        Self::ModelLimited,
        Self::ModelUnavailable,
        Self::ModelRefused,
        Self::ModelDeclined,
        Self::InvalidOutput,
        Self::UnsafeOutput,
    ];

    /// As it stands in answers and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::UnsafeInput => "unsafe_input",
            Self::CallerLimited => "caller_limited",
            Self::BudgetExhausted => "budget_exhausted",
            Self::BudgetUnknown => "budget_unknown",
            Self::BreakerOpen => "breaker_open",
            Self::ModelBusy => "model_busy",
            Self::ModelTimeout => "model_timeout",
            Self::ModelLimited => "model_limited",
            Self::ModelUnavailable => "model_unavailable",
            Self::ModelRefused => "model_refused",
            Self::ModelDeclined => "model_declined",
            Self::InvalidOutput => "invalid_output",
            Self::UnsafeOutput => "unsafe_output",
        }
    }
}

impl fmt::Display for FallbackReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl std::error::Error for FallbackReason {}
