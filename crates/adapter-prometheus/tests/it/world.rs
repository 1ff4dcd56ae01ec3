//! A real Prometheus on a free port, in a folder of its own.

use std::path::Path;
use std::time::{Duration, Instant};

use adapter_prometheus::{Prometheus, RouterMetrics, ServiceMetrics, Settings};
use rollout::Policy;
use tempfile::TempDir;
use testkit::supervised::{Supervised, free_port};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct Server {
    pub(crate) _process: Supervised,
    _folder: TempDir,
    pub(crate) port: u16,
}

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
    /// `prepare` may put blocks into `data` and files beside it.
    pub(crate) async fn start(
        configuration: &str,
        more: &[&str],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("prometheus.yml"), configuration)
            .expect("it can be written");
        prepare(folder.path());
        let port = free_port();
        let listen = format!("--web.listen-address=127.0.0.1:{port}");
        let arguments = [
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=100y",
            "--log.level=warn",
            &listen,
        ];
        let arguments = [&arguments, more].concat();
        let process = Supervised::start(None, folder.path(), "prometheus", &arguments);
        let begun = Instant::now();
        while !is_ready(port).await {
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "Prometheus does not start: {log}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self {
            _process: process,
            _folder: folder,
            port,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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

/// Whether it has read its blocks. Behind TLS nobody can see that without a certificate: there it is enough that it listens.
async fn is_ready(port: u16) -> bool {
    let Ok(mut client) = TcpStream::connect(("127.0.0.1", port)).await else {
        return false;
    };
    let request = b"GET /-/ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    let asked = client.write_all(request).await.is_ok();
    let answered = client.read_to_string(&mut answer).await.is_ok();
    asked && answered && (answer.contains(" 200 ") || answer.contains("to an HTTPS server"))
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
