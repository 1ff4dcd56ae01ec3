//! What can happen to a request.

use std::time::Duration;

/// What happens to one valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// A proper completion.
    Answer,
    /// A proper completion, so much later.
    Slow(Duration),
    /// An error of the service.
    Status {
        status: u16,
        /// The `code` of the error in the body.
        code: &'static str,
        /// Further headers: name and value.
        headers: Vec<(&'static str, String)>,
    },
    /// The status of an error, and then nothing of the body that it announces, until the client leaves.
    StatusThenSilence(u16),
    /// A proper answer without its last quarter, then the end of the connection.
    PartOfBody,
    /// A body that is no JSON.
    NotJson,
    /// A body that is JSON, and no completion.
    OtherShape,
    /// A completion whose text goes on for as long as the client listens.
    Endless,
    /// The request is read and nothing is ever said, until the client leaves.
    Silence,
    /// The request is read and the connection is reset.
    Reset,
    /// A completion that says this, whatever was asked.
    Says(String),
    /// A completion whose object fits no schema that the request could have.
    BreaksSchema,
    /// A proper completion, in whose texts stand a name, addresses, a telephone number and a link as well.
    LeaksPersonalData,
    /// A proper completion, in which every id is of something that does not exist: the texts of `id`, `ids`, `..._id` and
    /// `..._ids`.
    WrongIds,
    /// A completion that ended at its limit (`finish_reason` is `length`).
    CutOff,
    /// A model that does not want to (`refusal`).
    Declines,
    /// A completion that was stopped (`finish_reason` is `content_filter`).
    Filtered,
    /// A call of a tool instead of a text.
    CallsTool,
    /// A proper completion without a word about its cost.
    NoUsage,
    /// A proper completion that is said to have cost as much as a number can say.
    HugeUsage,
}

impl Behaviour {
    /// 429 with `retry-after` in whole seconds.
    pub fn rate_limited(wait: Duration) -> Self {
        let headers = vec![("retry-after", wait.as_secs().to_string())];
        Self::with_status(429, "rate_limit_exceeded", headers)
    }

    /// 429 that no wait helps.
    pub fn out_of_quota() -> Self {
        Self::with_status(429, "insufficient_quota", Vec::new())
    }

    /// 401 for a key that is no longer valid.
    pub fn invalid_key() -> Self {
        Self::with_status(401, "invalid_api_key", Vec::new())
    }

    /// 400 for a request that looks valid here.
    pub fn bad_request() -> Self {
        Self::with_status(400, "invalid_request_error", Vec::new())
    }

    /// 500.
    pub fn server_error() -> Self {
        Self::with_status(500, "server_error", Vec::new())
    }

    /// 503 with `retry-after` in whole seconds.
    pub fn unavailable(wait: Duration) -> Self {
        let headers = vec![("retry-after", wait.as_secs().to_string())];
        Self::with_status(503, "service_unavailable", headers)
    }

    /// 307 to another place.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::with_status(307, "moved", vec![("location", location.into())])
    }

    pub fn with_status(
        status: u16,
        code: &'static str,
        headers: Vec<(&'static str, String)>,
    ) -> Self {
        Self::Status {
            status,
            code,
            headers,
        }
    }
}
