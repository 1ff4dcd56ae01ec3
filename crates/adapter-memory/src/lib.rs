//! What would otherwise live in Redis, in this process: for the embedded default, and as fallback.

mod memory_cache;
mod memory_rate_limiter;
mod memory_replay_guard;
mod memory_spend_meter;

pub use memory_cache::{MAX_VALUE_BYTES, MemoryCache};
pub use memory_rate_limiter::MemoryRateLimiter;
pub use memory_replay_guard::{Full, MemoryReplayGuard};
pub use memory_spend_meter::MemorySpendMeter;
