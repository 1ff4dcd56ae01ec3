//! Every file that is made from the policy.

use rollout::Policy;
use serde_json::Value;

use super::dashboards::Dashboard;
use super::recording::Subject;
use super::{alerts, kubernetes, operator, recording, routing, rule_tests, scrape, yaml};

const MADE: &str =
    "Made by `cargo xtask render` out of config/rollout.toml; change that, not this.";

/// Folders that hold what is made here and nothing else.
pub(super) const OWN_FOLDERS: [&str; 5] = [
    "deploy/prometheus/rules",
    "deploy/prometheus/tests",
    "deploy/grafana/dashboards",
    "deploy/kubernetes/rollouts",
    "deploy/kubernetes/monitoring",
];

pub(crate) struct File {
    /// From the root of the workspace.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// `text` is what the policy was read from.
///
/// # Errors
/// The policy has an alert that cannot be made from its numbers.
pub(crate) fn files(policy: &Policy, text: &str) -> anyhow::Result<Vec<File>> {
    let mut files = vec![
        yaml(
            "prometheus/rules/objectives.yml",
            "",
            &recording::objectives(policy),
        ),
        yaml("prometheus/rules/alerts.yml", "", &alerts::rules(policy)?),
        yaml(
            "prometheus/prometheus.yml",
            "An example for plain machines: put in the servers' admin listeners and their versions.",
            &scrape::configuration(policy, &scrape::EXAMPLE),
        ),
        yaml(
            "compose/prometheus.yml",
            "For the containers of deploy/compose.yaml.",
            &scrape::configuration(policy, &scrape::COMPOSE),
        ),
        yaml(
            "prometheus/adapter.yml",
            "For prometheus-adapter: the autoscaler's http_requests_per_second of each pod.",
            &scrape::adapter(policy),
        ),
        yaml(
            "alertmanager/alertmanager.yml",
            "The receivers' key, URL and token are files that it names; put them there.",
            &routing::configuration(policy),
        ),
    ];
    for subject in Subject::ALL {
        let path = format!("prometheus/rules/recording-{}.yml", subject.name());
        files.push(yaml(&path, "", &recording::rules(policy, subject)));
    }
    for play in rule_tests::plays(policy) {
        let path = format!("prometheus/tests/{}.yml", play.name);
        files.push(yaml(&path, "", &play.render(policy)?));
    }
    for dashboard in Dashboard::ALL {
        files.push(File {
            path: format!("deploy/grafana/dashboards/{}", dashboard.file()),
            text: format!("{:#}\n", dashboard.render(policy)),
        });
    }
    let in_a_cluster = kubernetes::files(policy, text).into_iter();
    for (path, about, value) in in_a_cluster.chain(operator::files(policy)?) {
        files.push(yaml(&path, about, &value));
    }
    Ok(files)
}

fn yaml(path: &str, about: &str, value: &Value) -> File {
    let comment = if about.is_empty() {
        MADE.to_owned()
    } else {
        format!("{MADE}\n{about}")
    };
    File {
        path: format!("deploy/{path}"),
        text: yaml::document(&comment, value),
    }
}
