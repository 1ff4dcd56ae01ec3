//! Tokens of those who ask.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use auth::{MintRequest, Minter, Role, Scope, ScopeSet, TokenKey, TokenSettings};
use ports::Clock as _;
use uuid::Uuid;

use super::scenario::Bearer;
use crate::probing::{CannotProbe, secret_and_settings};
use crate::system_clock::SystemClock;

/// Whose they are, in limits and in what is kept.
const SUBJECT: &str = "loadtest";
/// Of each token, unless the server wants it shorter.
const LIFETIME: Duration = Duration::from_secs(1_800);

pub(super) struct Bearers {
    minter: Minter,
    lifetime: Duration,
    /// Tokens that are used more than once, and when they were made.
    kept: BTreeMap<Bearer, (String, Instant)>,
}

impl Bearers {
    /// With the secret and the settings that the service runs with.
    ///
    /// # Errors
    ///
    /// Without a usable `JWT_SECRET`.
    pub(super) fn from_environment() -> Result<Self, CannotProbe> {
        let (secret, settings) = secret_and_settings()?;
        Self::new(secret, settings)
    }

    /// # Errors
    ///
    /// When nothing can be signed with the secret.
    pub(super) fn new(secret: String, settings: TokenSettings) -> Result<Self, CannotProbe> {
        let key = TokenKey::new(secret.into()).map_err(|_| CannotProbe::WeakSecret)?;
        Ok(Self {
            lifetime: LIFETIME.min(settings.maximum_lifetime),
            minter: Minter::new(settings, &key),
            kept: BTreeMap::new(),
        })
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    ///
    /// When it cannot be signed.
    pub(super) fn token(&mut self, bearer: Bearer) -> Result<String, CannotProbe> {
        if let Some((token, made)) = self.kept.get(&bearer)
            && made.elapsed() < self.lifetime / 2
        {
            return Ok(token.clone());
        }
        let token = self.mint(bearer)?;
        if bearer != Bearer::Agent {
            self.kept.insert(bearer, (token.clone(), Instant::now()));
        }
        Ok(token)
    }

    fn mint(&self, bearer: Bearer) -> Result<String, CannotProbe> {
        let (role, scopes) = match bearer {
            Bearer::Student => (Role::Student, ScopeSet::EMPTY),
            Bearer::Admin => (Role::Admin, ScopeSet::EMPTY),
            Bearer::Agent => (Role::Agent, [Scope::AgentTasks].into_iter().collect()),
        };
        let request = MintRequest {
            subject: SUBJECT.to_owned(),
            role,
            scopes,
            lifetime: self.lifetime,
            token_id: Uuid::new_v4().to_string(),
        };
        let minted = self.minter.mint(&request, SystemClock.now());
        minted.map_err(|error| CannotProbe::TokenSettings(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_student_keeps_a_token_and_an_agent_gets_one_for_each_task() {
        let secret = "s".repeat(48);
        let mut bearers = Bearers::new(secret, TokenSettings::default()).unwrap();
        let mut are_equal = |bearer| {
            let first = bearers.token(bearer).unwrap();
            first == bearers.token(bearer).unwrap()
        };
        assert!(are_equal(Bearer::Student) && are_equal(Bearer::Admin));
        assert!(!are_equal(Bearer::Agent));
    }
}
