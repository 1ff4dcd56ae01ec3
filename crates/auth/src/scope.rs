//! What a caller may do: single scopes and sets of them.

use std::fmt;
use std::str::FromStr;

/// One permission, as it stands in the `scope` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    ScholarshipsRead,
    ScholarshipsWrite,
    AnalyticsRead,
    AnalyticsWrite,
    AgentTasks,
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be one of scholarships:read, scholarships:write, analytics:read, analytics:write, agent:tasks"
)]
pub struct UnknownScope;

impl Scope {
    pub const ALL: [Self; 5] = [
        Self::ScholarshipsRead,
        Self::ScholarshipsWrite,
        Self::AnalyticsRead,
        Self::AnalyticsWrite,
        Self::AgentTasks,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScholarshipsRead => "scholarships:read",
            Self::ScholarshipsWrite => "scholarships:write",
            Self::AnalyticsRead => "analytics:read",
            Self::AnalyticsWrite => "analytics:write",
            Self::AgentTasks => "agent:tasks",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(UnknownScope)
    }
}

/// A set of scopes; its text form separates them by single spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopeSet(u8);

impl ScopeSet {
    pub const EMPTY: Self = Self(0);

    /// Every scope there is.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Reads a `scope` claim. Names that mean nothing here are passed over: a token may carry scopes of other services.
    pub fn from_claim(claim: &str) -> Self {
        claim
            .split(' ')
            .filter_map(|name| name.parse::<Scope>().ok())
            .collect()
    }

    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_is_found_by_its_own_name_only() {
        for scope in Scope::ALL {
            let set = ScopeSet::from_claim(scope.as_str());
            assert_eq!(set.iter().collect::<Vec<_>>(), [scope]);
            assert!(UnknownScope.to_string().contains(scope.as_str()));
        }
    }

    #[test]
    fn names_of_other_services_and_surplus_spaces_are_passed_over() {
        let set = ScopeSet::from_claim("  mail:send agent:tasks  scholarships:reads agent:tasks ");
        assert_eq!(set.to_string(), "agent:tasks");
    }

    #[test]
    fn the_text_form_of_a_set_reads_back_as_the_same_set() {
        assert_eq!(
            ScopeSet::from_claim(&ScopeSet::all().to_string()),
            ScopeSet::all()
        );
        assert!(ScopeSet::from_claim("").is_empty());
    }
}
