//! The `Idempotency-Key` header.

use actix_web::HttpRequest;
use app::catalogue::IdempotencyRequest;
use domain::hexadecimal;
use sha2::{Digest, Sha256};

use crate::error::{ApiError, ErrorCode};

/// The key that the caller sent: 1 to 255 visible ASCII characters.
///
/// # Errors
/// `MALFORMED_HEADER`.
pub(crate) fn key(request: &HttpRequest) -> Result<Option<&str>, ApiError> {
    let mut values = request.headers().get_all("idempotency-key");
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let bytes = value.as_bytes();
    let fine = (1..=255).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic)
        && values.next().is_none();
    value
        .to_str()
        .ok()
        .filter(|_| fine)
        .map(Some)
        .ok_or_else(|| {
            ApiError::new(ErrorCode::MalformedHeader)
                .detail("Idempotency-Key must be 1 to 255 visible ASCII characters, given once.")
        })
}

/// The wish to make something once, for a request with a key.
///
/// # Errors
/// As [`key`].
pub(crate) fn request(
    request: &HttpRequest,
    subject: &str,
    body: &[u8],
) -> Result<Option<IdempotencyRequest>, ApiError> {
    Ok(key(request)?.map(|key| {
        let mut digest = Sha256::new();
        for part in [
            request.method().as_str().as_bytes(),
            request.path().as_bytes(),
        ] {
            digest.update(part);
            digest.update([0]);
        }
        digest.update(body);
        IdempotencyRequest {
            key: format!("{subject}\n{key}"),
            fingerprint: hexadecimal(&digest.finalize()),
        }
    }))
}

/// The id of an interaction that came without one: the same for the same caller, key and place in the request.
pub(crate) fn derived_id(subject: &str, key: &str, place: usize) -> String {
    let digest = Sha256::digest(format!("{subject}\n{key}\n{place}"));
    hexadecimal(&digest[..16])
}
