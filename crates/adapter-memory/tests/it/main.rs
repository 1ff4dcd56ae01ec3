//! The ports in this process pass the contracts, and stay within their bounds.

mod cache;
mod rate_limiter;
mod replay_guard;
mod spend_meter;
