//! What a server exports: by its documentation, which the server's own tests hold to the truth.

use std::collections::BTreeSet;

use super::root;

/// What Prometheus has of itself: of each scrape, and of its rules.
const OF_PROMETHEUS: [&str; 2] = ["up", "prometheus_rule_evaluation_failures_total"];

/// The series that are scraped of the servers, and those of Prometheus.
pub(super) fn names() -> BTreeSet<String> {
    let page = root().join("docs/metrics.md");
    let metrics = documented(&std::fs::read_to_string(page).unwrap());
    let mut names = BTreeSet::from(OF_PROMETHEUS.map(str::to_owned));
    for (name, kind) in metrics {
        if kind == "histogram" {
            names.extend(["_bucket", "_count", "_sum"].map(|part| format!("{name}{part}")));
        } else {
            names.insert(name);
        }
    }
    names
}

/// Rows that begin with a name in backticks, then the type.
fn documented(text: &str) -> Vec<(String, String)> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| {
        let (name, rest) = row.split_once('`')?;
        let kind = rest.split('|').nth(1)?.trim();
        Some((name.to_owned(), kind.to_owned()))
    })
    .collect()
}

#[test]
fn a_table_of_metrics_is_read() {
    let table =
        "| name | type |\n|---|---|\n| `a_total` | counter | x |\n| `b_seconds` | histogram | |\n";
    let expected = [("a_total", "counter"), ("b_seconds", "histogram")];
    assert_eq!(
        documented(table),
        expected.map(|(name, kind)| (name.to_owned(), kind.to_owned()))
    );
    assert!(names().contains("http_request_duration_seconds_bucket"));
}
