//! What callers are told of their limits (draft-ietf-httpapi-ratelimit-headers-10).

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use app::limits::CallerClass;
use domain::{Quota, RateDecision};

pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// `RateLimit-Policy: "public";q=60;w=60` is 60 requests in 60 seconds, `RateLimit: "public";r=12;t=48` is that 12 more pass
/// now, and that all are there again in 48 seconds. `Retry-After` is there when none passes.
pub(super) fn add(
    headers: &mut HeaderMap,
    class: CallerClass,
    quota: Quota,
    decision: &RateDecision,
) {
    let name = class.name();
    let (limit, window) = (decision.limit, whole_seconds(quota.period()));
    let (left, reset) = (decision.remaining, whole_seconds(decision.reset_after));
    set(
        headers,
        RATE_LIMIT_POLICY,
        &format!("\"{name}\";q={limit};w={window}"),
    );
    set(
        headers,
        RATE_LIMIT,
        &format!("\"{name}\";r={left};t={reset}"),
    );
    if let Some(wait) = decision.retry_after {
        set(headers, RETRY_AFTER, &whole_seconds(wait).to_string());
    }
}

/// For a request that was refused before it was counted; `wait` is until one may pass.
pub(super) fn refused(headers: &mut HeaderMap, class: CallerClass, quota: Quota, wait: Duration) {
    let decision = RateDecision {
        allowed: false,
        limit: quota.limit(),
        remaining: 0,
        reset_after: quota.period(),
        retry_after: Some(wait),
    };
    add(headers, class, quota, &decision);
}

/// Never less than what is left, and at least 1.
fn whole_seconds(duration: Duration) -> u64 {
    let rounded_up = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    rounded_up.max(1)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
