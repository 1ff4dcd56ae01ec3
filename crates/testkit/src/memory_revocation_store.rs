//! A fake store of revoked tokens that passes the contract of the real ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::Timestamp;
use ports::{Revocation, RevocationStore, RevocationStoreError, RevokedKind};

type Known = HashMap<(RevokedKind, [u8; 32]), Revocation>;

/// Everything under one lock; clones share it, nothing survives.
#[derive(Debug, Clone, Default)]
pub struct MemoryRevocationStore(Arc<Mutex<Known>>);

impl MemoryRevocationStore {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_microseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}

#[async_trait]
impl RevocationStore for MemoryRevocationStore {
    async fn revoke(&self, revocation: Revocation) -> Result<(), RevocationStoreError> {
        let new = Revocation {
            revoked_at: whole_microseconds(revocation.revoked_at),
            expires_at: whole_microseconds(revocation.expires_at),
            ..revocation
        };
        let mut known = self.known();
        known.retain(|_, one| one.expires_at > new.revoked_at);
        let one = known.entry((new.kind, new.digest)).or_insert(new);
        one.revoked_at = one.revoked_at.max(new.revoked_at);
        one.expires_at = one.expires_at.max(new.expires_at);
        Ok(())
    }

    async fn revocations(&self, now: Timestamp) -> Result<Vec<Revocation>, RevocationStoreError> {
        let known = self.known();
        let lasting = known.values().filter(|one| one.expires_at > now);
        Ok(lasting.copied().collect())
    }
}
