//! The figures of a load test as people read them on a terminal.

use std::fmt::Write as _;

use super::figures::{Figures, Quantiles};
use super::knee::Step;
use super::pods;

/// Kinds of failures that are shown.
const MOST_FAILURES: usize = 12;

pub(super) fn text(figures: &Figures) -> String {
    let mut text = String::new();
    for (name, value) in rows(figures) {
        let _ = writeln!(text, "{name:<22} {value}");
    }
    by_request(&mut text, figures);
    failures(&mut text, figures);
    if let Some(soak) = &figures.soak {
        let _ = writeln!(
            text,
            "\n{:>6} {:>9} {:>7} {:>9} {:>9} {:>9} {:>9}",
            "minute", "answered", "failed", "p50 ms", "p95 ms", "p99 ms", "MB"
        );
        for minute in &soak.minutes {
            let megabytes = minute.megabytes;
            let _ = writeln!(
                text,
                "{:>6} {:>9} {:>7} {:>9.1} {:>9.1} {:>9.1} {:>9}",
                minute.minute,
                minute.answered,
                minute.failed,
                minute.p50_ms,
                minute.p95_ms,
                minute.p99_ms,
                megabytes.map_or("-".to_owned(), |megabytes| format!("{megabytes:.0}")),
            );
        }
    }
    if let Some(knee) = &figures.knee {
        text.push('\n');
        text.push_str(&step_header());
        for step in &knee.steps {
            text.push_str(&shown_step(step));
        }
    }
    if !figures.pods.is_empty() {
        text.push_str("\nPods\n");
        for pods in &figures.pods {
            let _ = writeln!(text, "  {}", pods.sentence());
        }
        let _ = writeln!(text, "  {}", pods::ASSUMPTIONS);
    }
    let _ = writeln!(text, "\n{}", figures.headline());
    for reason in &figures.reasons {
        let _ = writeln!(text, "  {reason}");
    }
    text
}

fn rows(figures: &Figures) -> Vec<(&'static str, String)> {
    let load = &figures.load;
    let mut rows = vec![
        ("target", figures.target.clone()),
        (
            "scenario",
            format!("{}: {}", figures.scenario, figures.description),
        ),
        (
            "load",
            format!(
                "{} requests/s ({:?}, seed {}) for {} s after {} s of warm-up; at most {} connections, {} under way, {} s each",
                load.rate,
                load.pattern,
                load.seed,
                load.seconds,
                load.warm_up_seconds,
                load.connections,
                load.in_flight,
                load.timeout_seconds
            ),
        ),
        (
            "requests",
            format!(
                "{} due, {} answered ({:.1}/s, {:.0} bytes each), {} failed ({:.2} %; {} % may)",
                figures.requests,
                figures.answered,
                figures.answered_per_second,
                figures.answer_bytes,
                figures.failed,
                figures.failed_percent,
                figures.thresholds.errors_percent
            ),
        ),
        (
            "latency, ms",
            format!(
                "{} (p95: {} may)",
                quantiles(&figures.latency_ms),
                figures.thresholds.p95_ms
            ),
        ),
        (
            "generator late, ms",
            format!(
                "p50 {:.2}, p99 {:.2}, max {:.1} (p99: {:.1} may); it used {:.2} cores",
                figures.generator.late_p50_ms,
                figures.generator.late_p99_ms,
                figures.generator.late_max_ms,
                figures.generator.late_allowed_ms,
                figures.generator.cores
            ),
        ),
    ];
    if figures.refused > 0 {
        let refused = format!("{} (429), counted apart", figures.refused);
        rows.push(("refused by limits", refused));
    }
    if let Some(server) = &figures.server {
        rows.push((
            "server",
            format!(
                "{:.2} ms of CPU per request, {:.2} cores, at most {:.0} MB",
                server.cpu_ms_per_request, server.cores, server.megabytes_at_most
            ),
        ));
    }
    if let Some(soak) = &figures.soak {
        rows.push(("over time", soak.sentence()));
    }
    rows
}

fn quantiles(latency: &Quantiles) -> String {
    format!(
        "p50 {:.1}, p90 {:.1}, p95 {:.1}, p99 {:.1}, p99.9 {:.1}, max {:.1}",
        latency.p50, latency.p90, latency.p95, latency.p99, latency.p999, latency.max
    )
}

fn by_request(text: &mut String, figures: &Figures) {
    let _ = writeln!(
        text,
        "\n{:<34} {:>9} {:>7} {:>8} {:>9} {:>9} {:>9}",
        "request", "answered", "failed", "429", "p50 ms", "p95 ms", "p99 ms"
    );
    for request in &figures.by_request {
        let latency = &request.latency_ms;
        let _ = writeln!(
            text,
            "{:<34} {:>9} {:>7} {:>8} {:>9.1} {:>9.1} {:>9.1}",
            request.name,
            request.answered,
            request.failed,
            request.refused,
            latency.p50,
            latency.p95,
            latency.p99
        );
    }
}

fn failures(text: &mut String, figures: &Figures) {
    if figures.failures.is_empty() {
        return;
    }
    text.push_str("\nFailures\n");
    for failure in figures.failures.iter().take(MOST_FAILURES) {
        let _ = writeln!(
            text,
            "{:>9}  {}: {}, first after {:.1} s",
            failure.count, failure.request, failure.what, failure.first_second
        );
    }
    let others = figures.failures.len().saturating_sub(MOST_FAILURES);
    if others > 0 {
        let _ = writeln!(text, "           and {others} kinds more");
    }
}

pub(super) fn step_header() -> String {
    format!(
        "{:>10} {:>12} {:>9} {:>9} {:>9} {:>9}  verdict\n",
        "requests/s", "answered/s", "p50 ms", "p95 ms", "p99 ms", "failed %"
    )
}

pub(super) fn shown_step(step: &Step) -> String {
    let reason = step.reason.as_deref().unwrap_or_default();
    let line = format!(
        "{:>10} {:>12.1} {:>9.1} {:>9.1} {:>9.1} {:>9.2}  {} {}",
        step.rate,
        step.answered_per_second,
        step.p50_ms,
        step.p95_ms,
        step.p99_ms,
        step.failed_percent,
        step.verdict.word(),
        crate::reporting::cut(reason, 100),
    );
    format!("{}\n", line.trim_end())
}
