//! The one error type of the shell, and the table of its codes.

mod conversions;
mod problem;

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use domain::FieldError;

pub(crate) use problem::Problem;
pub(crate) use problem::{PROBLEM_JSON, code_of, render};

/// Declares the codes with their status, title and what a caller can do: the table of `docs/errors.md`.
macro_rules! error_codes {
    ($($variant:ident = $code:literal, $status:literal, $title:literal, $advice:literal;)+) => {
        /// A stable code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($variant),+ }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// As callers see it.
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
            /// The HTTP status.
            pub fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }
            pub fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
            /// What a caller can do; also the detail where nothing more is to be said.
            pub fn advice(self) -> &'static str { match self { $(Self::$variant => $advice),+ } }
        }
    };
}

error_codes! {
    BadRequest = "BAD_REQUEST", 400, "The request cannot be understood", "Check the request line and the headers.";
    MalformedUrl = "MALFORMED_URL", 400, "The URL is not well-formed", "Encode the path and the query as UTF-8 with two hexadecimal digits after each percent sign.";
    MalformedJson = "MALFORMED_JSON", 400, "The body is not JSON", "Send one JSON value in UTF-8, nested at most 127 levels deep.";
    MalformedHeader = "MALFORMED_HEADER", 400, "A header is not well-formed", "Correct the header that the detail names.";
    TokenMissing = "TOKEN_MISSING", 401, "A token is required", "Send `Authorization: Bearer` with a token.";
    TokenMalformed = "TOKEN_MALFORMED", 401, "The token cannot be read", "Send the token as it was issued, after the word Bearer.";
    TokenExpired = "TOKEN_EXPIRED", 401, "The token has expired", "Ask for a new token.";
    TokenNotYetValid = "TOKEN_NOT_YET_VALID", 401, "The token is not valid yet", "Wait until the token's nbf and iat, or correct the clocks.";
    TokenSignatureInvalid = "TOKEN_SIGNATURE_INVALID", 401, "The token's signature does not match", "Ask for a token of this service's issuer.";
    TokenAlgorithmRefused = "TOKEN_ALGORITHM_REFUSED", 401, "The token's algorithm is refused", "Sign with HS256.";
    TokenIssuerInvalid = "TOKEN_ISSUER_INVALID", 401, "The token has another issuer", "Ask this service's issuer for a token.";
    TokenAudienceInvalid = "TOKEN_AUDIENCE_INVALID", 401, "The token is for another service", "Ask for a token whose aud names this service.";
    TokenClaimMissing = "TOKEN_CLAIM_MISSING", 401, "The token lacks a claim", "Ask for a token with the claim that the detail names.";
    TokenLifetimeTooLong = "TOKEN_LIFETIME_TOO_LONG", 401, "The token lives too long", "Ask for a token with an earlier exp.";
    TokenRevoked = "TOKEN_REVOKED", 401, "The token was revoked", "Ask for a new token; if that is refused too, ask the operators.";
    TokenReplayed = "TOKEN_REPLAYED", 401, "The token was used for another task", "Ask for a new token for each task.";
    InsufficientScope = "INSUFFICIENT_SCOPE", 403, "The token's scope does not cover this", "Ask for a token with the scope that the detail names.";
    RoleNotAllowed = "ROLE_NOT_ALLOWED", 403, "The token's role may not do this", "Use a token of a role that the detail names.";
    OriginNotAllowed = "ORIGIN_NOT_ALLOWED", 403, "Pages of this origin may not ask", "Ask from one of the configured origins, or from outside a browser.";
    NotFound = "NOT_FOUND", 404, "There is nothing at this path", "See /openapi.json for the paths.";
    ScholarshipNotFound = "SCHOLARSHIP_NOT_FOUND", 404, "There is no such scholarship", "Search for the scholarship; it may have been deleted.";
    TaskNotFound = "TASK_NOT_FOUND", 404, "There is no such task of yours", "Check the task_id; tasks are removed some days after their end.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "The method does not exist here", "Use one of the methods in the Allow header.";
    NotAcceptable = "NOT_ACCEPTABLE", 406, "No acceptable encoding", "Accept identity, gzip, br or zstd in Accept-Encoding.";
    BodyTimeout = "BODY_TIMEOUT", 408, "The body did not arrive in time", "Send the rest of an import without long pauses.";
    TaskExists = "TASK_EXISTS", 409, "Another task has this id", "Send a new task with a new task_id, or the same one unchanged.";
    TaskStateConflict = "TASK_STATE_CONFLICT", 409, "The task is not in a state for this", "Look at the task; what has ended cannot be cancelled, and only what failed can be queued again.";
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 409, "The idempotency key belongs to another request", "Use a new key for a new request.";
    ScholarshipExists = "SCHOLARSHIP_EXISTS", 409, "The scholarship exists already", "Update the scholarship that the detail names, or change provenance.";
    PreconditionFailed = "PRECONDITION_FAILED", 412, "The scholarship has changed", "Read it again, and repeat the change with its new ETag.";
    BodyTooLarge = "BODY_TOO_LARGE", 413, "The body is too large", "Send less in one request; large sets of records go to the import.";
    UrlTooLong = "URL_TOO_LONG", 414, "The URL is too long", "Keep path and query within 2,048 bytes, or use POST.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "The body has another media type than expected", "Send the Content-Type that the detail names.";
    MisdirectedRequest = "MISDIRECTED_REQUEST", 421, "This host is not served here", "Use one of the service's own host names.";
    ValidationFailed = "VALIDATION_FAILED", 422, "Some values are wrong", "Correct the fields listed in errors.";
    InvalidCursor = "INVALID_CURSOR", 422, "The cursor does not belong to this request", "Start again without a cursor, and change nothing between pages.";
    PreconditionRequired = "PRECONDITION_REQUIRED", 428, "If-Match is required", "Send the ETag that you read, in If-Match.";
    RateLimited = "RATE_LIMITED", 429, "Too many requests", "Wait as long as Retry-After says; RateLimit tells how many are left.";
    TooManyTasks = "TOO_MANY_TASKS", 429, "Too many tasks are unfinished", "Wait until some are done, as long as Retry-After says at least; cancel what is not needed any more.";
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431, "The headers are too large", "Send at most 64 headers, with 16,384 bytes together.";
    InternalError = "INTERNAL_ERROR", 500, "Something went wrong here", "Try again later; if it stays, report the trace_id.";
    StoreUnavailable = "STORE_UNAVAILABLE", 503, "The store does not answer", "Try again after Retry-After; searches go on meanwhile.";
    OutcomeUnknown = "OUTCOME_UNKNOWN", 503, "The store did not say whether it wrote", "The change may have been made. Repeat the request with the same Idempotency-Key (interactions: the same id), or read first.";
    NotReady = "NOT_READY", 503, "The service is starting", "Try again after Retry-After.";
    Overloaded = "OVERLOADED", 503, "Too much work at once", "Try again after Retry-After.";
    AiUnavailable = "AI_UNAVAILABLE", 503, "The language model gave no answer", "Try again after Retry-After, or ask without /ai/.";
    Timeout = "TIMEOUT", 504, "The answer took too long", "Try again after Retry-After, or ask for less at once; a change may have been made, so read it first.";
}

