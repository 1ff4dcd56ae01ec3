//! What replicas share in Redis: the cache, the rate limits and, where there is no Postgres, the replay guard and the spend
//! meter.
//!
//! [`Redis`] is the connection to one server: a pool behind a breaker. While Redis is away, the call that notices waits for its
//! deadline and every later one fails at once, until a trial in the background is answered. The ports are built on it.

mod connections;
mod eviction;
mod failure;
mod flights;
mod gateway;
mod health;
mod keys;
mod recovery;

mod redis_cache;
mod redis_rate_limiter;
mod redis_replay_guard;
mod redis_spend_meter;
mod script;
mod settings;

pub use self::eviction::EvictionWarning;
pub use self::failure::OpenError;
pub use self::gateway::{Redis, RedisStatus};
pub use self::redis_cache::{CacheLookups, RedisCache};
pub use self::redis_rate_limiter::RedisRateLimiter;
pub use self::redis_replay_guard::RedisReplayGuard;
pub use self::redis_spend_meter::RedisSpendMeter;
pub use self::settings::RedisSettings;
