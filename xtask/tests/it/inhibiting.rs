//! Who hears of which alerts, played by a real Alertmanager with the routes and inhibitions that are shipped: what follows from
//! something worse is silent, everything else is told.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::http_stub::{self, HttpStub, Reply, Request};
use testkit::supervised::{Supervised, free_port};

use super::gates::wait_until;

const SHIPPED: &str = include_str!("../../../deploy/alertmanager/alertmanager.yml");
const RULES: &str = include_str!("../../../deploy/prometheus/rules/alerts.yml");
const JOB: &str = "scholarship-api";
/// The version that is in trouble, and the one beside it.
const NEW: &str = "1.3.0";
const OLD: &str = "1.2.0";
/// How long alerts of a group wait for each other here, instead of the shipped times.
const GROUP_WAIT: &str = "group_wait: '1s'";
/// By then whoever would be told with the others was told.
const LATER: Duration = Duration::from_secs(2);

/// An alert as Prometheus sends it, and what must become of it.
struct Played {
    name: &'static str,
    version: Option<&'static str>,
    job: &'static str,
    /// The alert that keeps it silent.
    silenced_by: Option<&'static str>,
}

impl Played {
    fn told(name: &'static str, version: Option<&'static str>) -> Self {
        Self {
            name,
            version,
            job: JOB,
            silenced_by: None,
        }
    }

    fn silent(name: &'static str, version: Option<&'static str>, by: &'static str) -> Self {
        Self {
            silenced_by: Some(by),
            ..Self::told(name, version)
        }
    }

    fn of_job(self, job: &'static str) -> Self {
        Self { job, ..self }
    }

    /// With what the shipped rule says of it.
    fn labels(&self) -> Value {
        let mut labels = labels_of(self.name);
        labels["alertname"] = self.name.into();
        labels["job"] = self.job.into();
        if let Some(version) = self.version {
            labels["version"] = version.into();
        }
        labels
    }

    /// How it is recognised in what was told: its receiver, its name, its version and its job.
    fn told_as(&self) -> [String; 4] {
        let is_critical = self.labels()["severity"] == "critical";
        let receiver = if is_critical { "page" } else { "ticket" };
        let version = self.version.unwrap_or_default();
        [receiver, self.name, version, self.job].map(str::to_owned)
    }
}

/// The labels of the first alert of this name.
fn labels_of(name: &str) -> Value {
    let rules: Value = serde_norway::from_str(RULES).expect("YAML");
    let groups = rules["groups"].as_array().expect("a list").iter();
    let mut rules = groups.flat_map(|group| group["rules"].as_array().expect("a list"));
    let rule = rules.find(|rule| rule["alert"] == name);
    rule.unwrap_or_else(|| panic!("no rule {name} is shipped"))["labels"].clone()
}

type Told = Arc<Mutex<BTreeSet<[String; 4]>>>;

struct Alertmanager {
    // Ends before its folder goes.
    _process: Supervised,
    folder: tempfile::TempDir,
    _webhook: HttpStub,
    told: Told,
    port: u16,
}

