//! Why there is no snapshot, and what to do about it. Nothing here holds a token or the value of a header.

use std::time::Duration;

use rollout::snapshot::SnapshotError;

/// Settings that can never work.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the address of Prometheus must look like http://localhost:9090: http or https, a host, and no user, password, query or fragment"
    )]
    Url,
    #[error("the bearer token must be one or more visible ASCII characters without spaces")]
    Token,
    #[error("the header {name:?} has a name or a value that no header can have")]
    Header { name: String },
    #[error(transparent)]
    Tls(#[from] outgoing_http::TlsError),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// A question without an answer that can be believed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("Prometheus cannot be reached: see whether it runs, and whether its address is right")]
    Unreachable(#[source] reqwest::Error),
    #[error(
        "Prometheus did not answer within {} ms: see how busy it is, or allow more time",
        .0.as_millis()
    )]
    TimedOut(Duration),
    #[error("the answer broke off: see the log of Prometheus, and of what stands before it")]
    BrokenOff(#[source] reqwest::Error),
    #[error("the answer is longer than {limit} bytes: is that Prometheus?")]
    TooLong { limit: usize },
    #[error(
        "status 401: Prometheus wants to know who asks; give a bearer token that is still good"
    )]
    Unauthorized,
    #[error("status 403: this token or this network may not ask Prometheus for queries")]
    Forbidden,
    #[error(
        "status 404: there is no Prometheus at this address; is a path missing before /api/v1?"
    )]
    NotFound,
    #[error(
        "status {status}: a redirect, which is not followed so that no token gets elsewhere; give the final address{}",
        .to.as_ref().map_or_else(String::new, |to| format!(", perhaps on {to}"))
    )]
    Redirected { status: u16, to: Option<String> },
    #[error("status {status}: Prometheus refuses the query ({kind}): {message}")]
    Refused {
        status: u16,
        kind: String,
        message: String,
    },
    #[error("status {status}: Prometheus, or what stands before it, cannot answer now; try again")]
    Unavailable { status: u16 },
    #[error("status {status}, which Prometheus never answers: is that its address?")]
    Status { status: u16 },
    #[error(
        "the answer is no JSON of Prometheus (it begins with {beginning:?}): is that a page to log in, or another service?"
    )]
    NotPrometheus { beginning: String },
    #[error("Prometheus warns that its answer is not complete, so no count can be believed: {0}")]
    Partial(String),
}

/// Why there is no snapshot. None of these says anything about the canary.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error("cannot ask for {what}")]
    Query {
        what: &'static str,
        #[source]
        source: QueryError,
    },
    #[error(
        "no snapshot within {} s: see how busy Prometheus is, or allow more time",
        .0.as_secs_f64()
    )]
    TimedOut(Duration),
    #[error("our clock is {seconds:.0} s from that of Prometheus: set both by NTP")]
    Clock { seconds: f64 },
    #[error(
        "{of} {instance:?} is there more than once, so all its counts would be too: remove the second scrape of it, or ask a Prometheus without copies"
    )]
    Twice { of: String, instance: String },
    #[error(
        "two processes of {of} answer in turn at {instance:?}: scrape each process, not what balances their load"
    )]
    Balanced { of: String, instance: String },
    #[error("the stage begins after the moment of the snapshot")]
    Order,
    #[error("canary and stable are both version {0:?}")]
    SameVersion(String),
    #[error("what was measured cannot be true")]
    Invalid(#[from] SnapshotError),
}
