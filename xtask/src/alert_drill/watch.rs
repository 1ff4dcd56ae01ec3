//! What Prometheus says: of alerts, of rules, and as an answer to a query.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use outgoing_http::{client_builder, tls_configuration};
use reqwest::{Client, Url};
use rollout::policy::WATCHDOG;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::alert::Alert;

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Watch {
    base: String,
    client: Client,
    runtime: Runtime,
}

/// A rule as Prometheus has loaded it.
pub(super) struct Rule {
    /// Of the alert, or of what is recorded.
    pub(super) name: String,
    /// That it adds, as a selector: `{slo="search"}`.
    pub(super) labels: String,
    /// Why its last evaluation failed.
    pub(super) error: Option<String>,
    pub(super) is_alert: bool,
}

impl Watch {
    /// # Errors
    ///
    /// When no client can be made.
    pub(super) fn new(base: String) -> anyhow::Result<Self> {
        let client = client_builder(tls_configuration(false)?).timeout(PATIENCE);
        Ok(Self {
            base,
            client: client.build()?,
            runtime: Runtime::new()?,
        })
    }

    /// The alerts that fire now, but for the one that always does.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`], and when that one does not fire.
    pub(super) fn firing(&self) -> anyhow::Result<BTreeSet<Alert>> {
        let data = self.ask("alerts", &[])?;
        let alerts = data["alerts"].as_array().context("no list of alerts")?;
        let mut firing: BTreeSet<Alert> = alerts
            .iter()
            .filter(|alert| alert["state"] == "firing")
            .filter_map(|alert| Alert::from_labels(&alert["labels"]))
            .collect();
        let always = Alert::of_the_service(WATCHDOG);
        ensure!(
            firing.remove(&always),
            "{WATCHDOG} does not fire: nothing evaluates the alerts"
        );
        Ok(firing)
    }

    /// # Errors
    ///
    /// As [`Self::ask`].
    pub(super) fn rules(&self) -> anyhow::Result<Vec<Rule>> {
        let data = self.ask("rules", &[])?;
        let groups = data["groups"].as_array().context("no list of groups")?;
        let rules = groups
            .iter()
            .flat_map(|group| group["rules"].as_array().into_iter().flatten());
        Ok(rules.map(rule).collect())
    }

    /// How many series answer a query now with a number.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`]: among others, when the query is none.
    pub(super) fn series(&self, query: &str) -> anyhow::Result<usize> {
        let data = self.ask("query", &[("query", query)])?;
        let found = data["result"].as_array().context("no list of series")?;
        let is_number = |series: &&Value| {
            let value = series["value"][1].as_str();
            value.is_some_and(|value| value != "NaN")
        };
        Ok(found.iter().filter(is_number).count())
    }

    /// What somebody answers, Prometheus or another, as JSON.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is no JSON.
    pub(super) fn get(&self, url: &str) -> anyhow::Result<Value> {
        let answer = self.runtime.block_on(async {
            let answer = self.client.get(url).send().await?;
            answer.json().await
        })?;
        Ok(answer)
    }

    /// # Errors
    ///
    /// When Prometheus does not answer, or says that it cannot.
    fn ask(&self, what: &str, parameters: &[(&str, &str)]) -> anyhow::Result<Value> {
        let url = Url::parse_with_params(&format!("{}/api/v1/{what}", self.base), parameters)?;
        let answer = self.get(url.as_str())?;
        ensure!(
            answer["status"] == "success",
            "Prometheus does not answer {what} {parameters:?}: {}",
            answer["error"]
        );
        Ok(answer["data"].clone())
    }
}

fn rule(rule: &Value) -> Rule {
    let labels = rule["labels"].as_object().into_iter().flatten();
    let labels: Vec<String> = labels
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Rule {
        name: rule["name"].as_str().unwrap_or_default().to_owned(),
        labels: format!("{{{}}}", labels.join(", ")),
        error: rule["lastError"].as_str().map(str::to_owned),
        is_alert: rule["type"] == "alerting",
    }
}
