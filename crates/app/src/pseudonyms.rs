//! Names of subjects that only this store can make: whoever reads its tables cannot tell whose they are.

use std::sync::{Arc, OnceLock};

use hmac::{Hmac, KeyInit, Mac};
use ports::{InteractionStore, InteractionStoreError};
use sha2::Sha256;

/// Makes pseudonyms under the store's own key, which is asked for once.
pub struct Pseudonyms {
    store: Arc<dyn InteractionStore>,
    key: OnceLock<PseudonymKey>,
}

impl Pseudonyms {
    pub fn new(store: Arc<dyn InteractionStore>) -> Self {
        Self {
            store,
            key: OnceLock::new(),
        }
    }

    /// # Errors
    /// [`InteractionStoreError`], when the key is not known yet and the store does not tell.
    pub async fn of(&self, subject: &str) -> Result<[u8; 32], InteractionStoreError> {
        Ok(self.key().await?.pseudonym(subject))
    }

    /// # Errors
    /// As [`Self::of`].
    pub async fn key(&self) -> Result<PseudonymKey, InteractionStoreError> {
        // Many may ask at first. Were they to wait for each other, the last would wait very long for a store that is away.
        if let Some(key) = self.key.get() {
            return Ok(*key);
        }
        let key = PseudonymKey(self.store.pseudonym_key().await?);
        Ok(*self.key.get_or_init(|| key))
    }
}

/// The same in all replicas of a store.
#[derive(Clone, Copy)]
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// HMAC-SHA-256 of a `sub`: the same subject is recognised.
    pub fn pseudonym(&self, subject: &str) -> [u8; 32] {
        // HMAC pads keys with zeros to the block of its hash.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(subject.as_bytes());
        mac.finalize().into_bytes().into()
    }
}
