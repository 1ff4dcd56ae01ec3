//! A review as a page without scripts, with plots.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::figures::Review;
use super::report;
use crate::reporting::xml;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 120.0;

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
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Review until {to}</title><style>{STYLE}</style></head>\
         <body><h1>Review: {from} to {to}</h1><table><tr><th></th><th>value</th><th>of</th><th>goal</th><th></th></tr>",
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
        text.push_str(&plot(trend, (review.from, review.to)));
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
.budget{font-size:1.2em}svg{width:100%;height:auto;background:#fbfbfa}polyline{fill:none;stroke:#1f5fa8;stroke-width:2}\
text{font:12px system-ui,sans-serif;fill:#444}";

/// From 0 to the highest value. Where nothing is known for a while, the line is straight.
fn plot(trend: &Trend, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> String {
    let highest = trend.points.iter().map(|(_, value)| *value);
    let top = highest.fold(0.0, f64::max);
    let mut text = format!(
        "<h2>{}</h2><svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\"><text x=\"4\" y=\"14\">{top:.3} {}</text>\
         <text x=\"4\" y=\"{bottom}\">{}</text><text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\">{}</text>",
        xml(trend.title),
        HEIGHT + 18.0,
        xml(trend.title),
        xml(trend.unit),
        from.format("%m-%d %H:%M"),
        WIDTH - 4.0,
        to.format("%m-%d %H:%M"),
        bottom = HEIGHT + 14.0,
    );
    if trend.points.is_empty() {
        let _ = write!(
            text,
            "<text x=\"{}\" y=\"{}\">nothing measured</text></svg>",
            WIDTH / 2.0,
            HEIGHT / 2.0
        );
        return text;
    }
    text.push_str("<polyline points=\"");
    let all = seconds(from, to).max(1.0);
    for (at, value) in &trend.points {
        let x = (seconds(from, *at) / all).clamp(0.0, 1.0) * WIDTH;
        let y = HEIGHT - value / top.max(1e-9) * (HEIGHT - 20.0);
        let _ = write!(text, "{x:.1},{y:.1} ");
    }
    text.push_str("\"/></svg>");
    text
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    let seconds = i32::try_from((to - from).num_seconds());
    f64::from(seconds.unwrap_or(i32::MAX))
}
