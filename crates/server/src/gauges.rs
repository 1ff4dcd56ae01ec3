//! Sets what is not counted by events: what this process knows of itself, and what it has to ask others for.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app::Application;
use app::audit_gaps::AuditGaps;
use telemetry::{Dependency, LOOK_EVERY, Metrics, Violation};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::certificate;
use crate::settings::MetricSettings;
use crate::stores::Stores;

/// How often is looked at what costs next to nothing.
const OWN_PERIOD: Duration = Duration::from_secs(1);
/// How often stores are asked.
const ASKED_PERIOD: Duration = Duration::from_secs(5);
/// How often the certificate is read: it may have been renewed.
const CERTIFICATE_PERIOD: Duration = Duration::from_secs(60);
/// How often the catalogue is compared with the audit log.
const AUDIT_PERIOD: Duration = Duration::from_secs(300);
/// Tasks and notices that wait are counted up to here, so that a long queue is not made longer by counting it.
const MOST_QUEUED: usize = 10_000;

type Look = for<'g> fn(&'g Gauges) -> Pin<Box<dyn Future<Output = ()> + Send + 'g>>;

/// Each on its own, so that a store that does not answer holds up no other.
const LOOKS: [(Duration, Look); 5] = [
    (LOOK_EVERY, |gauges| {
        Box::pin(async { gauges.metrics.look() })
    }),
    (OWN_PERIOD, |gauges| Box::pin(gauges.look_at_itself())),
    (ASKED_PERIOD, |gauges| Box::pin(gauges.ask_stores())),
    (CERTIFICATE_PERIOD, |gauges| {
        Box::pin(gauges.read_certificate())
    }),
    (AUDIT_PERIOD, |gauges| {
        Box::pin(gauges.compare_with_audit_log())
    }),
];

#[derive(Clone)]
pub(crate) struct Gauges {
    application: Arc<Application>,
    stores: Stores,
    metrics: Metrics,
    settings: MetricSettings,
    audit: Arc<AuditGaps>,
}

impl Gauges {
    pub(crate) fn new(
        application: Arc<Application>,
        stores: Stores,
        metrics: Metrics,
        settings: MetricSettings,
    ) -> Self {
        Self {
            audit: Arc::new(AuditGaps::new(Arc::clone(&stores.audit))),
            application,
            stores,
            metrics,
            settings,
        }
    }

    /// Watches until `stop` turns true.
    pub(crate) fn watch(self, tasks: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        if let Some(since) = self.settings.token_key_since {
            self.metrics.set_token_key_since(seconds(since.timestamp()));
        }
        for (period, look) in LOOKS {
            let (gauges, mut stop) = (self.clone(), stop.clone());
            tasks.spawn(async move {
                loop {
                    look(&gauges).await;
                    if is_over(period, &mut stop).await {
                        return;
                    }
                }
            });
        }
    }

    async fn look_at_itself(&self) {
        let (application, metrics) = (&self.application, &self.metrics);
        let stats = application.readiness.index();
        metrics.set_index(stats.scholarships, stats.segments);
        metrics.set_index_lag(application.follower.lag());
        metrics.set_index_healed(application.follower.healed());
        metrics.set_change_feed_held_back(self.stores.held_back());
        metrics.set_model_breaker(application.assistant.is_left_alone());
        if let Some(pool) = self.stores.pool_use() {
            metrics.set_postgres_pool(pool.active, pool.max);
        }
        if let Some(waiting) = self.stores.waiting_interactions() {
            metrics.set_interactions_queued(waiting as u64);
        }
        if let Some(lookups) = self.stores.redis_lookups() {
            metrics.set_redis_lookups(lookups.expected, lookups.expected_hits);
        }
        if let Some(is_up) = application.tasks.is_center_up() {
            metrics.set_up(Dependency::CommandCenter, is_up);
        }
        // Somebody else looks; this only reads what they saw.
        let report = application.readiness.report().await;
        for check in report.checks {
            let dependency = match check.name {
                "store" if self.stores.is_postgres() => Dependency::Postgres,
                "redis" => Dependency::Redis,
                _ => continue,
            };
            metrics.set_up(dependency, check.problem.is_none());
        }
    }

    async fn ask_stores(&self) {
        let queued = self.application.tasks.queued(MOST_QUEUED).await;
        let queued = queued.inspect_err(|error| {
            tracing::debug!(
                error = error as &dyn std::error::Error,
                "nobody can say what waits"
            );
        });
        let queued = queued.ok().map(|queued| (queued.tasks, queued.notices));
        self.metrics.set_agent_queues(queued);
        let model = self.application.assistant.status().await;
        self.metrics.set_model_configured(model.is_some());
        if let Some(model) = model {
            let spent = model.spent_today.map(|spent| spent.0);
            self.metrics.set_model_budget(model.daily_limit.0, spent);
        }
    }

    async fn read_certificate(&self) {
        let Some(path) = self.settings.certificate.clone() else {
            return;
        };
        let read = tokio::task::spawn_blocking(move || certificate::first_expiry(&path)).await;
        let expiry = match read {
            Ok(Ok(expiry)) => Some(seconds(expiry)),
            Ok(Err(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "TLS_CERTIFICATE_FILE cannot be read any more"
                );
                None
            }
            Err(_) => None,
        };
        self.metrics.set_certificate_expiry(expiry);
    }

    async fn compare_with_audit_log(&self) {
        match self.audit.look().await {
            Ok(gaps) => self.metrics.policy_violated(Violation::AuditGap, gaps),
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the catalogue cannot be compared with the audit log now"
            ),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of any year that somebody writes"
)]
fn seconds(since_1970: i64) -> f64 {
    since_1970 as f64
}

/// Waits for a period, or until all is over.
async fn is_over(period: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    timeout(period, stop.wait_for(|stopped| *stopped))
        .await
        .is_ok()
}
