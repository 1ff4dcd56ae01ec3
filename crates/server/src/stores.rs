//! What keeps and shares state, chosen by the settings: the one place that knows which adapters those are.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use adapter_memory::{MemoryCache, MemoryRateLimiter, MemoryReplayGuard, MemorySpendMeter};
use adapter_postgres::{PoolUse, PostgresStore, SettlingProbe};
use adapter_redis::{
    CacheLookups, Redis, RedisCache, RedisRateLimiter, RedisReplayGuard, RedisSettings,
    RedisSpendMeter,
};
use adapter_sqlite::SqliteStore;
use app::bridged::{BridgedCache, BridgedRateLimiter};
use app::follower::Wakeups;
use ports::{
    AuditLog, Cache, DatabaseObserver, HealthProbe, InteractionStore, RateLimiter, ReplayGuard,
    RevocationStore, ScholarshipStore, SpendMeter, TaskOutbox, TaskStore,
};

use crate::settings::{Database, Settings};
use crate::startup::StartError;
use crate::system::SystemClock;

/// Bytes of answers that may be served again.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Replicas that hear of each other's changes later than this are degraded. Transactions of ours end sooner.
const HELD_BACK_TOO_LONG: Duration = Duration::from_secs(30);
/// Callers whose limits are counted in this process, some 100 bytes each.
const LIMITED_CALLERS: usize = 200_000;

/// Tokens of tasks that are remembered in this process while they could be used again, some 300 bytes each.
const USED_TOKENS: usize = 200_000;

/// Clones share everything.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) scholarships: Arc<dyn ScholarshipStore>,
    pub(crate) interactions: Arc<dyn InteractionStore>,
    pub(crate) revocations: Arc<dyn RevocationStore>,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) spend: Arc<dyn SpendMeter>,
    pub(crate) tasks: Arc<dyn TaskStore>,
    pub(crate) outbox: Arc<dyn TaskOutbox>,
    pub(crate) guard: Arc<dyn ReplayGuard>,
    pub(crate) audit: Arc<dyn AuditLog>,
    pub(crate) probes: Vec<Arc<dyn HealthProbe>>,
    store: Store,
    redis_cache: Option<Arc<RedisCache>>,
}

#[derive(Clone)]
enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore, Arc<SettlingProbe>),
}

