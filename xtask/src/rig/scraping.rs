//! What a private Prometheus watches: every second, as rehearsals and drills are short.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

/// How often it asks.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

/// The configuration, with jobs still to be added.
pub(crate) struct Scraping(String);

impl Scraping {
    /// `rules`: files of rules, which are evaluated as often.
    pub(crate) fn new(rules: &[&str]) -> Self {
        let rules: String = rules.iter().map(|rule| format!("  - '{rule}'\n")).collect();
        let every = rollout::span::text(EVERY);
        let mut text = format!(
            "global:\n  scrape_interval: {every}\n  scrape_timeout: {every}\n  evaluation_interval: {every}\n"
        );
        if !rules.is_empty() {
            let _ = write!(text, "rule_files:\n{rules}");
        }
        text.push_str("scrape_configs:\n");
        Self(text)
    }

    /// The servers of one job, each with its version.
    pub(crate) fn servers(mut self, job: &str, servers: &[(SocketAddr, &str)]) -> Self {
        let _ = writeln!(
            self.0,
            "  - job_name: {job}\n    honor_labels: true\n    static_configs:"
        );
        for (place, version) in servers {
            let _ = writeln!(
                self.0,
                "      - targets: ['{place}']\n        labels: {{version: '{version}'}}"
            );
        }
        self
    }

    /// Something that counts by itself, on a port of the loopback.
    pub(crate) fn exporter(mut self, job: &str, port: u16) -> Self {
        let _ = writeln!(
            self.0,
            "  - job_name: {job}\n    static_configs:\n      - targets: ['127.0.0.1:{port}']"
        );
        self
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}
