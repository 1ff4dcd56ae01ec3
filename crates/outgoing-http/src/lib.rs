//! What all clients of other services share: where a service is, how it is reached, how long it asks to be left alone, and traces.

mod base_url;
mod client;
mod retry_after;
mod tls;
mod tracing_calls;

pub use base_url::{base_url, below, is_plain};
pub use client::client_builder;
pub use retry_after::retry_after;
pub use tls::{TlsError, tls_configuration, tls_configuration_trusting};
pub use tracing_calls::send;
