//! The traits through which the application reaches the world, with their errors.
//!
//! Ports are named by what they do for the business; every adapter of an async port passes the contract suite of that port
//! in `testkit`. The search port is synchronous: searching is CPU work in this process, without I/O.

pub mod audit;
pub mod cache;
pub mod clock;
pub mod command_center;
pub mod database_observer;
pub mod health;
pub mod interaction_archive;
pub mod interaction_store;
pub mod language_model;
pub mod rate_limiter;
pub mod replay_guard;
pub mod revocation_store;
pub mod scholarship_store;
pub mod search_index;
pub mod spend_meter;
pub mod task_outbox;
pub mod task_store;

pub use audit::{Actor, ActorRole, AuditAction, AuditEntry, AuditLog, WriteContext};
pub use cache::{Cache, CacheError};
pub use clock::{Clock, IdGenerator};
pub use command_center::{
    AgentEvent, AgentEventKind, AgentStatus, CommandCenter, CommandCenterError, Heartbeat,
    Registration,
};
pub use database_observer::{DatabaseObserver, TransactionOutcome};
pub use health::{Health, HealthProbe, StoreHealth};
pub use interaction_archive::{ArchivePlace, ArchiveTurn, InteractionArchive, KeptInteraction};
pub use interaction_store::{
    InteractionCount, InteractionStore, InteractionStoreError, SearchCount,
};
pub use language_model::{Completion, LanguageModel, ModelError, Prompt, TokenUsage};
pub use rate_limiter::{RateLimiter, RateLimiterError};
pub use replay_guard::{Claim, ReplayGuard, ReplayGuardError};
pub use revocation_store::{Revocation, RevocationStore, RevocationStoreError, RevokedKind};
pub use scholarship_store::{
    CatalogueFingerprint, Change, ChangeBatch, FeedPosition, IdempotencyRecord, RevisionMark,
    ScholarshipStore, StoreError, UpsertItem, UpsertOutcome, Written,
};
pub use search_index::SearchIndex;
pub use spend_meter::{
    MicroUsd, Reservation, ReservationId, Reserve, Settlement, SpendMeter, SpendMeterError,
};
pub use task_outbox::{BuriedNotice, BuriedPage, Delivery, NoticeKey, TaskOutbox};
pub use task_store::{
    Commanded, Enqueued, ListedTask, Queued, TaskFilter, TaskPage, TaskStore, TaskStoreError,
    page_of,
};
