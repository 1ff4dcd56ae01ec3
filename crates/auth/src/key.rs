//! A shared secret that signs and verifies tokens.

use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};

/// An HS256 key, optionally with the `kid` by which tokens refer to it. Its secret never shows in `Debug`.
#[derive(Debug, Clone)]
pub struct TokenKey {
    id: Option<String>,
    secret: SecretString,
}

/// A key without a secret would let anyone sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token secret must not be empty")]
pub struct EmptySecret;

impl TokenKey {
    /// Accepts weak secrets, which are fit for development; see [`crate::secret_weakness`].
    ///
    /// # Errors
    /// [`EmptySecret`] when there is no secret at all.
    pub fn new(id: Option<String>, secret: SecretString) -> Result<Self, EmptySecret> {
        if secret.expose_secret().is_empty() {
            return Err(EmptySecret);
        }
        Ok(Self { id, secret })
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(crate) fn for_signing(&self) -> EncodingKey {
        EncodingKey::from_secret(self.secret.expose_secret().as_bytes())
    }

    pub(crate) fn for_verifying(&self) -> DecodingKey {
        DecodingKey::from_secret(self.secret.expose_secret().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_needs_a_secret() {
        assert_eq!(TokenKey::new(None, "".into()).unwrap_err(), EmptySecret);
    }

    #[test]
    fn the_secret_does_not_show_in_debug_output() {
        let key = TokenKey::new(Some("2026".to_owned()), "do not print me".into()).unwrap();
        let text = format!("{key:?}");
        assert!(
            text.contains("2026") && !text.contains("print me"),
            "{text}"
        );
    }
}
