//! Why the adapter cannot be set up. Nothing here holds the secret or repeats a setting.

/// Why the adapter cannot be set up. A Command Center that is away is no reason.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "COMMAND_CENTER_URL must look like https://command-center.example: http or https, a host, and no user, password, query or fragment"
    )]
    BaseUrl,
    #[error(
        "COMMAND_CENTER_ALLOWED_ORIGINS must be origins like https://callbacks.example:8443: http or https, a host, perhaps a port, and nothing else"
    )]
    Origin,
    #[error("AGENT_ID must have 1 to 256 bytes and no control characters")]
    AgentId(#[source] auth::MintError),
    #[error(transparent)]
    Tls(#[from] outgoing_http::TlsError),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}
