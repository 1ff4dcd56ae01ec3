//! Who a caller is. An anonymous caller has no token, hence no role.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The `role` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Student,
    Partner,
    Agent,
    /// Has every scope without naming any.
    Admin,
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of student, partner, agent, admin")]
pub struct UnknownRole;

impl Role {
    pub const ALL: [Self; 4] = [Self::Student, Self::Partner, Self::Agent, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Partner => "partner",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_is_the_text_form() {
        for role in Role::ALL {
            let json = serde_json::to_value(role).unwrap();
            assert_eq!(json, role.as_str());
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }

    #[test]
    fn the_refusal_of_an_unknown_role_lists_every_role() {
        let message = "Admin".parse::<Role>().unwrap_err().to_string();
        for role in Role::ALL {
            assert!(message.contains(role.as_str()), "{message}");
        }
    }
}
