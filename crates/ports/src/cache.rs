//! Answers that are dear to make and may be a little old.

use std::time::Duration;

use self::futures::FutureBytes;
use async_trait::async_trait;

/// A bounded cache of bytes. Losing any entry at any time must be harmless to its users.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value, unless it was never set, has expired or was dropped.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`]: treat it as a miss.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError>;

    /// Keeps the value for at most `ttl`.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`] above the cache's bound for one value; [`CacheError::Unavailable`].
    async fn set(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), CacheError>;

    /// The value, or what `compute` makes of it: for one key at most one computation runs at a time, and everybody who asks
    /// meanwhile gets its result. A failed computation is not kept.
    ///
    /// # Errors
    /// What `compute` fails with; [`CacheError::Unavailable`], in which case `compute` was not begun.
    async fn get_or_compute(
        &self,
        key: &str,
        ttl: Duration,
        compute: FutureBytes<'_>,
    ) -> Result<Vec<u8>, CacheError>;
}

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("a value of {size} bytes is above the cache's bound of {bound}")]
    TooLarge { size: usize, bound: usize },
    #[error("the value could not be computed")]
    Computation(#[source] std::sync::Arc<dyn std::error::Error + Send + Sync>),
    #[error("the cache does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Types of futures in signatures.
pub mod futures {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;

    /// A boxed computation of bytes.
    pub type FutureBytes<'a> = Pin<
        Box<
            dyn Future<Output = Result<Vec<u8>, Arc<dyn std::error::Error + Send + Sync>>>
                + Send
                + 'a,
        >,
    >;
}
