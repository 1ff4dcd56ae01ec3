//! A review as a page without scripts, with plots.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::figures::Review;
use super::report;
use crate::plot::{self, Across, Plot, Series};
use crate::reporting::xml;

/// How something went over the whole stretch.
pub(super) struct Trend {
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    /// In the order of their moments.
    pub(super) points: Vec<(DateTime<Utc>, f64)>,
}

pub(super) fn page(review: &Review, trends: &[Trend]) -> String {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d");
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Review until {to}</title><style>{STYLE}{plots}</style></head>\
         <body><h1>Review: {from} to {to}</h1><table><tr><th></th><th>value</th><th>of</th><th>goal</th><th></th></tr>",
        plots = plot::STYLE,
        from = day(review.from),
        to = day(review.to),
    );
    for measure in &review.measures {
        let mark = report::mark(measure);
        let class = match measure.is_met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "none",
        };
        let _ = write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"{class}\">{mark}</td></tr>",
            xml(measure.name),
            report::value(measure),
            measure.n,
            xml(&report::goal(measure)),
        );
    }
    let _ = write!(
        text,
        "</table><p class=\"budget\">{}</p>",
        xml(&report::budget(review))
    );
    for trend in trends {
        text.push_str(&plot(trend, review.from));
    }
    text.push_str("<h2>Capacity: the most of</h2><ul>");
    for peak in &review.capacity {
        let _ = write!(
            text,
            "<li>{}: {}</li>",
            xml(peak.name),
            report::of_peak(peak)
        );
    }
    text.push_str("</ul><h2>Alerts that fired</h2><ul>");
    for incident in &review.incidents {
        let _ = write!(text, "<li>{}</li>", xml(&report::of_incident(incident)));
    }
    text.push_str(if review.incidents.is_empty() {
        "<li>none</li></ul>"
    } else {
        "</ul>"
    });
    if !review.monthly.is_empty() {
        text.push_str("<h2>Each month</h2><ul>");
        for duty in &review.monthly {
            let class = if duty.is_overdue { "missed" } else { "met" };
            let _ = write!(
                text,
                "<li>{}: <span class=\"{class}\">{}</span></li>",
                xml(duty.name),
                xml(&report::done(duty))
            );
        }
        text.push_str("</ul>");
    }
    text.push_str("</body></html>\n");
    text
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:960px;padding:0 1em;color:#222;background:#fff}\
table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.3em .6em;border-bottom:1px solid #ddd}\
td:first-child{text-align:left}.met{color:#2d7d46}.missed{color:#b3261e;font-weight:700}.none{color:#777}\
.budget{font-size:1.2em}.trend{stroke:#1f5fa8}.legend .trend i{background:#1f5fa8}";

/// Of those that nothing is known of, the title only.
fn plot(trend: &Trend, from: DateTime<Utc>) -> String {
    let seconds = |at: DateTime<Utc>| {
        let seconds = i32::try_from((at - from).num_seconds());
        f64::from(seconds.unwrap_or(i32::MAX))
    };
    if trend.points.is_empty() {
        return format!("<h2>{}</h2><p>nothing measured</p>", xml(trend.title));
    }
    let points = trend
        .points
        .iter()
        .map(|(at, value)| (seconds(*at), *value));
    let plot = Plot {
        title: trend.title,
        caption: "",
        unit: trend.unit,
        across: Across::Seconds,
        series: vec![Series {
            name: trend.title,
            class: "trend",
            points: points.collect(),
        }],
        allowed: None,
    };
    plot.svg()
}
