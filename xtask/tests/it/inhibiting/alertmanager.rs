//! A real Alertmanager with what is shipped, whose receivers are one webhook.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use testkit::http_stub::{self, HttpStub, Reply, Request};
use testkit::supervised::{Supervised, free_port};

use crate::gates::wait_until;

const SHIPPED: &str = include_str!("../../../../deploy/alertmanager/alertmanager.yml");
/// How long alerts of a group wait for each other here, instead of the shipped times.
const GROUP_WAIT: &str = "group_wait: '1s'";

/// Receiver, alert, version and job.
type Told = Arc<Mutex<BTreeSet<[String; 4]>>>;

pub(super) struct Alertmanager {
    // Ends before its folder goes.
    _process: Supervised,
    folder: tempfile::TempDir,
    _webhook: HttpStub,
    told: Told,
    port: u16,
}

impl Alertmanager {
    pub(super) fn start() -> Self {
        let told = Told::default();
        let heard = Arc::clone(&told);
        let webhook = HttpStub::start(http_stub::free_port(), move |request| {
            heard
                .lock()
                .expect("nobody panicked")
                .extend(alerts_of(request));
            Reply::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec())
        });
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("alertmanager.yml");
        std::fs::write(file, configuration(webhook.address())).expect("is written");
        let port = free_port();
        let listen = format!("--web.listen-address=127.0.0.1:{port}");
        let arguments = [
            "--config.file=alertmanager.yml",
            "--storage.path=data",
            // It has no peers.
            "--cluster.listen-address=",
            &listen,
        ];
        let alertmanager = Self {
            _process: Supervised::start(None, folder.path(), "prometheus-alertmanager", &arguments),
            folder,
            _webhook: webhook,
            told,
            port,
        };
        wait_until(|| alertmanager.is_ready());
        alertmanager
    }

    fn is_ready(&self) -> bool {
        self.ask("GET /-/ready", "").is_some()
    }

    /// The body of what is answered with 200.
    pub(super) fn ask(&self, line: &str, body: &str) -> Option<String> {
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        let length = body.len();
        write!(
            client,
            "{line} HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .ok()?;
        let mut answer = String::new();
        client.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.contains(" 200 ").then(|| body.to_owned())
    }

    /// Whom it told of what.
    pub(super) fn told(&self) -> BTreeSet<[String; 4]> {
        self.told.lock().expect("nobody panicked").clone()
    }

    /// What it thinks of every alert.
    pub(super) fn alerts(&self) -> Vec<Value> {
        let alerts = self.ask("GET /api/v2/alerts", "").expect("it answers");
        serde_json::from_str(&alerts).expect("a list")
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// What is shipped, but that all receivers are one webhook, and that alerts wait for each other but shortly.
fn configuration(webhook: SocketAddr) -> String {
    let (inhibitions, rest) = SHIPPED.split_once("\nreceivers:\n").expect("receivers");
    let (_, route) = rest.split_once("\nroute:\n").expect("a route");
    let receivers = ["page", "ticket", "heartbeat"].map(|name| {
        format!("  - name: {name}\n    webhook_configs:\n      - url: 'http://{webhook}/'\n")
    });
    let mut route = route.to_owned();
    for shipped in ["group_wait: '30s'", "group_wait: '10s'"] {
        assert!(route.contains(shipped), "{shipped} is shipped: {route}");
        route = route.replace(shipped, GROUP_WAIT);
    }
    format!(
        "{inhibitions}\nreceivers:\n{}\nroute:\n{route}",
        receivers.concat()
    )
}

fn alerts_of(request: &Request) -> Vec<[String; 4]> {
    let message: Value = serde_json::from_slice(&request.body).expect("JSON");
    let alerts = message["alerts"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = alerts.map(|alert| {
        let labels = &alert["labels"];
        [
            &message["receiver"],
            &labels["alertname"],
            &labels["version"],
            &labels["job"],
        ]
        .map(text)
    });
    told.collect()
}
