//! Reviews of a past that a real Prometheus and a directory of releases tell of.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use testkit::PrivatePrometheus;

use super::Ran;

/// Ten minutes of one process: 10 requests a second, of which a hundredth fails; half of them search, of which 2 of 100 find nothing.
/// Probes come beside them, and count nowhere.
fn past(now: DateTime<Utc>) -> String {
    let mut text = String::new();
    let job = "job=\"scholarship-api\"";
    let routes = "route=\"/api/v1/search\",method=\"GET\"";
    let series = [
        (
            format!("http_requests_total{{{job},{routes},status=\"200\"}}"),
            5.0,
        ),
        (
            format!(
                "http_requests_total{{{job},route=\"/api/v1/stats\",method=\"GET\",status=\"200\"}}"
            ),
            4.9,
        ),
        (
            format!(
                "http_requests_total{{{job},route=\"/api/v1/stats\",method=\"GET\",status=\"500\"}}"
            ),
            0.1,
        ),
        (
            format!(
                "http_requests_total{{{job},route=\"/healthz\",method=\"GET\",status=\"200\"}}"
            ),
            5.0,
        ),
        (format!("search_requests_total{{{job}}}"), 5.0),
        (format!("search_zero_results_total{{{job}}}"), 0.1),
        (
            format!("agent_tasks_total{{{job},outcome=\"succeeded\"}}"),
            1.0,
        ),
        (format!("agent_tasks_total{{{job},outcome=\"dead\"}}"), 1.0),
    ];
    for (series, rate) in &series {
        for step in 0..=40 {
            let at = (now - TimeDelta::seconds(15 * (40 - step))).timestamp();
            let step = i32::try_from(step).expect("is small");
            let _ = writeln!(text, "{series} {} {at}", rate * 15.0 * f64::from(step));
        }
    }
    for step in 0..=10 {
        let at = (now - TimeDelta::seconds(15 * (20 - step))).timestamp();
        let _ = writeln!(
            text,
            "ALERTS{{alertname=\"HighErrorRate\",alertstate=\"firing\"}} 1 {at}"
        );
    }
    text
}

fn fill(folder: &Path, lines: &str) {
    let input = folder.join("past.om");
    std::fs::write(&input, format!("{lines}# EOF\n")).expect("is written");
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "-q"])
        .args([&input, &folder.join("data")])
        .output();
    Ran::of(made.expect("Debian's package prometheus is installed")).ended(0);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the program under test looks back from the real time"
)]
fn a_review_tells_what_was_counted_and_released() {
    let runtime = tokio::runtime::Runtime::new().expect("starts");
    let lines = past(Utc::now());
    let configuration = "global: {scrape_interval: 15s}\n";
    let prometheus = runtime.block_on(PrivatePrometheus::start(configuration, &[], |folder| {
        fill(folder, &lines);
    }));
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("review.html");
    let review = |further: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .args(["review", "--prometheus", &prometheus.url(), "--directory"])
            .arg(folder.path().join("nothing"))
            .arg("--confirmations")
            .arg(folder.path().join("checklist.json"))
            .args(further);
        command.output().expect("starts")
    };
    let html_path = html.to_str().expect("text");
    let output = review(&["--since", "8m", "--format", "json", "--html", html_path]);
    assert!(output.status.success(), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let measure = |name: &str| {
        let mut measures = told["measures"].as_array().expect("a list").iter();
        let found = measures.find(|measure| measure["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {told}")).clone()
    };
    let near = |measure: &serde_json::Value, value: f64| {
        let measured = measure["value"].as_f64().expect("a number");
        assert!(
            (measured - value).abs() < value.max(0.01) * 0.05,
            "{measure}"
        );
    };
    let failed = measure("Requests that failed");
    near(&failed, 0.01);
    assert_eq!(failed["is_met"], false);
    let count = failed["n"].as_f64().expect("a number");
    assert!((4_500.0..5_100.0).contains(&count), "{failed}");
    near(&measure("Searches that found nothing"), 0.02);
    assert_eq!(measure("Searches answered within a second")["is_met"], true);
    near(&measure("Tasks of agents that succeeded"), 0.5);
    let released = measure("Releases that went through");
    assert_eq!(
        (&released["n"], &released["value"]),
        (&0.into(), &serde_json::Value::Null)
    );
    let spent = told["budget"]["failed"].as_f64().expect("a number")
        / told["budget"]["allowed"].as_f64().expect("a number");
    assert!((9.0..11.0).contains(&spent), "{told}");
    assert_eq!(told["incidents"][0]["alert"], "HighErrorRate");
    assert_eq!(told["incidents"][0]["severity"], "critical");
    assert_eq!(told["monthly"], serde_json::json!([]));
    let page = std::fs::read_to_string(&html).expect("is written");
    assert_eq!(page.matches("<polyline").count(), 2, "{page}");
    assert!(page.contains("MISSED") && page.contains("nothing measured"));
    let month = Ran::of(review(&["--since", "30d"])).ended(0);
    assert!(
        month.contains("Each month") && month.contains("never  OVERDUE"),
        "{month}"
    );
    let short = Ran::of(review(&["--since", "5s"])).ended(1);
    assert!(short.contains("--since 5s must be between"), "{short}");
}
