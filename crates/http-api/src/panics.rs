//! What a broken handler answers.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::error::{ApiError, ErrorCode};

/// Runs a handler.
///
/// # Errors
/// `INTERNAL_ERROR` when it panics, which is logged.
pub(crate) async fn without_panic<T>(handler: impl Future<Output = T>) -> Result<T, ApiError> {
    AssertUnwindSafe(handler)
        .catch_unwind()
        .await
        .map_err(|panic| {
            tracing::error!(message = message(panic.as_ref()), "a handler panicked");
            ApiError::new(ErrorCode::InternalError)
        })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
