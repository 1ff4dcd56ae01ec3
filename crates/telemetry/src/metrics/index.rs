//! The search index, and how far it is behind the store.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;

pub(super) struct IndexMetrics {
    scholarships: Gauge<u64, AtomicU64>,
    segments: Gauge<u64, AtomicU64>,
    lag: Gauge<f64, AtomicU64>,
    healed: Counter,
    held_back: Gauge<f64, AtomicU64>,
}

impl IndexMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            scholarships: Gauge::default(),
            segments: Gauge::default(),
            lag: Gauge::default(),
            healed: Counter::default(),
            held_back: Gauge::default(),
        };
        registry.register(
            "index_scholarships",
            "Scholarships in the search index",
            metrics.scholarships.clone(),
        );
        registry.register(
            "index_segments",
            "Parts that the search index is in",
            metrics.segments.clone(),
        );
        registry.register(
            "index_lag_seconds",
            "Since the search index was last in step with the store; 0 while it is",
            metrics.lag.clone(),
        );
        registry.register(
            "index_healed_records",
            "Records that the search index held otherwise than the store, made equal",
            metrics.healed.clone(),
        );
        registry.register(
            "change_feed_held_back_seconds",
            "Since committed changes were first seen that open transactions keep from the index; 0 while there are none",
            metrics.held_back.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// What is in the search index, and in how many parts.
    pub fn set_index(&self, scholarships: u64, segments: u64) {
        self.with(|recorded| {
            recorded.index.scholarships.set(scholarships);
            recorded.index.segments.set(segments);
        });
    }

    pub fn set_index_lag(&self, lag: Duration) {
        self.with(|recorded| {
            recorded.index.lag.set(lag.as_secs_f64());
        });
    }

    pub fn set_change_feed_held_back(&self, age: Duration) {
        self.with(|recorded| {
            recorded.index.held_back.set(age.as_secs_f64());
        });
    }

    /// `records` since the start; it never falls.
    pub fn set_index_healed(&self, records: u64) {
        self.with(|recorded| {
            let healed = recorded.index.healed.inner();
            healed.store(records, Ordering::Relaxed);
        });
    }
}