impl Alertmanager {
    fn start() -> Self {
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
    fn ask(&self, line: &str, body: &str) -> Option<String> {
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

    /// What it thinks of every alert.
    fn alerts(&self) -> Vec<Value> {
        let alerts = self.ask("GET /api/v2/alerts", "").expect("it answers");
        serde_json::from_str(&alerts).expect("a list")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// What is shipped, but that both receivers are one webhook, and that alerts wait for each other but shortly.
fn configuration(webhook: SocketAddr) -> String {
    let (inhibitions, rest) = SHIPPED.split_once("\nreceivers:\n").expect("receivers");
    let (_, route) = rest.split_once("\nroute:\n").expect("a route");
    let receivers = ["page", "ticket"].map(|name| {
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

/// All of them begin at once.
fn play(played: &[Played]) {
    let alertmanager = Alertmanager::start();
    let alerts: Vec<Value> = played
        .iter()
        .map(|one| json!({"labels": one.labels()}))
        .collect();
    let posted = alertmanager.ask("POST /api/v2/alerts", &json!(alerts).to_string());
    assert!(posted.is_some(), "{}", alertmanager.log());
    let told = played.iter().filter(|one| one.silenced_by.is_none());
    let expected: BTreeSet<_> = told.map(Played::told_as).collect();
    let heard = || alertmanager.told.lock().expect("nobody panicked").clone();
    wait_until(|| heard().is_superset(&expected));
    pause(LATER);
    assert_eq!(heard(), expected, "{}", alertmanager.log());
    let found = alertmanager.alerts();
    assert_eq!(found.len(), played.len());
    for one in played {
        let alert = |labels: &Value| {
            let alert = found.iter().find(|alert| alert["labels"] == *labels);
            alert.unwrap_or_else(|| panic!("{labels} in {found:?}"))
        };
        let status = &alert(&one.labels())["status"];
        let silencer = one.silenced_by.map(|by| {
            let source = played.iter().find(|other| other.name == by);
            alert(&source.expect("it is played").labels())["fingerprint"].clone()
        });
        let state = if silencer.is_some() {
            "suppressed"
        } else {
            "active"
        };
        assert_eq!(status["state"], state, "{}: {status}", one.name);
        let silencers: Vec<Value> = silencer.into_iter().collect();
        assert_eq!(status["inhibitedBy"], json!(silencers), "{}", one.name);
    }
}

#[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
fn pause(span: Duration) {
    std::thread::sleep(span);
}

#[test]
fn an_outage_silences_everything_of_the_service_and_nothing_of_others() {
    play(&[
        Played::told("ServiceDown", None),
        Played::silent("VersionDown", Some(NEW), "ServiceDown"),
        Played::silent("HighErrorRate", Some(NEW), "ServiceDown"),
        Played::silent("PostgresDown", Some(OLD), "ServiceDown"),
        Played::silent("CertificateExpiring", None, "ServiceDown"),
        Played::told("HighErrorRate", Some(NEW)).of_job("another-service"),
        Played::told("ServiceDown", None).of_job("another-service"),
    ]);
}

#[test]
fn a_version_that_is_down_silences_what_is_said_of_it_alone() {
    play(&[
        Played::told("VersionDown", Some(NEW)),
        Played::silent("HighLatency", Some(NEW), "VersionDown"),
        Played::silent("RedisDown", Some(NEW), "VersionDown"),
        Played::told("HighLatency", Some(OLD)),
        Played::told("RedisDown", Some(OLD)),
    ]);
}

#[test]
fn a_database_that_is_away_silences_what_follows_from_it() {
    play(&[
        Played::told("PostgresDown", Some(NEW)),
        Played::silent("DatabaseConnectionHigh", Some(NEW), "PostgresDown"),
        Played::silent("SearchIndexLagging", Some(NEW), "PostgresDown"),
        Played::silent("ChangeFeedHeldBack", Some(NEW), "PostgresDown"),
        Played::told("DatabaseConnectionHigh", Some(OLD)),
        Played::told("MemoryNearLimit", Some(NEW)),
        Played::told("HighErrorRate", Some(NEW)),
    ]);
}

#[test]
fn a_cache_that_is_away_silences_its_hit_rate_of_the_same_version() {
    play(&[
        Played::told("RedisDown", Some(NEW)),
        Played::silent("RedisHitRateLow", Some(NEW), "RedisDown"),
        Played::told("RedisHitRateLow", Some(OLD)),
        Played::told("OpenAIFallbackRateHigh", Some(NEW)),
    ]);
}

#[test]
fn a_command_center_that_is_away_silences_its_callbacks() {
    play(&[
        Played::told("CommandCenterDown", Some(NEW)),
        Played::silent("CallbacksFailing", Some(NEW), "CommandCenterDown"),
        Played::told("NoticesBuried", Some(NEW)),
    ]);
}

#[test]
fn a_page_silences_tickets_of_the_same_component_and_version() {
    play(&[
        Played::told("HighErrorRate", Some(NEW)),
        Played::silent("ErrorBudgetBurnSlow", Some(NEW), "HighErrorRate"),
        Played::told("ErrorBudgetBurnSlow", Some(OLD)),
        Played::told("MemoryNearLimit", Some(NEW)),
    ]);
}

#[test]
fn two_pages_of_one_component_are_two_pages() {
    play(&[
        Played::told("HighErrorRate", Some(NEW)),
        Played::told("AvailabilityLow", Some(NEW)),
    ]);
}
