//! What goes on while that which replicas share does not answer.
//!
//! Limits and cached values have stand-ins in this process. Used tokens and spent money have none: accepting a replayed token or
//! spending money twice is worse than a refusal, so their `Unavailable` goes to the caller, who answers 503 or does without the
//! model.

mod cache;
mod rate_limiter;

pub use self::cache::BridgedCache;
pub use self::rate_limiter::BridgedRateLimiter;
