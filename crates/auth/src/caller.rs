//! Who sent a request, as proven by a verified token.

use crate::{Role, Scope, ScopeSet, Timestamp};

/// The outcome of a successful verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The `sub` claim, 1 to 256 bytes without control characters.
    pub subject: String,
    pub role: Role,
    /// The scopes that the token names; ask [`Caller::may`] instead, which knows that an admin needs none.
    pub scopes: ScopeSet,
    /// The `jti` claim, 1 to 128 bytes; absent only where the settings do not require one.
    pub token_id: Option<String>,
    /// The `iat` claim.
    pub issued_at: Timestamp,
    /// From this instant on the token is worthless, clock skew aside.
    pub expires_at: Timestamp,
}

impl Caller {
    /// Whether the caller holds the scope, by name or by being an admin.
    pub fn may(&self, scope: Scope) -> bool {
        self.role == Role::Admin || self.scopes.contains(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: Role, scopes: ScopeSet) -> Caller {
        Caller {
            subject: "someone".to_owned(),
            role,
            scopes,
            token_id: None,
            issued_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_admin_may_everything_without_naming_it() {
        for scope in Scope::ALL {
            assert!(caller(Role::Admin, ScopeSet::EMPTY).may(scope));
        }
    }

    #[test]
    fn everyone_else_may_what_the_token_names_and_nothing_more() {
        for role in [Role::Student, Role::Partner, Role::Agent] {
            let caller = caller(role, ScopeSet::from_claim("scholarships:write"));
            assert!(caller.may(Scope::ScholarshipsWrite));
            assert!(!caller.may(Scope::ScholarshipsRead));
            assert!(!caller.may(Scope::AgentTasks));
        }
    }
}
