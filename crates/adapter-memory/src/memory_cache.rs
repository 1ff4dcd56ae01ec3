//! `ports::Cache` in this process: bounded in bytes, each entry with its own lifetime.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::Expiry;
use moka::future::Cache as Entries;
use ports::cache::futures::FutureBytes;
use ports::{Cache, CacheError};

/// The bound for one value, in bytes.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// What an entry costs beside its key and value, roughly.
const ENTRY_OVERHEAD_BYTES: usize = 128;

/// A bounded cache that evicts what is asked for least. Clones share it.
#[derive(Debug, Clone)]
pub struct MemoryCache {
    entries: Entries<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Arc<[u8]>,
    keep_for: Duration,
}

impl MemoryCache {
    /// A cache that holds at most about `capacity` bytes of keys and values.
    pub fn new(capacity: u64) -> Self {
        Self {
            entries: Entries::builder()
                .max_capacity(capacity)
                .weigher(|key: &String, entry: &Entry| {
                    let bytes = key.len() + entry.value.len() + ENTRY_OVERHEAD_BYTES;
                    u32::try_from(bytes).unwrap_or(u32::MAX)
                })
                .expire_after(EntryLifetime)
                .build(),
        }
    }
}

/// The lifetime begins anew with each write and is not prolonged by reads.
struct EntryLifetime;

impl Expiry<String, Entry> for EntryLifetime {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.keep_for)
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.keep_for)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(self
            .entries
            .get(key)
            .await
            .map(|entry| entry.value.to_vec()))
    }

    async fn set(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), CacheError> {
        if value.len() > MAX_VALUE_BYTES {
            return Err(CacheError::TooLarge {
                size: value.len(),
                bound: MAX_VALUE_BYTES,
            });
        }
        let entry = Entry {
            value: value.into(),
            keep_for: ttl,
        };
        self.entries.insert(key.to_owned(), entry).await;
        Ok(())
    }

    async fn get_or_compute(
        &self,
        key: &str,
        ttl: Duration,
        compute: FutureBytes<'_>,
    ) -> Result<Vec<u8>, CacheError> {
        // Waiting callers get the computation's result or its error; when it was cancelled or panicked, the next of them
        // computes.
        let computed = self.entries.try_get_with_by_ref(key, async move {
            let value = compute.await?;
            // A value above the bound goes to those who wait for it and expires at once.
            let keep_for = if value.len() > MAX_VALUE_BYTES {
                Duration::ZERO
            } else {
                ttl
            };
            Ok::<_, Arc<dyn Error + Send + Sync>>(Entry {
                value: value.into(),
                keep_for,
            })
        });
        match computed.await {
            Ok(entry) => Ok(entry.value.to_vec()),
            Err(cause) => Err(CacheError::Computation(Arc::clone(&cause))),
        }
    }
}