impl ErrorCode {
    /// Whether the caller lacks a token, or it is not good for this.
    pub(crate) fn is_about_rights(self) -> bool {
        matches!(self.status(), 401 | 403)
    }
}

/// A refusal or failure on its way to the caller.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", .0.code.as_str(), .0.detail)]
pub(crate) struct ApiError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: ErrorCode,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self(Box::new(Parts {
            code,
            detail: Cow::Borrowed(code.advice()),
            errors: Vec::new(),
            headers: Vec::new(),
        }))
    }

    /// Says more. Server errors keep their constant text: internals stay inside.
    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        if self.code().status() < 500 {
            self.0.detail = detail.into();
        }
        self
    }

    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Fields that are wrong, all at once.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut error = Self::new(ErrorCode::ValidationFailed);
        error.0.detail = match errors.as_slice() {
            [single] => Cow::Owned(single.to_string()),
            several => Cow::Owned(format!("{} fields are wrong.", several.len())),
        };
        error.0.errors = errors;
        error
    }

    pub(crate) fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The fields that are wrong, if that is the error.
    pub(crate) fn wrong_fields(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The sentence for the caller.
    pub(crate) fn detail_text(&self) -> &str {
        &self.0.detail
    }
}

impl actix_web::ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Without a body: [`render`] makes it where the request is at hand.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_its_status_is_an_error() {
        let codes: HashSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!((400..600).contains(&code.status()), "{}", code.as_str());
        }
    }

    #[test]
    fn the_table_of_the_documentation_is_the_table_of_the_code() {
        let documented = include_str!("../../../docs/errors.md");
        let rows: Vec<String> = documented
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(str::to_owned)
            .collect();
        let expected: Vec<String> = ErrorCode::ALL
            .iter()
            .map(|code| {
                format!(
                    "| `{}` | {} | {} | {} |",
                    code.as_str(),
                    code.status(),
                    code.title(),
                    code.advice()
                )
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn server_errors_keep_their_constant_text() {
        let error = ApiError::new(ErrorCode::InternalError).detail("password=hunter2");
        assert_eq!(error.0.detail, ErrorCode::InternalError.advice());
    }
}
