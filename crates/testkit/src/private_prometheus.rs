//! A Prometheus for one test or rehearsal: the real one, on a free port and in a folder of its own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::supervised::{Supervised, free_port};

/// How long it may take to read its blocks.
const START_TIME: Duration = Duration::from_secs(60);

/// A running Prometheus. It ends with this value.
#[derive(Debug)]
pub struct PrivatePrometheus {
    // Ends before its folder goes.
    process: Supervised,
    _folder: TempDir,
    port: u16,
}

impl PrivatePrometheus {
    /// Starts it with a configuration and more arguments, and waits until it answers. `prepare` may put blocks into the folder's
    /// `data`, and files beside the configuration.
    ///
    /// # Panics
    /// When it does not start: Debian's package is `prometheus`.
    pub async fn start(configuration: &str, more: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::write(folder.path().join("prometheus.yml"), configuration).expect("it can be written");
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
            let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(
                begun.elapsed() < START_TIME,
                "Prometheus does not start: {log}"
            );
            sleep(Duration::from_millis(20)).await;
        }
        Self {
            process,
            _folder: folder,
            port,
        }
    }

    pub fn process(&self) -> &Supervised {
        &self.process
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
