//! What is wrong with a policy: everything at once, each with its key.

use std::fmt;

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("the policy is not TOML: {0}")]
    Syntax(String),
    #[error("`{key}` {reason}")]
    Invalid { key: String, reason: String },
    #[error("`{first}` contradicts `{second}`: {reason}")]
    Contradiction {
        first: String,
        second: String,
        reason: String,
    },
}

impl Problem {
    pub(super) fn invalid(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid {
            key: key.into(),
            reason: reason.into(),
        }
    }

    pub(super) fn contradiction(
        first: impl Into<String>,
        second: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Contradiction {
            first: first.into(),
            second: second.into(),
            reason: reason.into(),
        }
    }
}

/// Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct PolicyError {
    pub problems: Vec<Problem>,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}
