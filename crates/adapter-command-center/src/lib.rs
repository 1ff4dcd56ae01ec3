//! The Command Center behind HTTP: notices of tasks, registration, heartbeats and events.
//!
//! Whatever is sent is one `POST` of JSON with a token of its own, which holds for a minute and for that body only. Notices go
//! where the sender of a task wants them, hence the rules against being made to knock at doors of this network:
//!
//! - Only origins that an operator configured get anything: scheme, host and port must be the same, and the host must be
//!   spelled the same. A configured origin may be private; nothing else in its network can be reached.
//! - The URL that was checked is the URL that is requested: it is parsed once, by the parser of the HTTP client.
//! - No redirect is followed, and no proxy of the environment is used: both would see the token.
//! - Names are resolved when a connection opens. Someone who can change the address of a configured name (DNS rebinding) is
//!   someone whom the operator trusts with all notices anyway, so addresses are not checked. With `https` whoever answers at
//!   the address must also have a certificate for the name.
//! - The body of an answer is read only to keep the connection, to a bound, and means nothing.
//!
//! Nothing that is printed, logged or returned as an error holds the secret, a token, or what was sent.

mod command_center;
mod failure;
mod message;
mod origin;
mod refusal;
mod settings;
mod signer;
mod trace;

pub use self::command_center::HttpCommandCenter;
pub use self::failure::OpenError;
pub use self::origin::{check_base_url, check_origin, is_exposed};
pub use self::settings::CommandCenterSettings;
