//! Cached values that all replicas share, or each keeps for itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ports::cache::futures::FutureBytes;
use ports::{Cache, CacheError};

/// Uses the shared cache; while that does not answer, a local one.
///
/// What the local one kept is not carried over when the shared one is back: it is asked for there first, and computed again.
pub struct BridgedCache {
    shared: Arc<dyn Cache>,
    local: Arc<dyn Cache>,
}

impl BridgedCache {
    pub fn new(shared: Arc<dyn Cache>, local: Arc<dyn Cache>) -> Self {
        Self { shared, local }
    }
}

#[async_trait]
impl Cache for BridgedCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        match self.shared.get(key).await {
            Err(CacheError::Unavailable(_)) => self.local.get(key).await,
            answered => answered,
        }
    }

    async fn set(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), CacheError> {
        match self.shared.set(key, value.clone(), ttl).await {
            Err(CacheError::Unavailable(_)) => self.local.set(key, value, ttl).await,
            answered => answered,
        }
    }

    async fn get_or_compute(
        &self,
        key: &str,
        ttl: Duration,
        compute: FutureBytes<'_>,
    ) -> Result<Vec<u8>, CacheError> {
        // Lent to the shared cache: when it does not answer, nothing was begun, and the local one gets the computation.
        let mut compute = compute;
        let lent: FutureBytes<'_> = Box::pin(compute.as_mut());
        match self.shared.get_or_compute(key, ttl, lent).await {
            Err(CacheError::Unavailable(_)) => self.local.get_or_compute(key, ttl, compute).await,
            answered => answered,
        }
    }
}
