//! Headers that every answer carries.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::context::{REQUEST_ID, RequestContext};

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'";
/// The style sheet of the documentation has images in it.
const DOCUMENTATION_POLICY: &str =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/// Nothing here needs a device or a person's whereabouts.
const PERMISSIONS: &str = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// What the answer's headers depend on.
#[derive(Debug, Clone)]
pub(super) struct Circumstances {
    pub(super) context: RequestContext,
    pub(super) documentation: bool,
    /// A token came with the request, so that the answer is for its bearer alone.
    pub(super) authenticated: bool,
}

pub(super) fn add(headers: &mut HeaderMap, status: StatusCode, circumstances: &Circumstances) {
    // What took too long may go on for a while, such as the wait for a store that somebody has locked.
    for (unavailable, seconds) in [
        (StatusCode::SERVICE_UNAVAILABLE, "1"),
        (StatusCode::GATEWAY_TIMEOUT, "5"),
    ] {
        if status == unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
        }
    }
    if let Ok(request_id) = HeaderValue::from_str(&circumstances.context.request_id) {
        headers.insert(HeaderName::from_static(REQUEST_ID), request_id);
    }
    let policy = if circumstances.documentation {
        DOCUMENTATION_POLICY
    } else {
        POLICY
    };
    for (name, value) in [
        (
            STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains; preload",
        ),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    vary_by_encoding(headers);
    if circumstances.authenticated || !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Makes one `Vary` of all, with `Accept-Encoding` also on answers that were not compressed: a cache must not give a compressed
/// answer to everybody, nor a plain one.
fn vary_by_encoding(headers: &mut HeaderMap) {
    let names = headers
        .get_all(VARY)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("accept-encoding"));
    let all: Vec<&str> = names.chain(["Accept-Encoding"]).collect();
    if let Ok(value) = HeaderValue::from_str(&all.join(", ")) {
        headers.insert(VARY, value);
    }
}
