//! What promtool plays to the rules: series, and which alerts fire at which time and which do not. The numbers are written by
//! hand, not taken from the policy: a changed limit shows here.

mod agents;
mod case;
mod dependencies;
mod errors;
mod latency;
mod model;
mod monitoring;
mod objectives;
mod outages;
mod process;
mod search;
mod texts;

pub(super) use case::Case;

use rollout::Policy;
use serde_json::{Value, json};

use super::alerts;
use super::recording::{self, Subject};

/// Cases that are played at the same pace, with the recordings that they need: all of them would take minutes.
pub(super) struct Play {
    /// `deploy/prometheus/tests/<name>.yml`.
    pub(super) name: &'static str,
    /// Between two evaluations.
    evaluate_every: &'static str,
    recordings: &'static [Subject],
    pub(super) cases: Vec<Case>,
}

pub(super) fn plays(policy: &Policy) -> Vec<Play> {
    let minutes = |name, recordings, cases| Play {
        name,
        evaluate_every: "1m",
        recordings,
        cases,
    };
    vec![
        minutes("agents", &[Subject::Agents], agents::cases()),
        minutes("dependencies", &[Subject::Redis], dependencies::cases()),
        minutes("errors", &[Subject::Requests], errors::cases()),
        minutes("latency", &[Subject::Latency], latency::cases()),
        minutes("model", &[Subject::Model], model::cases()),
        minutes("monitoring", &[], monitoring::cases()),
        minutes("outages", &[Subject::Requests], outages::cases()),
        minutes("process", &[], process::cases()),
        minutes("search", &[Subject::Search], search::cases()),
        minutes("texts", &[Subject::Requests], texts::cases(policy)),
        Play {
            name: "objectives",
            evaluate_every: "30m",
            recordings: &[Subject::Requests],
            cases: objectives::cases(),
        },
    ]
}

impl Play {
    /// # Errors
    /// The policy has an alert that cannot be made from its numbers.
    pub(super) fn render(&self, policy: &Policy) -> anyhow::Result<Value> {
        let mut files = Vec::new();
        let mut groups = Vec::new();
        let mut load = |file: &str, rules: &Value| {
            files.push(format!("../rules/{file}.yml"));
            let rules = rules["groups"].as_array().into_iter().flatten();
            groups.extend(rules.map(|group| group["name"].clone()));
        };
        for subject in self.recordings {
            let file = format!("recording-{}", subject.name());
            load(&file, &recording::rules(policy, *subject));
        }
        load("objectives", &recording::objectives(policy));
        load("alerts", &alerts::rules(policy)?);
        let job = &policy.monitoring.job;
        let tests: Vec<Value> = self.cases.iter().map(|case| case.render(job)).collect();
        Ok(json!({
            "rule_files": files,
            "evaluation_interval": self.evaluate_every,
            // Alerts look at what was recorded at the same moment.
            "group_eval_order": groups,
            "tests": tests,
        }))
    }
}
