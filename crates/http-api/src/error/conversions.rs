//! What the use cases answer, as codes: exhaustive, so that a new outcome needs a decision here.

use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use app::catalogue::EditError;
use app::interactions::InteractionError;
use app::tasks::{ReachedLimit, SubmitError, TaskFailure};
use auth::{Scope, TokenError};
use domain::FieldError;
use domain::json_input::JsonInputError;
use domain::task::{JsonText, TaskError};
use ports::search_index::SearchError;
use ports::{CacheError, InteractionStoreError, StoreError, TaskStoreError};

use super::problem::challenge;
use super::{ApiError, ErrorCode};

impl From<JsonInputError> for ApiError {
    fn from(error: JsonInputError) -> Self {
        match error {
            JsonInputError::Field(field) => Self::invalid(vec![field]),
            JsonInputError::Malformed { .. } => {
                Self::new(ErrorCode::MalformedJson).detail(error.to_string())
            }
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Expired => ErrorCode::TokenExpired,
            TokenError::NotYetValid => ErrorCode::TokenNotYetValid,
            TokenError::SignatureInvalid => ErrorCode::TokenSignatureInvalid,
            TokenError::AlgorithmRefused => ErrorCode::TokenAlgorithmRefused,
            TokenError::IssuerInvalid => ErrorCode::TokenIssuerInvalid,
            TokenError::AudienceInvalid => ErrorCode::TokenAudienceInvalid,
            TokenError::ClaimMissing(_) => ErrorCode::TokenClaimMissing,
            TokenError::LifetimeTooLong => ErrorCode::TokenLifetimeTooLong,
            TokenError::Malformed(_) => ErrorCode::TokenMalformed,
        };
        Self::new(code).detail(error.to_string())
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Invalid(errors) => Self::invalid(errors),
            EditError::IdempotencyConflict => Self::new(ErrorCode::IdempotencyKeyReused),
            EditError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::new(ErrorCode::ScholarshipNotFound),
            StoreError::VersionMismatch { .. } => Self::new(ErrorCode::PreconditionFailed),
            StoreError::AlreadyExists { id } => Self::new(ErrorCode::ScholarshipExists)
                .detail(format!("The same source and source_id belong to {id}.")),
            StoreError::IdempotencyKeyTaken => Self::new(ErrorCode::IdempotencyKeyReused),
            StoreError::Unavailable { .. } => unavailable(&error),
            StoreError::Undecided { .. } => undecided(&error),
        }
    }
}

impl From<InteractionStoreError> for ApiError {
    fn from(error: InteractionStoreError) -> Self {
        match error {
            InteractionStoreError::Unavailable { .. } => unavailable(&error),
            InteractionStoreError::Undecided { .. } => undecided(&error),
        }
    }
}

impl From<InteractionError> for ApiError {
    fn from(error: InteractionError) -> Self {
        match error {
            InteractionError::Invalid(errors) => Self::invalid(errors),
            InteractionError::Store(error) => error.into(),
        }
    }
}

impl From<TaskStoreError> for ApiError {
    fn from(error: TaskStoreError) -> Self {
        unavailable(&error)
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::ReplyToRefused => Self::invalid_field("reply_to", error.to_string()),
            SubmitError::TooMany(limit) => too_many_tasks(limit),
            SubmitError::Replayed => Self::new(ErrorCode::TokenReplayed),
            SubmitError::Conflict => Self::new(ErrorCode::TaskExists),
            SubmitError::Guard(error) => unavailable(&error),
            SubmitError::Store(error) => error.into(),
        }
    }
}

impl From<CacheError> for ApiError {
    fn from(error: CacheError) -> Self {
        match error {
            // What is computed through the cache is read from the store.
            CacheError::Computation(_) | CacheError::Unavailable(_) => unavailable(&error),
            CacheError::TooLarge { .. } => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a cached answer is too large"
                );
                Self::new(ErrorCode::InternalError)
            }
        }
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::InvalidCursor(reason) => {
                let mut problem = Self::invalid_field("cursor", reason);
                problem.0.code = ErrorCode::InvalidCursor;
                problem
            }
        }
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "a request failed because a store did not answer");
    ApiError::new(ErrorCode::StoreUnavailable)
}

fn too_many_tasks(limit: ReachedLimit) -> ApiError {
    let detail = match limit {
        ReachedLimit::OfOwner(limit) => format!(
            "{limit} tasks of yours wait or are worked at; there may not be more (AGENT_TASKS_PER_OWNER)."
        ),
        ReachedLimit::InAll(limit) => format!(
            "{limit} tasks of all senders wait or are worked at; there may not be more (AGENT_TASKS_IN_ALL)."
        ),
    };
    ApiError::new(ErrorCode::TooManyTasks)
        .detail(detail)
        .header(RETRY_AFTER, HeaderValue::from_static("5"))
}

fn undecided(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "a store did not say whether it kept a write");
    ApiError::new(ErrorCode::OutcomeUnknown)
}

impl ApiError {
    /// The fields that are wrong, or the problem itself as the only one.
    pub(crate) fn into_fields(self) -> Vec<FieldError> {
        if self.0.errors.is_empty() {
            vec![FieldError::new("", self.0.code.advice())]
        } else {
            self.0.errors
        }
    }

    /// What the sender of a task is told. What failed for a reason of ours may succeed later.
    pub(crate) fn into_failure(self) -> TaskFailure {
        let code = self.0.code;
        let mut error = TaskError::new(code.as_str(), &self.0.detail);
        if !self.0.errors.is_empty() {
            let details = serde_json::to_string(&self.0.errors).unwrap_or_default();
            error.details = JsonText::parse(details).ok();
        }
        if matches!(code.status(), 429 | 500..) {
            TaskFailure::Passing(error)
        } else {
            TaskFailure::Lasting(error)
        }
    }

    /// A token that verifies, and is refused all the same.
    pub(crate) fn token_revoked() -> Self {
        Self::new(ErrorCode::TokenRevoked)
            .detail("the token, or every token of its subject until some instant, was revoked")
    }

    /// 403 with the challenge of RFC 6750.
    pub(crate) fn insufficient_scope(scope: Scope) -> Self {
        let code = ErrorCode::InsufficientScope;
        let detail = format!("This needs the scope {scope}.");
        let challenge = challenge(code, &detail, "insufficient_scope", Some(scope.as_str()));
        Self::new(code)
            .detail(detail)
            .header(WWW_AUTHENTICATE, challenge)
    }
}
