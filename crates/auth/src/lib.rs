//! Bearer tokens: claims, verification and minting. Pure: the caller says what time it is, and nothing here reads the
//! environment, a clock or a random source.

mod body;
mod caller;
mod claims;
mod error;
mod key;
mod minter;
mod role;
mod scope;
mod secret_strength;
mod settings;
mod verifier;

pub use body::BodyTokenError;
pub use caller::Caller;
pub use claims::Claims;
pub use error::{Malformation, TokenError};
pub use key::{EmptySecret, TokenKey};
pub use minter::{MintError, MintRequest, Minter};
pub use role::{Role, UnknownRole};
pub use scope::{Scope, ScopeSet, UnknownScope};
pub use secret_strength::{SecretWeakness, secret_weakness};
pub use settings::TokenSettings;
pub use verifier::{MAXIMUM_TOKEN_BYTES, Verifier};

/// The instant type of this crate; always UTC, compared in whole seconds.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
