//! What can happen to a request, after it was taken in and remembered.

use std::time::Duration;

/// What happens to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// 202.
    Accept,
    /// 202, so much later.
    Slow(Duration),
    Status {
        status: u16,
        /// Further headers: name and value.
        headers: Vec<(&'static str, String)>,
    },
    /// 202, and then nothing of the body that is announced, until the client leaves.
    AcceptThenSilence,
    /// 202 with a body that goes on for as long as the client listens.
    Endless,
    /// Nothing is ever said, until the client leaves.
    Silence,
    /// The connection is reset.
    Reset,
}

impl Behaviour {
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            headers: Vec::new(),
        }
    }

    /// 429 with `retry-after` in whole seconds.
    pub fn rate_limited(wait: Duration) -> Self {
        Self::waiting(429, wait)
    }

    /// 503 with `retry-after` in whole seconds.
    pub fn unavailable(wait: Duration) -> Self {
        Self::waiting(503, wait)
    }

    /// 302 to another place.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::Status {
            status: 302,
            headers: vec![("location", location.into())],
        }
    }

    fn waiting(status: u16, wait: Duration) -> Self {
        Self::Status {
            status,
            headers: vec![("retry-after", wait.as_secs().to_string())],
        }
    }

    /// Whether the sender hears that it was taken.
    pub(super) fn accepts(&self) -> bool {
        match self {
            Self::Accept | Self::Slow(_) | Self::AcceptThenSilence | Self::Endless => true,
            Self::Status { status, .. } => (200..300).contains(status),
            Self::Silence | Self::Reset => false,
        }
    }
}
