//! All use cases over one set of dependencies.

use std::sync::Arc;

use ports::{
    Cache, Clock, HealthProbe, IdGenerator, InteractionStore, RateLimiter, RevocationStore,
    ScholarshipStore, SearchIndex,
};

use crate::analytics::Analytics;
use crate::assistant::{Assistant, AssistantEvents, Model, QuestionSettings, Shared};
use crate::catalogue::Catalogue;
use crate::follower::IndexFollower;
use crate::interactions::Interactions;
use crate::limits::{LimitSettings, Limits};
use crate::matching::Matching;
use crate::popularity::Popularity;
use crate::pseudonyms::Pseudonyms;
use crate::readiness::Readiness;
use crate::revocations::Revocations;
use crate::search::Search;
use crate::search_trends::SearchTrends;
use crate::tasks::{TaskDependencies, Tasks};

/// What the application needs of the world.
#[derive(Clone)]
pub struct Dependencies {
    pub scholarships: Arc<dyn ScholarshipStore>,
    pub interactions: Arc<dyn InteractionStore>,
    pub revocations: Arc<dyn RevocationStore>,
    pub index: Arc<dyn SearchIndex>,
    pub cache: Arc<dyn Cache>,
    pub limiter: Arc<dyn RateLimiter>,
    pub limits: LimitSettings,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGenerator>,
    /// `None`: rules of our own answer instead.
    pub model: Option<Model>,
    pub questions: QuestionSettings,
    pub assistant_events: Arc<dyn AssistantEvents>,
    /// Dependencies whose failure the service bridges: it stays ready and says `degraded`.
    pub probes: Vec<Arc<dyn HealthProbe>>,
    pub tasks: TaskDependencies,
}

/// The use cases, shared by all handlers.
pub struct Application {
    pub catalogue: Catalogue,
    pub search: Search,
    pub matching: Arc<Matching>,
    pub assistant: Assistant,
    pub interactions: Interactions,
    pub revocations: Arc<Revocations>,
    pub limits: Arc<Limits>,
    pub analytics: Arc<Analytics>,
    pub readiness: Arc<Readiness>,
    pub follower: Arc<IndexFollower>,
    pub popularity: Arc<Popularity>,
    pub trends: Arc<SearchTrends>,
    pub tasks: Tasks,
    pub index: Arc<dyn SearchIndex>,
    pub clock: Arc<dyn Clock>,
}

impl Application {
    pub fn new(dependencies: Dependencies) -> Self {
        let Dependencies {
            scholarships,
            interactions,
            revocations,
            index,
            cache,
            limiter,
            limits,
            clock,
            ids,
            model,
            questions,
            assistant_events,
            probes,
            tasks,
        } = dependencies;
        let follower = Arc::new(IndexFollower::new(
            Arc::clone(&scholarships),
            Arc::clone(&index),
        ));
        let popularity = Arc::new(Popularity::new(
            Arc::clone(&interactions),
            Arc::clone(&clock),
        ));
        let trends = Arc::new(SearchTrends::new(
            Arc::clone(&interactions),
            Arc::clone(&clock),
        ));
        let pseudonyms = Arc::new(Pseudonyms::new(Arc::clone(&interactions)));
        let matching = Arc::new(Matching::new(
            Arc::clone(&index),
            Arc::clone(&popularity),
            Arc::clone(&clock),
        ));
        let limits = Arc::new(Limits::new(limits, limiter));
        let analytics = Arc::new(Analytics::new(
            Arc::clone(&interactions),
            Arc::clone(&index),
            Arc::clone(&cache),
            Arc::clone(&clock),
        ));
        let shared = Shared {
            index: Arc::clone(&index),
            matching: Arc::clone(&matching),
            analytics: Arc::clone(&analytics),
            limits: Arc::clone(&limits),
            cache,
            clock: Arc::clone(&clock),
        };
        Self {
            assistant: Assistant::new(shared, model, assistant_events, questions),
            catalogue: Catalogue::new(
                Arc::clone(&scholarships),
                Arc::clone(&index),
                Arc::clone(&follower),
                Arc::clone(&clock),
                ids,
            ),
            search: Search::new(Arc::clone(&index), Arc::clone(&trends), Arc::clone(&clock)),
            matching,
            interactions: Interactions::new(
                Arc::clone(&interactions),
                Arc::clone(&index),
                Arc::clone(&clock),
                Arc::clone(&pseudonyms),
            ),
            revocations: Arc::new(Revocations::new(
                revocations,
                pseudonyms,
                Arc::clone(&clock),
            )),
            limits,
            analytics,
            readiness: Arc::new(Readiness::new(
                probes,
                Arc::clone(&follower),
                Arc::clone(&index),
                scholarships,
                Arc::clone(&clock),
            )),
            follower,
            popularity,
            trends,
            tasks: Tasks::new(tasks, Arc::clone(&clock)),
            index,
            clock,
        }
    }
}
