//! Problem documents (RFC 9457): the one place that renders errors.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use domain::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, ErrorCode};

pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// URN of the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:scholarship-api:problem:validation-failed")]
    kind: String,
    #[schema(example = "Some values are wrong")]
    title: &'a str,
    #[schema(minimum = 400, maximum = 599, example = 422)]
    status: u16,
    #[schema(example = "limit: must be a whole number from 1 to 100")]
    detail: &'a str,
    /// The path that was asked for.
    instance: &'a str,
    /// Stable, for programs.
    #[schema(example = "VALIDATION_FAILED")]
    code: &'a str,
    /// Finds the request in the logs.
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: &'a str,
    /// The fields that are wrong, for `VALIDATION_FAILED`.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(value_type = Vec<FieldError>, required = false)]
    errors: &'a [FieldError],
}

/// The answer for an error of any origin. What is not an [`ApiError`] is shown by its status alone.
pub(crate) fn render(
    error: Option<&actix_web::Error>,
    status: StatusCode,
    instance: &str,
    trace_id: &str,
) -> HttpResponse<BoxBody> {
    match error.and_then(actix_web::Error::as_error::<ApiError>) {
        Some(error) => document(error, instance, trace_id),
        None => document(&ApiError::new(code_of(status)), instance, trace_id),
    }
}

/// The code of a refusal that has nothing but a status.
pub(crate) fn code_of(status: StatusCode) -> ErrorCode {
    match status.as_u16() {
        404 => ErrorCode::NotFound,
        405 => ErrorCode::MethodNotAllowed,
        406 => ErrorCode::NotAcceptable,
        413 => ErrorCode::BodyTooLarge,
        414 => ErrorCode::UrlTooLong,
        415 => ErrorCode::UnsupportedMediaType,
        429 => ErrorCode::RateLimited,
        503 => ErrorCode::Overloaded,
        504 => ErrorCode::Timeout,
        400..=499 => ErrorCode::BadRequest,
        _ => ErrorCode::InternalError,
    }
}

impl<'a> Problem<'a> {
    pub(crate) fn of(error: &'a ApiError, instance: &'a str, trace_id: &'a str) -> Self {
        let code = error.code();
        Self {
            kind: format!(
                "urn:scholarship-api:problem:{}",
                code.as_str().to_ascii_lowercase().replace('_', "-")
            ),
            title: code.title(),
            status: code.status(),
            detail: &error.0.detail,
            instance,
            code: code.as_str(),
            trace_id,
            errors: &error.0.errors,
        }
    }
}

fn document(error: &ApiError, instance: &str, trace_id: &str) -> HttpResponse<BoxBody> {
    let code = error.code();
    let problem = Problem::of(error, instance, trace_id);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = HttpResponse::with_body(error.status_code(), BoxBody::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if code.status() == 401 {
        headers.insert(
            WWW_AUTHENTICATE,
            challenge(code, &error.0.detail, "invalid_token", None),
        );
    }
    for (name, value) in &error.0.headers {
        headers.insert(name.clone(), value.clone());
    }
    // For whoever observes the answer: the error itself stays behind here.
    response.extensions_mut().insert(code);
    response
}

/// The challenge of RFC 6750: a request without any token is told nothing but the scheme.
pub(super) fn challenge(
    code: ErrorCode,
    description: &str,
    error: &str,
    scope: Option<&str>,
) -> HeaderValue {
    let mut text = "Bearer realm=\"scholarship-api\"".to_owned();
    if code != ErrorCode::TokenMissing {
        let quotable =
            |character: &char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
        let description: String = description.chars().filter(quotable).collect();
        text.push_str(&format!(
            ", error=\"{error}\", error_description=\"{description}\""
        ));
        if let Some(scope) = scope {
            text.push_str(&format!(", scope=\"{scope}\""));
        }
    }
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}
