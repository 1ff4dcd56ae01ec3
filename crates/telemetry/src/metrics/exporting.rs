//! What is counted of the export of traces. Traces are set up before the metrics of a server, so the counters are the process's.

use std::sync::LazyLock;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

static OF_PROCESS: LazyLock<ExportCounters> = LazyLock::new(ExportCounters::default);

/// Clones share their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExportCounters {
    dropped: Counter,
    exports: Family<ExportLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExportLabels {
    outcome: &'static str,
}

impl ExportCounters {
    pub(crate) fn of_process() -> Self {
        OF_PROCESS.clone()
    }

    pub(crate) fn spans_dropped(&self, spans: u64) {
        self.dropped.inc_by(spans);
    }

    /// One batch: `success`, `failure` or `timeout`.
    pub(crate) fn exported(&self, outcome: &'static str) {
        self.exports.get_or_create(&ExportLabels { outcome }).inc();
    }

    #[cfg(test)]
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

pub(super) fn register(registry: &mut Registry) {
    let counters = ExportCounters::of_process();
    for outcome in ["success", "failure", "timeout"] {
        // Every series is there from the start.
        drop(counters.exports.get_or_create(&ExportLabels { outcome }));
    }
    registry.register(
        "telemetry_spans_dropped",
        "Spans of traces that were lost: no room, or the collector did not take them",
        counters.dropped,
    );
    registry.register(
        "telemetry_exports",
        "Batches of spans that were sent to the collector, by outcome",
        counters.exports,
    );
}
