//! What the adapter needs to know to tell the Command Center things.

use std::time::Duration;

use auth::TokenKey;

/// Where the Command Center is, and as whom it knows us.
#[derive(Debug, Clone)]
pub struct CommandCenterSettings {
    /// `COMMAND_CENTER_URL`: what stands before `/orchestrator/..`; see [`crate::check_base_url`]. Notices may go anywhere on
    /// its origin. With `http` they and their tokens travel in plain text, which is meant for the same machine or network.
    pub base_url: String,
    /// `COMMAND_CENTER_ALLOWED_ORIGINS`: further places that notices may go to; see [`crate::check_origin`].
    pub allowed_origins: Vec<String>,
    /// `AGENT_ID`: the subject of our tokens, 1 to 256 bytes.
    pub agent_id: String,
    /// The issuer of our tokens. It and the audience must not be those of the tokens that we accept, or a notice could be sent
    /// back to us as an order.
    pub issuer: String,
    /// Whom our tokens are for.
    pub audience: String,
    /// `SHARED_SECRET`. Never printed.
    pub key: TokenKey,
    /// `COMMAND_CENTER_CONNECT_TIMEOUT`.
    pub connect_timeout: Duration,
    /// `COMMAND_CENTER_TIMEOUT`: from the first attempt to connect to the last byte of the answer.
    pub timeout: Duration,
}

impl CommandCenterSettings {
    /// The names by which the Command Center and we know each other unless an operator says otherwise: those in its tokens to
    /// us, the other way round.
    pub fn new(base_url: impl Into<String>, key: TokenKey) -> Self {
        Self {
            base_url: base_url.into(),
            allowed_origins: Vec::new(),
            agent_id: "scholarship_api".to_owned(),
            issuer: "scholar-sync-agents".to_owned(),
            audience: "auto-com-center".to_owned(),
            key,
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
        }
    }
}
