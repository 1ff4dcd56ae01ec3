//! Who asks, and whether as often as granted: decided before anything of the request but its head is looked at.
//!
//! In this order: [`identify`] finds the caller's address and verifies the token; [`flood`] refuses, in this process and for
//! next to nothing, what comes ten times as often as granted; [`limit`] counts exactly, for all replicas together where they
//! share a Redis, and refuses bad tokens.

mod client_address;
mod connections;
mod flood;
mod headers;
mod identity;
mod limiting;

pub use client_address::{ForwardedHeader, TrustedProxies};
pub use connections::Connections;
pub(crate) use connections::{BusyBody, Registered};
pub(crate) use flood::FloodGuards;
pub(crate) use headers::{RATE_LIMIT, RATE_LIMIT_POLICY};
pub(crate) use identity::{CallerKey, identify};
pub(crate) use limiting::limit;
