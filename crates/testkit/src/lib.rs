//! For tests only: contracts that every adapter of a port passes, fakes that pass them too, clocks, ids, builders and
//! strategies.
//!
//! A contract is a module of async functions, one per promise, and a macro that makes a test of each:
//!
//! ```text
//! testkit::scholarship_store_contract!(open_store);
//! ```
//!
//! where `open_store` is a function whose future answers an empty adapter in an `Arc` and whatever must outlive it.

pub mod arbitrary;
mod auditing;
pub mod builder;
pub mod cache_contract;
pub mod clock;
pub mod collector_stub;
pub mod command_center_stub;
mod contract;
mod database_server;
mod http_message;
pub mod http_stub;
pub mod interaction_archive_contract;
pub mod interaction_store_contract;
mod interruption;
mod memory_interaction_store;
mod memory_revocation_store;
mod memory_scholarship_store;
mod memory_task_store;
pub mod openai_stub;
mod own_thread;
mod private_haproxy;
mod private_pgbouncer;
mod private_postgres;
mod private_prometheus;
pub mod private_redis;
mod private_redis_group;
pub mod proxy;
pub mod rate_limiter_contract;
pub mod replay_guard_contract;
pub mod revocation_store_contract;
pub mod scholarship_store_contract;
mod small_disk;
pub mod spend_meter_contract;
pub mod supervised;
pub mod task_store_contract;

pub use auditing::{content_digest, tester, write_at};
pub use builder::{ScholarshipBuilder, scholarship};
pub use clock::{FixedClock, RealClock, SequentialIds, StepClock, instant};
pub use database_server::{DatabaseServer, named_server};
pub use interruption::{Interruptible, Interruption};
pub use memory_interaction_store::MemoryInteractionStore;
pub use memory_revocation_store::MemoryRevocationStore;
pub use memory_scholarship_store::MemoryScholarshipStore;
pub use memory_task_store::MemoryTaskStore;
pub use private_haproxy::PrivateHaproxy;
pub use private_pgbouncer::PrivatePgBouncer;
pub use private_postgres::{BaseBackup, PrivatePostgres, WalArchive};
pub use private_prometheus::PrivatePrometheus;
pub use private_redis::self_signed_certificate;
pub use private_redis_group::PrivateRedisGroup;
pub use scholarship_store_contract::AuditedStore;
pub use small_disk::SmallDisk;
pub use task_store_contract::TaskBoard;
