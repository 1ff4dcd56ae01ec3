//! A language model that answers with JSON.

use std::time::Duration;

use async_trait::async_trait;

/// Asks a model, once: whether to ask again is for the caller to decide, who also pays.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// The model's answer, from outside: whoever uses it compares it with the schema and with the facts first.
    ///
    /// # Errors
    /// [`ModelError`], at the latest after `within`.
    async fn complete(&self, prompt: &Prompt, within: Duration) -> Result<Completion, ModelError>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What to do. Ours: no word of a caller may stand here.
    pub instructions: String,
    /// What to do it with: a JSON object, in which the words of callers are strings.
    pub input: String,
    /// Letters, digits, `_` and `-`, at most 64.
    pub schema_name: &'static str,
    /// JSON Schema of the answer, an object that allows no further keys and requires all it names.
    pub schema: String,
    /// The answer ends here at the latest.
    pub max_output_tokens: u32,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Should be JSON; as the model wrote it.
    pub output: String,
    /// `None` when the service does not say, as local ones may.
    pub usage: Option<TokenUsage>,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenUsage {
    pub input: u64,
    pub output: u64,
}

/// Why there is no answer. None of them tells what was asked or answered.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the model did not answer within {0:?}")]
    TimedOut(Duration),
    /// Nothing was asked.
    #[error("the model cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the model's service went away in the middle")]
    BrokenOff(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the model's service has no room for us now (429)")]
    Limited { retry_after: Option<Duration> },
    #[error("the model's service failed ({status})")]
    Failed {
        status: u16,
        retry_after: Option<Duration>,
    },
    #[error("the model's service refuses the request ({status}, {code})")]
    Refused {
        status: u16,
        /// The service's own code for it, of letters, digits, `_`, `-` and `.`; empty when it gave none.
        code: String,
    },
    #[error("the model's service answered with something else than a completion")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the model declined to answer")]
    Declined { usage: Option<TokenUsage> },
    #[error("the model's answer was cut off")]
    CutOff { usage: Option<TokenUsage> },
}

impl ModelError {
    /// Whether the same question may be answered a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut(_)
            | Self::Unreachable(_)
            | Self::BrokenOff(_)
            | Self::Limited { .. }
            | Self::Failed { .. }
            | Self::Malformed(_) => true,
            Self::Refused { .. } | Self::Declined { .. } | Self::CutOff { .. } => false,
        }
    }

    /// How long the service asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Limited { retry_after } | Self::Failed { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
