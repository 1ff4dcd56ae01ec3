//! A shared secret that signs and verifies tokens.

use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

/// Bytes of a key's id: enough to tell the keys of a service apart.
const ID_BYTES: usize = 8;

/// An HS256 key with the `kid` by which tokens refer to it. Its secret never shows in `Debug`.
#[derive(Debug, Clone)]
pub struct TokenKey {
    id: String,
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
    pub fn new(secret: SecretString) -> Result<Self, EmptySecret> {
        let exposed = secret.expose_secret();
        if exposed.is_empty() {
            return Err(EmptySecret);
        }
        let id = id_of(exposed);
        Ok(Self { id, secret })
    }

    /// The `kid`: the beginning of a digest of the secret, so that whoever has the secret knows it, and it needs no setting of
    /// its own. It tells no more of the secret than a token that was signed with it.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn for_signing(&self) -> EncodingKey {
        EncodingKey::from_secret(self.secret.expose_secret().as_bytes())
    }

    pub(crate) fn for_verifying(&self) -> DecodingKey {
        DecodingKey::from_secret(self.secret.expose_secret().as_bytes())
    }
}

fn id_of(secret: &str) -> String {
    let digest = Sha256::new_with_prefix("scholarship-api token key")
        .chain_update(secret)
        .finalize();
    let beginning = digest.iter().take(ID_BYTES);
    beginning.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_needs_a_secret() {
        assert_eq!(TokenKey::new("".into()).unwrap_err(), EmptySecret);
    }

    #[test]
    fn a_secret_has_one_id_and_another_secret_another() {
        let id = |secret: &str| TokenKey::new(secret.into()).unwrap().id().to_owned();
        assert_eq!(id("one"), id("one"));
        assert_ne!(id("one"), id("other"));
        assert_eq!(id("one").len(), 16);
    }

    #[test]
    fn the_secret_does_not_show_in_debug_output() {
        let key = TokenKey::new("do not print me".into()).unwrap();
        let text = format!("{key:?}");
        assert!(
            text.contains(key.id()) && !text.contains("print me"),
            "{text}"
        );
    }
}
