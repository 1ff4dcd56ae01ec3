//! What all clients of other services share: encryption, and how long a service asks to be left alone.

mod retry_after;
mod tls;

pub use retry_after::retry_after;
pub use tls::{TlsError, tls_configuration, tls_configuration_trusting};
