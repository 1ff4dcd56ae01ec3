//! What would otherwise live in Redis, in this process: for the embedded default, and as fallback.

mod memory_cache;

pub use memory_cache::{MAX_VALUE_BYTES, MemoryCache};
