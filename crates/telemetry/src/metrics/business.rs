//! What the service is for: searches, eligibility, recommendations and what students do with them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter as SharedCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::per_thread::Counter;

pub(super) struct BusinessMetrics {
    searches: Counter,
    searches_without_result: Counter,
    eligibility_checks: Counter,
    interactions: Family<InteractionLabels, SharedCounter>,
    impressions: SharedCounter,
    clicks: SharedCounter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InteractionLabels {
    kind: &'static str,
}

impl BusinessMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            searches: Counter::default(),
            searches_without_result: Counter::default(),
            eligibility_checks: Counter::default(),
            interactions: Family::default(),
            impressions: SharedCounter::default(),
            clicks: SharedCounter::default(),
        };
        registry.register(
            "search_requests",
            "Searches answered",
            metrics.searches.clone(),
        );
        registry.register(
            "search_zero_results",
            "Searches answered without any scholarship",
            metrics.searches_without_result.clone(),
        );
        registry.register(
            "eligibility_checks",
            "Requests that checked a profile against scholarships",
            metrics.eligibility_checks.clone(),
        );
        registry.register(
            "interactions_recorded",
            "Interactions made durable, by kind",
            metrics.interactions.clone(),
        );
        registry.register(
            "recommendation_impressions",
            "Scholarships that answers to wishes for recommendations held",
            metrics.impressions.clone(),
        );
        registry.register(
            "recommendation_clicks",
            "Clicks on recommended scholarships that clients reported",
            metrics.clicks.clone(),
        );
        metrics
    }
}

impl Metrics {
    pub fn search_answered(&self, found_any: bool) {
        self.with(|recorded| {
            recorded.business.searches.increment();
            if !found_any {
                recorded.business.searches_without_result.increment();
            }
        });
    }

    pub fn eligibility_checked(&self) {
        self.with(|recorded| recorded.business.eligibility_checks.increment());
    }

    /// Makes the series of these kinds.
    pub fn prepare_interactions(&self, kinds: impl IntoIterator<Item = &'static str>) {
        self.with(|recorded| {
            for kind in kinds {
                let labels = InteractionLabels { kind };
                drop(recorded.business.interactions.get_or_create(&labels));
            }
        });
    }

    /// `kind` is the code of an interaction kind, not text from a request.
    pub fn interactions_recorded(&self, kind: &'static str, count: u64) {
        self.with(|recorded| {
            let labels = InteractionLabels { kind };
            let kept = &recorded.business.interactions;
            kept.get_or_create(&labels).inc_by(count);
        });
    }

    /// An answer held so many recommended scholarships.
    pub fn recommendations_shown(&self, count: u64) {
        self.with(|recorded| {
            recorded.business.impressions.inc_by(count);
        });
    }

    pub fn recommendations_clicked(&self, count: u64) {
        self.with(|recorded| {
            recorded.business.clicks.inc_by(count);
        });
    }
}