impl Stores {
    /// Opens a file, and sets up what is reached over the network: that may be away now.
    ///
    /// # Errors
    /// When the file cannot be used, or settings can never work.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StartError> {
        let mut stores = match &settings.database {
            Database::Sqlite(settings) => {
                let store = SqliteStore::open(settings.clone())?;
                Self::over(store.clone(), Store::Sqlite(store))
            }
            Database::Postgres(settings) => {
                let store = PostgresStore::open(settings)?;
                let settling = Arc::new(SettlingProbe::new(store.clone(), HELD_BACK_TOO_LONG));
                let kind = Store::Postgres(store.clone(), Arc::clone(&settling));
                let mut stores = Self::over(store.clone(), kind);
                stores.spend = Arc::new(store.clone());
                stores.guard = Arc::new(store);
                stores.probes.push(settling);
                stores
            }
        };
        if let Some(redis) = &settings.redis {
            stores
                .share_through(redis, settings.limits.expected_replicas)
                .await?;
        }
        Ok(stores)
    }

    fn over<S>(shared: S, store: Store) -> Self
    where
        S: ScholarshipStore
            + InteractionStore
            + RevocationStore
            + TaskStore
            + TaskOutbox
            + AuditLog
            + HealthProbe
            + Clone
            + 'static,
    {
        Self {
            scholarships: Arc::new(shared.clone()),
            interactions: Arc::new(shared.clone()),
            revocations: Arc::new(shared.clone()),
            cache: Arc::new(MemoryCache::new(CACHE_BYTES)),
            limiter: Arc::new(MemoryRateLimiter::new(
                Arc::new(SystemClock),
                LIMITED_CALLERS,
            )),
            spend: Arc::new(MemorySpendMeter::default()),
            tasks: Arc::new(shared.clone()),
            outbox: Arc::new(shared.clone()),
            guard: Arc::new(MemoryReplayGuard::new(Arc::new(SystemClock), USED_TOKENS)),
            audit: Arc::new(shared.clone()),
            probes: vec![Arc::new(shared)],
            store,
            redis_cache: None,
        }
    }

    async fn share_through(
        &mut self,
        settings: &RedisSettings,
        replicas: NonZeroU32,
    ) -> Result<(), StartError> {
        let redis = Redis::open(settings.clone()).await?;
        let shared = Arc::new(RedisCache::new(redis.clone()));
        self.redis_cache = Some(Arc::clone(&shared));
        self.cache = Arc::new(BridgedCache::new(shared, Arc::clone(&self.cache)));
        self.limiter = Arc::new(BridgedRateLimiter::new(
            Arc::new(RedisRateLimiter::new(redis.clone())),
            Arc::clone(&self.limiter),
            replicas,
        ));
        // Money and used tokens are kept where nothing is evicted, if there is such a place.
        if matches!(self.store, Store::Sqlite(_)) {
            self.spend = Arc::new(RedisSpendMeter::new(redis.clone()));
            self.guard = Arc::new(RedisReplayGuard::new(redis.clone(), Arc::new(SystemClock)));
        }
        self.probes.push(Arc::new(redis));
        Ok(())
    }

    /// Whether the store is reached over a network, and this may pass by itself.
    pub(crate) fn may_be_waited_for(&self, error: &StartError) -> bool {
        matches!(self.store, Store::Postgres(..)) && error.may_pass()
    }

    /// Whether the store answers and has the schema that this version needs. A file got it when it was opened; a database
    /// that replicas share is migrated on its own, before them.
    ///
    /// # Errors
    /// [`StartError::Unusable`] says what to do.
    pub(crate) async fn verify(&self) -> Result<(), StartError> {
        match &self.store {
            Store::Sqlite(_) => Ok(()),
            Store::Postgres(store, _) => Ok(store.verify().await?),
        }
    }

    /// What changes soon after others wrote, where the store can tell.
    pub(crate) fn wakeups(&self) -> Option<Wakeups> {
        match &self.store {
            Store::Sqlite(_) => None,
            Store::Postgres(store, _) => store.wakeups(),
        }
    }

    /// For how long open transactions have kept changes from whoever follows the log.
    pub(crate) fn held_back(&self) -> Duration {
        match &self.store {
            Store::Sqlite(_) => Duration::ZERO,
            Store::Postgres(_, settling) => settling.held_back(),
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.postgres().is_some()
    }

    fn postgres(&self) -> Option<&PostgresStore> {
        match &self.store {
            Store::Sqlite(_) => None,
            Store::Postgres(store, _) => Some(store),
        }
    }

    /// Tells of transactions, where the store is Postgres.
    pub(crate) fn observe(&self, observer: impl FnOnce() -> Arc<dyn DatabaseObserver>) {
        if let Some(store) = self.postgres() {
            store.observe(observer());
        }
    }

    pub(crate) fn pool_use(&self) -> Option<PoolUse> {
        self.postgres().map(PostgresStore::pool_use)
    }

    /// Calls that wait for their interactions to be written, where these have a queue of their own.
    pub(crate) fn waiting_interactions(&self) -> Option<usize> {
        self.postgres().map(PostgresStore::waiting_interactions)
    }

    pub(crate) fn redis_lookups(&self) -> Option<CacheLookups> {
        self.redis_cache.as_ref().map(|cache| cache.lookups())
    }

    pub(crate) async fn close(&self) {
        match &self.store {
            Store::Sqlite(store) => store.close().await,
            // Its connections end with the process; nothing waits in them.
            Store::Postgres(..) => {}
        }
    }
}
