//! A real Prometheus on a free port, in a folder of its own.

use std::path::Path;

use adapter_prometheus::{Prometheus, RouterMetrics, ServiceMetrics, Settings};
use rollout::Policy;
use testkit::PrivatePrometheus;

pub(crate) struct Server(pub(crate) PrivatePrometheus);

/// By the clock that Prometheus scrapes by.
#[expect(
    clippy::disallowed_methods,
    reason = "a live Prometheus cannot be told the time"
)]
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

pub(crate) fn policy() -> Policy {
    Policy::parse(include_str!("../../../../config/rollout.toml")).expect("it is the shipped one")
}

/// As the shipped policy has them.
pub(crate) fn service_metrics() -> ServiceMetrics {
    ServiceMetrics::from(&policy().monitoring)
}

impl Server {
    /// As [`PrivatePrometheus::start`].
    pub(crate) async fn start(
        configuration: &str,
        more: &[&str],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        Self(PrivatePrometheus::start(configuration, more, prepare).await)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    pub(crate) fn prometheus(&self, router: Option<RouterMetrics>) -> Prometheus {
        let settings = Settings::new(self.url());
        Prometheus::new(&settings, service_metrics(), router).expect("the settings are fine")
    }

    /// The only value of an answer to a query, as anybody would ask it.
    pub(crate) async fn value(&self, at: i64, query: &str) -> f64 {
        let mut url =
            reqwest::Url::parse(&format!("{}/api/v1/query", self.url())).expect("it is one");
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("time", &at.to_string());
        let tls = outgoing_http::tls_configuration(false).expect("it needs no authorities");
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .build();
        let answer = client
            .expect("it is fine")
            .get(url)
            .send()
            .await
            .expect("it answers");
        let answer: serde_json::Value = answer.json().await.expect("it is JSON");
        let result = answer["data"]["result"]
            .as_array()
            .unwrap_or_else(|| panic!("{query}: {answer}"));
        assert_eq!(result.len(), 1, "{query}: {answer}");
        result[0]["value"][1]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("it is a number")
    }
}

/// Blocks from lines of the exposition format with times.
pub(crate) fn make_blocks(folder: &Path, lines: &str, block: &str) {
    let input = folder.join("past.om");
    std::fs::write(&input, format!("{lines}# EOF\n")).expect("it can be written");
    let output = std::process::Command::new("promtool")
        .args([
            "tsdb",
            "create-blocks-from",
            "--max-block-duration",
            block,
            "openmetrics",
            "-q",
        ])
        .args([&input, &folder.join("data")])
        .output()
        .expect("Debian's package prometheus is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::remove_file(input).expect("it is there");
}
