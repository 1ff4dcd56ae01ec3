//! One story: what was measured, and who is told of it.

use rollout::Policy;
use serde_json::{Value, json};

pub(in crate::render) struct Case {
    name: &'static str,
    /// Between two values of a series.
    interval: &'static str,
    series: Vec<(String, String)>,
    looks: Vec<Look>,
    texts: Vec<Value>,
}

/// At one time, for the alerts that it names and no others.
pub(in crate::render) struct Look {
    at: &'static str,
    /// With the version of those that have one.
    pub(in crate::render) firing: Vec<(&'static str, Option<&'static str>)>,
    /// Not at all, or for no other version than those above.
    pub(in crate::render) silent: Vec<&'static str>,
}

impl Case {
    /// Values are a minute apart.
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            interval: "1m",
            series: Vec::new(),
            looks: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// What one alert says at a time, to the letter.
    pub(super) fn says(
        mut self,
        policy: &Policy,
        at: &str,
        alert: &str,
        labels: Value,
        annotations: Value,
    ) -> Self {
        let mut annotations = annotations;
        let runbooks = &policy.monitoring.runbooks;
        annotations["runbook_url"] = format!("{runbooks}/{alert}.md").into();
        self.texts.push(json!({
            "alertname": alert,
            "eval_time": at,
            "exp_alerts": [{"exp_labels": labels, "exp_annotations": annotations}],
        }));
        self
    }

    pub(super) fn every(mut self, interval: &'static str) -> Self {
        self.interval = interval;
        self
    }

    #[cfg(test)]
    pub(in crate::render) fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// A server, or several with a name before a colon: `series("2", "up", "", "1x30")`.
    pub(super) fn series(self, version: &str, metric: &str, labels: &str, values: &str) -> Self {
        self.of_instance("a", version, metric, labels, values)
    }

    pub(super) fn of_instance(
        mut self,
        instance: &str,
        version: &str,
        metric: &str,
        labels: &str,
        values: &str,
    ) -> Self {
        let comma = if labels.is_empty() { "" } else { ", " };
        let name = format!(
            "{metric}{{job=\"JOB\", instance=\"{version}-{instance}\", version=\"{version}\"{comma}{labels}}}"
        );
        self.series.push((name, values.to_owned()));
        self
    }

    /// Of somebody else than the servers, whole: `metric{labels}`, with `JOB` for the servers' job.
    pub(super) fn of_another(mut self, series: &str, values: &str) -> Self {
        self.series.push((series.to_owned(), values.to_owned()));
        self
    }

    pub(super) fn up(self, version: &str) -> Self {
        self.series(version, "up", "", "1x5000")
    }

    /// Requests of one route, method and status.
    pub(super) fn requests(
        self,
        version: &str,
        route: &str,
        method: &str,
        status: &str,
        values: &str,
    ) -> Self {
        let labels = format!("route=\"{route}\", method=\"{method}\", status=\"{status}\"");
        self.series(version, "http_requests_total", &labels, values)
    }

    /// Answers of one route to GET, so many a minute for `minutes`, of which so many were within each edge in seconds.
    pub(super) fn timed(
        mut self,
        version: &str,
        route: &str,
        all: u32,
        within: &[(&str, u32)],
        minutes: u32,
    ) -> Self {
        let labels = format!("route=\"{route}\", method=\"GET\"");
        let values = |count: u32| format!("0+{count}x{minutes}");
        self = self.series(
            version,
            "http_request_duration_seconds_count",
            &labels,
            &values(all),
        );
        for (edge, count) in within {
            let labels = format!("{labels}, le=\"{edge}\"");
            self = self.series(
                version,
                "http_request_duration_seconds_bucket",
                &labels,
                &values(*count),
            );
        }
        self
    }

    pub(super) fn at(mut self, at: &'static str) -> Self {
        self.looks.push(Look {
            at,
            firing: Vec::new(),
            silent: Vec::new(),
        });
        self
    }

    /// At the time named last, for this version.
    pub(super) fn fires(self, alert: &'static str, version: &'static str) -> Self {
        self.firing(alert, Some(version))
    }

    /// For the whole service.
    pub(super) fn fires_for_all(self, alert: &'static str) -> Self {
        self.firing(alert, None)
    }

    fn firing(mut self, alert: &'static str, version: Option<&'static str>) -> Self {
        if let Some(look) = self.looks.last_mut() {
            look.firing.push((alert, version));
        }
        self
    }

    pub(super) fn silent(mut self, alerts: &[&'static str]) -> Self {
        if let Some(look) = self.looks.last_mut() {
            look.silent.extend(alerts);
        }
        self
    }

    pub(super) fn render(&self, job: &str) -> Value {
        let series: Vec<Value> = self
            .series
            .iter()
            .map(|(name, values)| json!({"series": name.replace("JOB", job), "values": values}))
            .collect();
        let looks: Vec<Value> = self.looks.iter().map(Look::render).collect();
        let mut test =
            json!({"name": self.name, "interval": self.interval, "input_series": series});
        if !looks.is_empty() {
            test["promql_expr_test"] = looks.into();
        }
        if !self.texts.is_empty() {
            test["alert_rule_test"] = self.texts.clone().into();
        }
        test
    }
}

impl Look {
    fn render(&self) -> Value {
        let mut names: Vec<&str> = self.firing.iter().map(|(alert, _)| *alert).collect();
        names.extend(&self.silent);
        names.sort_unstable();
        names.dedup();
        let samples: Vec<Value> = self
            .firing
            .iter()
            .map(|(alert, version)| {
                let version =
                    version.map_or_else(String::new, |version| format!(", version=\"{version}\""));
                json!({"labels": format!("{{alertname=\"{alert}\"{version}}}"), "value": 1})
            })
            .collect();
        json!({
            "expr": format!(
                "group by (alertname, version) (ALERTS{{alertstate=\"firing\", alertname=~\"{}\"}})",
                names.join("|")
            ),
            "eval_time": self.at,
            "exp_samples": samples,
        })
    }
}
