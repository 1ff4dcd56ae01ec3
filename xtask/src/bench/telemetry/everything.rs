//! All telemetry at once, as it is shipped: metrics, a log line for each search, and the traces that the shipped sampling keeps.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, ensure};
use testkit::collector_stub::CollectorStub;
use testkit::supervised::free_port;

use super::{Compared, Goal, Rounds, Stores, compare};
use crate::running_server::{Launch, RunningServer};
use crate::workspace::Workspace;

/// Settings of the server that tells nothing; it has no collector either.
const SILENT: [(&str, &str); 2] = [("METRICS_ENABLED", "false"), ("LOG_LEVEL", "off")];
/// The span of a search.
const SPAN: &str = "GET /api/v1/search";
/// A sampled search may lose its span to a full queue; fewer than these of them and the cost of traces was not measured.
const LEAST_TRACED: f64 = 0.5;

/// What the shipped configuration says of telemetry.
struct Shipped {
    log_level: String,
    /// The share of the searches that are traced.
    sampled: f64,
}

/// What came from the server that tells.
#[derive(Default)]
struct Told {
    searches: u64,
    spans: u64,
}

/// Measures servers that tell everything, beside silent ones.
pub(super) struct Everything<'a> {
    shipped: Shipped,
    binary: &'a Path,
    rounds: Rounds,
}

impl<'a> Everything<'a> {
    /// # Errors
    /// When the shipped configuration cannot be read.
    pub(super) fn new(
        workspace: &Workspace,
        binary: &'a Path,
        rounds: Rounds,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            shipped: Shipped::read(&workspace.root().join("config/default.toml"))?,
            binary,
            rounds,
        })
    }

    pub(super) async fn goals(&self, stores: &Stores) -> anyhow::Result<Vec<Goal>> {
        let (compared, traced) = self.compared(stores).await?;
        let arrived = traced / self.shipped.sampled;
        Ok(vec![
            compared
                .goal("CPU of a search with metrics, traces and JSON logs, beside none of them"),
            Goal {
                name: "searches whose span arrived, of those that are sampled",
                bound: format!("> {:.0} %", LEAST_TRACED * 100.0),
                measured: format!("{:.0} %", arrived * 100.0),
                is_met: arrived > LEAST_TRACED,
            },
        ])
    }

    /// And the share of the searches that were traced.
    pub(super) async fn compared(&self, stores: &Stores) -> anyhow::Result<(Compared, f64)> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("log");
        let collector = CollectorStub::start();
        let endpoint = collector.endpoint();
        let telling = RunningServer::launch(&Launch {
            binary: self.binary,
            arguments: &[],
            store: &stores.telling,
            variables: &[
                ("LOG_LEVEL", &self.shipped.log_level),
                ("LOG_FORMAT", "json"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ],
            ports: (free_port(), free_port()),
            log: Some(&log),
        })?;
        let silent = RunningServer::start(self.binary, &stores.silent, &SILENT)?;
        let mut told = Told::default();
        let compared = compare(self.rounds, (&telling, &silent), |searches| {
            told.look(searches, &collector, &log)
        })
        .await?;
        telling.stop()?;
        silent.stop()?;
        // What waited was sent at the end.
        told.count(&collector);
        Ok((compared, told.traced()?))
    }
}

impl Shipped {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let settings: toml::Table = text
            .parse()
            .with_context(|| format!("{shown} is no TOML"))?;
        let setting = |name: &str| {
            let value = settings.get(name).and_then(toml::Value::as_str);
            value.with_context(|| format!("{shown} has no text {name}"))
        };
        Ok(Self {
            log_level: setting("log_level")?.to_owned(),
            sampled: setting("otel_traces_sampler_arg")?.parse()?,
        })
    }
}

impl Told {
    /// After a round of so many searches.
    fn look(&mut self, searches: u64, collector: &CollectorStub, log: &Path) -> anyhow::Result<()> {
        self.searches += searches;
        self.count(collector);
        let lines = File::options().write(true).open(log)?;
        // A line of JSON has more bytes than this.
        let bytes = lines.metadata()?.len();
        ensure!(
            bytes > 50 * searches,
            "{searches} searches left {bytes} bytes in the log: not each has its line"
        );
        // The server appends: a log of all rounds would be large.
        lines.set_len(0)?;
        Ok(())
    }

    fn count(&mut self, collector: &CollectorStub) {
        let spans = collector.take_spans();
        let of_searches = spans.iter().filter(|span| span.name == SPAN).count();
        self.spans += u64::try_from(of_searches).unwrap_or(u64::MAX);
    }

    /// The share of the searches.
    ///
    /// # Errors
    /// When no span arrived at all: then nothing was measured.
    fn traced(&self) -> anyhow::Result<f64> {
        ensure!(
            self.spans > 0,
            "no span of a search arrived, so that the cost of traces was not measured"
        );
        #[expect(clippy::cast_precision_loss, reason = "counts of a short run")]
        Ok(self.spans as f64 / self.searches as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_configuration_says_what_is_sampled_and_logged() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/default.toml");
        let shipped = Shipped::read(&path).unwrap();
        assert!(shipped.sampled > 0.0 && shipped.sampled <= 1.0);
        assert!(
            shipped.log_level.starts_with("info"),
            "{}",
            shipped.log_level
        );
    }

    #[test]
    fn without_a_span_nothing_was_measured() {
        let told = |spans| Told {
            searches: 100,
            spans,
        };
        assert!(told(0).traced().is_err());
        assert!((told(10).traced().unwrap() - 0.1).abs() < 1e-9);
    }
}
