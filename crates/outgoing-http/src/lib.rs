//! What all clients of other services share: encryption, how long a service asks to be left alone, and traces.

mod retry_after;
mod tls;
mod tracing_calls;

pub use retry_after::retry_after;
pub use tls::{TlsError, tls_configuration, tls_configuration_trusting};
pub use tracing_calls::send;
