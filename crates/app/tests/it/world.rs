//! One application with everything that a test may reach into.

use std::sync::Arc;
use std::time::Duration;

use adapter_memory::{MemoryCache, MemoryRateLimiter, MemoryReplayGuard};
use adapter_search::{InProcessIndex, SearchSettings};
use app::assistant::{AssistantEvents, Model, QuestionSettings};
use app::limits::LimitSettings;
use app::tasks::{TaskDependencies, TaskObserver, TaskSettings};
use app::{Application, Dependencies};
use chrono::TimeDelta;
use domain::{Quota, ScholarshipContent, ScholarshipId};
use ports::search_index::SearchRequest;
use ports::{HealthProbe, ScholarshipStore, SearchIndex, UpsertItem};
use testkit::{
    FixedClock, Interruptible, Interruption, MemoryInteractionStore, MemoryRevocationStore,
    MemoryScholarshipStore, MemoryTaskStore, SequentialIds, instant,
};

use crate::assistant::setting::Counted;

/// Questions of one caller that reach the model in a minute.
pub(crate) const MODEL_QUESTIONS: u32 = 20;

/// Counts nothing.
struct Uncounted;

impl TaskObserver for Uncounted {
    fn task_received(&self) {}
    fn attempt_ended(&self, _: &'static str, _: Duration) {}
    fn center_called(&self, _: bool) {}
    fn notice_sent(&self, _: bool) {}
    fn notice_buried(&self) {}
    fn events_dropped(&self, _: u64) {}
}

pub(crate) struct World {
    pub(crate) application: Application,
    pub(crate) store: MemoryScholarshipStore,
    pub(crate) interactions: MemoryInteractionStore,
    pub(crate) revocations: MemoryRevocationStore,
    pub(crate) outage: Interruption,
    pub(crate) clock: Arc<FixedClock>,
}

impl World {
    /// An application over an empty store, its index filled.
    pub(crate) async fn empty() -> Self {
        Self::with(Vec::new()).await
    }

    pub(crate) async fn with(contents: Vec<(&str, ScholarshipContent)>) -> Self {
        Self::with_probes(contents, Vec::new()).await
    }

    pub(crate) async fn with_probes(
        contents: Vec<(&str, ScholarshipContent)>,
        probes: Vec<Arc<dyn HealthProbe>>,
    ) -> Self {
        Self::with_assistant(contents, probes, None, Arc::new(Counted::default())).await
    }

    /// With a language model, asked at most `MODEL_QUESTIONS` times a minute by one caller.
    pub(crate) async fn with_assistant(
        contents: Vec<(&str, ScholarshipContent)>,
        probes: Vec<Arc<dyn HealthProbe>>,
        model: Option<Model>,
        events: Arc<dyn AssistantEvents>,
    ) -> Self {
        let outage = Interruption::default();
        let store = MemoryScholarshipStore::default();
        let interactions = MemoryInteractionStore::default();
        let revocations = MemoryRevocationStore::default();
        let tasks = MemoryTaskStore::default();
        let clock = Arc::new(FixedClock::at(instant("2026-11-23T12:00:00Z")));
        let index: Arc<dyn SearchIndex> = Arc::new(InProcessIndex::new(SearchSettings::default()));
        let items = contents
            .into_iter()
            .map(|(id, content)| UpsertItem {
                id: ScholarshipId::parse(id).expect("an id"),
                content,
            })
            .collect();
        store
            .upsert_many(items, testkit::write_at(instant("2026-11-01T00:00:00Z")))
            .await
            .expect("the fake answers");
        let application = Application::new(Dependencies {
            scholarships: Arc::new(Interruptible::new(store.clone(), &outage)),
            interactions: Arc::new(Interruptible::new(interactions.clone(), &outage)),
            revocations: Arc::new(Interruptible::new(revocations.clone(), &outage)),
            index,
            cache: Arc::new(MemoryCache::new(1 << 20)),
            limiter: Arc::new(MemoryRateLimiter::new(
                Arc::clone(&clock) as Arc<dyn ports::Clock>,
                100,
            )),
            limits: LimitSettings {
                public: Quota::ONE_PER_SECOND,
                authenticated: Quota::ONE_PER_SECOND,
                agent: Quota::ONE_PER_SECOND,
                admin: Quota::ONE_PER_SECOND,
                auth_failure: Quota::ONE_PER_SECOND,
                model: Quota::per_minute(MODEL_QUESTIONS).expect("a quota"),
                per_ip: true,
                per_token: true,
            },
            clock: Arc::clone(&clock) as Arc<dyn ports::Clock>,
            ids: Arc::new(SequentialIds::default()),
            model,
            questions: QuestionSettings {
                deadline: Duration::from_secs(5),
                remembered: Duration::from_secs(60),
            },
            assistant_events: events,
            probes,
            tasks: TaskDependencies {
                store: Arc::new(tasks.clone()),
                outbox: Arc::new(tasks.clone()),
                guard: Arc::new(MemoryReplayGuard::new(
                    Arc::clone(&clock) as Arc<dyn ports::Clock>,
                    1_000,
                )),
                center: None,
                observer: Arc::new(Uncounted),
                settings: TaskSettings {
                    agent_id: "agent".to_owned(),
                    version: "1.2.3".to_owned(),
                    at_once: 4,
                    kept_for: chrono::TimeDelta::days(7),
                    limits: app::tasks::TaskLimits {
                        per_owner: 1_000,
                        in_all: 1_000,
                    },
                },
            },
        });
        application.follower.load().await.expect("the fake answers");
        Self {
            application,
            store,
            interactions,
            revocations,
            outage,
            clock,
        }
    }

    pub(crate) fn total(&self, query: &str) -> u64 {
        let request = SearchRequest {
            query: query.to_owned(),
            limit: 10,
            ..SearchRequest::default()
        };
        self.application
            .search
            .search(&request)
            .expect("no cursor")
            .total
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }
}

pub(crate) fn id(text: &str) -> ScholarshipId {
    ScholarshipId::parse(text).expect("an id")
}
