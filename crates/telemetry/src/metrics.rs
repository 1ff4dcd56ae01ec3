//! What is counted and measured, and its OpenMetrics form.

mod assistant;
mod business;
mod dependencies;
mod exporting;
mod http;
mod index;
mod optional;
mod per_thread;
mod process;
mod recent;
mod refusals;
mod runtimes;
mod stores;
mod tasks;
mod text;

use std::sync::Arc;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use assistant::AssistantMetrics;
use business::BusinessMetrics;
use dependencies::DependencyMetrics;
pub(crate) use exporting::ExportCounters;
use http::HttpMetrics;
use index::IndexMetrics;
use process::Process;
use recent::Recent;
use refusals::RefusalMetrics;
use runtimes::Runtimes;
use stores::StoreMetrics;
use tasks::TaskMetrics;

pub use dependencies::Dependency;
pub use recent::{LOOK_EVERY, Look, Stretch};
pub use refusals::Violation;

/// The media type of [`Metrics::encode`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every metric of the process, as `docs/metrics.md` lists them. Clones share their values; counting a request neither waits
/// for another thread nor allocates once a thread has seen its route.
#[derive(Clone)]
pub struct Metrics(Option<Arc<Recorded>>);

struct Recorded {
    registry: Registry,
    http: HttpMetrics,
    recent: Recent,
    assistant: AssistantMetrics,
    tasks: TaskMetrics,
    business: BusinessMetrics,
    index: IndexMetrics,
    stores: StoreMetrics,
    dependencies: DependencyMetrics,
    refusals: RefusalMetrics,
    runtimes: Arc<Runtimes>,
}

impl Metrics {
    /// `version` becomes a label of every metric, so that versions side by side can be compared. `routes` are all that may
    /// stand in labels, as pairs of a method and a template.
    pub fn new<'a>(version: &str, routes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut registry = Registry::default();
        // The one metric that says the version in its own words: the label of all others would stand twice.
        registry.register(
            "build",
            "The version that runs",
            Info::new(vec![("version", version.to_owned())]),
        );
        let labelled =
            registry.sub_registry_with_label(("version".into(), version.to_owned().into()));
        labelled.register_collector(Box::new(Process::of_this_program()));
        let runtimes = Arc::new(Runtimes::default());
        labelled.register_collector(Box::new(Arc::clone(&runtimes)));
        exporting::register(labelled);
        Self(Some(Arc::new(Recorded {
            http: HttpMetrics::new(version, routes),
            recent: Recent::default(),
            assistant: AssistantMetrics::register(labelled),
            tasks: TaskMetrics::register(labelled),
            business: BusinessMetrics::register(labelled),
            index: IndexMetrics::register(labelled),
            stores: StoreMetrics::register(labelled),
            dependencies: DependencyMetrics::register(labelled),
            refusals: RefusalMetrics::register(labelled),
            runtimes,
            registry,
        })))
    }

    /// Counts nothing.
    pub fn off() -> Self {
        Self(None)
    }

    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    fn with(&self, record: impl FnOnce(&Recorded)) {
        if let Some(recorded) = &self.0 {
            record(recorded);
        }
    }

    /// All metrics in the OpenMetrics text format, to be served as [`METRICS_CONTENT_TYPE`]; of none, its end alone.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(128 * 1024);
        self.with(|recorded| {
            recorded.http.encode(&mut text);
            if let Err(error) = encode_registry(&mut text, &recorded.registry) {
                // Writing to a `String` does not fail; should the encoder ever refuse, a gap in the graphs is right.
                tracing::error!(%error, "the metrics could not be encoded");
            }
        });
        // As above.
        let _ = encode_eof(&mut text);
        text
    }
}
