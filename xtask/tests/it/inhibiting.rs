//! Who hears of which alerts, played by a real Alertmanager with the routes and inhibitions that are shipped: what follows from
//! something worse is silent, everything else is told.

mod alertmanager;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use self::alertmanager::Alertmanager;
use super::gates::wait_until;

const RULES: &str = include_str!("../../../deploy/prometheus/rules/alerts.yml");
const JOB: &str = "scholarship-api";
/// The version that is in trouble, and the one beside it.
const NEW: &str = "1.3.0";
const OLD: &str = "1.2.0";
/// By then whoever would be told with the others was told.
const LATER: Duration = Duration::from_secs(2);

/// An alert as Prometheus sends it, and what must become of it.
struct Played {
    name: &'static str,
    version: Option<&'static str>,
    /// Empty where it has none.
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
        if !self.job.is_empty() {
            labels["job"] = self.job.into();
        }
        if let Some(version) = self.version {
            labels["version"] = version.into();
        }
        labels
    }

    /// How it is recognised in what was told: its receiver, its name, its version and its job.
    fn told_as(&self) -> [String; 4] {
        let labels = self.labels();
        let receiver = match labels["severity"].as_str() {
            Some("critical") => "page",
            Some("none") => "heartbeat",
            _ => "ticket",
        };
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
    wait_until(|| alertmanager.told().is_superset(&expected));
    pause(LATER);
    assert_eq!(alertmanager.told(), expected, "{}", alertmanager.log());
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
fn an_outage_silences_nothing_about_the_rules_themselves() {
    play(&[
        Played::told("ServiceDown", None),
        Played::told("RulesFailing", None).of_job(""),
        Played::told("Watchdog", None).of_job(""),
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
fn a_page_leaves_tickets_about_something_else() {
    play(&[
        Played::told("ProcessRestarting", Some(NEW)),
        Played::told("MemoryNearLimit", Some(NEW)),
        Played::told("AgentTaskSuccessLow", Some(NEW)),
        Played::told("NoticesBuried", Some(NEW)),
    ]);
}

#[test]
fn two_pages_of_one_component_are_two_pages() {
    play(&[
        Played::told("HighErrorRate", Some(NEW)),
        Played::told("AvailabilityLow", Some(NEW)),
    ]);
}
