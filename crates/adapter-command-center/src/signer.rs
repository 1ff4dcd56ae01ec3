//! The tokens by which the Command Center knows us.

use std::sync::Arc;
use std::time::Duration;

use auth::{MintError, MintRequest, Minter, Role, ScopeSet, TokenSettings};
use ports::Clock;
use reqwest::header::HeaderValue;
use uuid::Uuid;

use crate::CommandCenterSettings;

/// Longer than any request takes; a token that is seen by others is worth nothing soon.
const LIFETIME: Duration = Duration::from_secs(60);

/// Makes a token for each request.
pub(crate) struct Signer {
    minter: Minter,
    agent_id: String,
    clock: Arc<dyn Clock>,
}

impl Signer {
    /// # Errors
    /// [`MintError`] when it could make no token.
    pub(crate) fn new(
        settings: &CommandCenterSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MintError> {
        let tokens = TokenSettings {
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            maximum_lifetime: LIFETIME,
            ..TokenSettings::default()
        };
        let signer = Self {
            minter: Minter::new(tokens, &settings.key),
            agent_id: settings.agent_id.clone(),
            clock,
        };
        signer.token(&[]).map(|_| signer)
    }

    /// A token that was never made before, for this body only. It grants nothing: its scope is empty.
    pub(crate) fn token(&self, body: &[u8]) -> Result<String, MintError> {
        let request = MintRequest {
            subject: self.agent_id.clone(),
            role: Role::Agent,
            scopes: ScopeSet::EMPTY,
            lifetime: LIFETIME,
            token_id: Uuid::new_v4().to_string(),
        };
        self.minter.mint_for_body(&request, body, self.clock.now())
    }
}

/// What stands in `authorization`; shown nowhere.
pub(crate) fn bearer(token: &str) -> HeaderValue {
    // Tokens are base64url and dots.
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}
