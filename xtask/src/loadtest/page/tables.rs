//! The tables of a report.

use std::fmt::Write as _;

use super::super::figures::Figures;
use super::super::pods;
use crate::reporting::xml;

pub(super) fn by_request(figures: &Figures) -> String {
    let mut text = String::from(
        "<h2>By request</h2><table><tr><th>request</th><th>answered</th><th>failed</th><th>429</th><th>p50 ms</th><th>p95 ms</th>\
         <th>p99 ms</th><th>max ms</th></tr>",
    );
    for request in &figures.by_request {
        let latency = &request.latency_ms;
        let class = if request.failed > 0 {
            " class=\"bad\""
        } else {
            ""
        };
        let _ = write!(
            text,
            "<tr><td>{}</td><td>{}</td><td{class}>{}</td><td>{}</td><td>{:.1}</td><td>{:.1}</td><td>{:.1}</td><td>{:.1}</td></tr>",
            xml(&request.name),
            request.answered,
            request.failed,
            request.refused,
            latency.p50,
            latency.p95,
            latency.p99,
            latency.max
        );
    }
    text.push_str("</table>");
    text
}

pub(super) fn failures(figures: &Figures) -> String {
    if figures.failures.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<h2>What failed</h2><table class=\"texts\"><tr><th>request</th><th>what</th><th>how often</th><th>first after</th></tr>",
    );
    for failure in &figures.failures {
        let _ = write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1} s</td></tr>",
            xml(&failure.request),
            xml(&failure.what),
            failure.count,
            failure.first_second
        );
    }
    text.push_str("</table>");
    text
}

pub(super) fn minutes(figures: &Figures) -> String {
    let Some(soak) = &figures.soak else {
        return String::new();
    };
    let mut text = format!(
        "<h2>Minute by minute</h2><p>{}</p><table><tr><th>minute</th><th>answered</th><th>failed</th><th>p50 ms</th><th>p95 ms</th>\
         <th>p99 ms</th><th>memory</th></tr>",
        xml(&soak.sentence())
    );
    for minute in &soak.minutes {
        let megabytes = minute.megabytes;
        let _ = write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.1}</td><td>{:.1}</td><td>{:.1}</td><td>{}</td></tr>",
            minute.minute,
            minute.answered,
            minute.failed,
            minute.p50_ms,
            minute.p95_ms,
            minute.p99_ms,
            megabytes.map_or("-".to_owned(), |megabytes| format!("{megabytes:.0} MB"))
        );
    }
    text.push_str("</table>");
    text
}

pub(super) fn of_pods(figures: &Figures) -> String {
    if figures.pods.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "<h2>Pods that a rate needs</h2><p class=\"caption\">{}</p><table><tr><th>requests/s</th><th>wanted for requests</th>\
         <th>wanted for CPU</th><th>there are then</th><th>requests/s each</th><th>cores each</th><th>enough</th></tr>",
        xml(pods::ASSUMPTIONS)
    );
    for pods in &figures.pods {
        let enough = if pods.is_enough {
            "<td>yes</td>"
        } else {
            "<td class=\"bad\">no</td>"
        };
        let _ = write!(
            text,
            "<tr><td>{:.0}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.0}</td><td>{:.2}</td>{enough}</tr>",
            pods.rate,
            pods.by_requests,
            pods.by_cpu,
            pods.pods,
            pods.requests_per_pod,
            pods.cores_per_pod
        );
    }
    text.push_str("</table>");
    text
}
