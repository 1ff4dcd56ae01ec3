//! Tokens that the service must accept, and those that it must not.

use std::time::Duration;

use auth::{MintRequest, Minter, Role, ScopeSet, TokenKey, TokenSettings};
use ports::Clock as _;
use uuid::Uuid;

use super::CannotProbe;
use crate::system_clock::SystemClock;
use crate::token;

/// Of each token, which is used at once.
const LIFETIME: Duration = Duration::from_secs(300);
/// Whose they are, in audits and limits.
const SUBJECT: &str = "gates";

/// Those that the service runs with.
///
/// # Errors
/// Without a `JWT_SECRET`, or with settings that are none.
pub(crate) fn secret_and_settings() -> Result<(String, TokenSettings), CannotProbe> {
    let secret = token::setting("JWT_SECRET").ok_or(CannotProbe::NoSecret)?;
    let settings = token::settings(token::setting).map_err(CannotProbe::TokenSettings)?;
    Ok((secret, settings))
}

pub(crate) struct Tokens {
    key: TokenKey,
    settings: TokenSettings,
}

impl Tokens {
    /// # Errors
    /// Without a usable `JWT_SECRET`.
    pub(crate) fn from_environment() -> Result<Self, CannotProbe> {
        let (secret, settings) = secret_and_settings()?;
        let key = TokenKey::new(secret.into()).map_err(|_| CannotProbe::WeakSecret)?;
        Ok(Self { key, settings })
    }

    /// An administrator's, so that probes do not use up what others may ask.
    pub(crate) fn good(&self) -> Result<String, CannotProbe> {
        self.of_subject(SUBJECT)
    }

    /// An administrator's who was never seen before: of what that one may ask in a minute, nothing is used.
    pub(crate) fn fresh(&self) -> Result<String, CannotProbe> {
        self.of_subject(&format!("{SUBJECT}-{}", Uuid::new_v4()))
    }

    fn of_subject(&self, subject: &str) -> Result<String, CannotProbe> {
        self.minted(subject, self.settings.clone(), 0)
    }

    /// With what is wrong with each.
    pub(crate) fn bad(&self) -> Result<Vec<(&'static str, String)>, CannotProbe> {
        let elsewhere = TokenSettings {
            audience: "somebody-else".to_owned(),
            ..self.settings.clone()
        };
        let good = self.good()?;
        let unsigned = unsigned(&good);
        Ok(vec![
            ("a token that is no token", "invalid".to_owned()),
            (
                "an expired token",
                self.minted(SUBJECT, self.settings.clone(), 7_200)?,
            ),
            (
                "a token for another audience",
                self.minted(SUBJECT, elsewhere, 0)?,
            ),
            ("a token with alg none", unsigned),
        ])
    }

    /// Issued so many seconds ago.
    fn minted(
        &self,
        subject: &str,
        settings: TokenSettings,
        seconds_ago: i64,
    ) -> Result<String, CannotProbe> {
        let request = MintRequest {
            subject: subject.to_owned(),
            role: Role::Admin,
            scopes: ScopeSet::EMPTY,
            lifetime: LIFETIME.min(settings.maximum_lifetime),
            token_id: Uuid::new_v4().to_string(),
        };
        let at = SystemClock.now() - chrono::TimeDelta::seconds(seconds_ago);
        let minted = Minter::new(settings, &self.key).mint(&request, at);
        minted.map_err(|error| CannotProbe::TokenSettings(error.into()))
    }
}

/// The claims of a good token under a header that says that nobody signed them (RFC 8725, 3.1).
fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap_or_default();
    // `{"alg":"none","typ":"JWT"}`
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")
}
