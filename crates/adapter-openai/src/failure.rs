//! Why the adapter cannot be set up, and what was wrong with an answer. Nothing here holds the key, the question or the answer.

/// Why the adapter cannot be set up. A service that is away is no reason.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "OPENAI_BASE_URL must look like https://api.openai.com/v1: http or https, a host, and no user, password, query or fragment"
    )]
    BaseUrl,
    #[error("OPENAI_API_KEY must be one or more visible ASCII characters without spaces")]
    Key,
    #[error(transparent)]
    Tls(#[from] outgoing_http::TlsError),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// What was wrong with an answer that came with a status of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error("the answer is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("the answer is no JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("the answer has not the shape of a completion (line {line}, column {column})")]
    NotACompletion { line: usize, column: usize },
    #[error("the answer holds no choice")]
    NoChoice,
    #[error("the answer calls tools, though none were offered")]
    ToolCall,
    #[error("the answer ended for a reason that is not known here")]
    UnknownEnd,
    #[error("the answer holds no text")]
    NoText,
}
