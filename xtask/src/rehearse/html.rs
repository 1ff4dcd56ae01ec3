//! The report of a rehearsal: one page without scripts, with plots on one time axis.

use std::fmt::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use rollout::Outcome;
use rollout::history;

use super::course::{Course, Row};
use super::figures::Figures;
use crate::reporting::xml;
use crate::rig::load::{Second, Seen};
use crate::rollout::telling;
use crate::rollout_check::report;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 140.0;

/// # Errors
///
/// When the history cannot be read.
pub(super) fn page(
    figures: &Figures,
    course: &Course,
    users: Option<&Seen>,
    history_text: &str,
) -> anyhow::Result<String> {
    let axis = Axis::of(course, users);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Rehearsal: {fault}</title><style>{STYLE}</style></head>\
         <body><h1>Rehearsal of a release: {fault}</h1><p class=\"verdict {class}\">{verdict}</p><pre>{table}</pre>",
        fault = xml(&figures.fault),
        class = figures.verdict.to_lowercase(),
        verdict = figures.verdict,
        table = lines(&figures.table()),
    );
    let rows = &course.rows;
    text.push_str(&verdicts(&axis, rows));
    let weights = Curve::steps(
        "weight",
        rows.iter()
            .map(|row| (row.at, f64::from(row.canary_percent))),
    );
    text.push_str(&plot(
        &axis,
        "Traffic of the new version, %",
        100.0,
        &[weights],
    ));
    if let Some(users) = users {
        text.push_str(&of_users(&axis, users));
    }
    let share = |part: fn(&Row) -> Option<u64>| {
        move |row: &Row| {
            let (part, all) = (part(row)?, row.requests?);
            (all > 0).then(|| (row.at, per_cent(part, all)))
        }
    };
    let errors = Curve::line("errors", rows.iter().filter_map(share(|row| row.errors)));
    let slow = Curve::line("slow", rows.iter().filter_map(share(|row| row.slow)));
    let memory = rows
        .iter()
        .filter_map(|row| Some((row.at, row.memory? * 100.0)));
    let memory = Curve::line("memory", memory);
    text.push_str(&plot(
        &axis,
        "The new version since its stage began, %: answers with 5xx (red), slower than 220 ms (orange), peak memory of its limit (blue)",
        0.0,
        &[errors, slow, memory],
    ));
    text.push_str("<h2>History</h2><pre>");
    let records = history::read(history_text)
        .context("the history cannot be read")?
        .records;
    for record in &records {
        let _ = writeln!(text, "{}", xml(&telling::record(record)));
    }
    text.push_str("</pre><h2>Verdicts</h2><pre>");
    for row in rows {
        let (time, verdict) = (
            row.at.format("%H:%M:%S"),
            row.verdict.map_or("", report::word),
        );
        let reason = row.reason.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{time} {:<32} {verdict:<9} {}",
            xml(&row.phase),
            xml(reason)
        );
    }
    text.push_str("</pre></body></html>\n");
    Ok(text)
}

/// Escaped, with its ends of lines.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(xml).collect();
    lines.join("\n")
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:960px;padding:0 1em;color:#222;background:#fff}\
pre{overflow-x:auto;background:#f6f6f4;padding:1em}svg{width:100%;height:auto;background:#fbfbfa}\
.verdict{font-size:1.6em;font-weight:700;display:inline-block;padding:.1em .6em;color:#fff;border-radius:.3em}\
.promote{background:#2d7d46;fill:#2d7d46}.hold{background:#b07d12;fill:#b07d12}.rollback{background:#b3261e;fill:#b3261e}\
.broken{background:#555;fill:#555}polyline{fill:none;stroke-width:2}.weight{stroke:#1f5fa8}.requests{stroke:#7a8a99}\
.failed,.errors{stroke:#b3261e}.slow{stroke:#d17a00}.memory{stroke:#1f5fa8}text{font:12px system-ui,sans-serif;fill:#444}";

/// Seconds from the first thing that is shown to the last.
struct Axis {
    begin: DateTime<Utc>,
    seconds: f64,
}

impl Axis {
    fn of(course: &Course, users: Option<&Seen>) -> Self {
        let first = course
            .rows
            .first()
            .map_or_else(DateTime::default, |row| row.at);
        let last = course.rows.last().map_or(first, |row| row.at);
        let begin = users.map_or(first, |users| users.begun_at.min(first));
        Self {
            begin,
            seconds: seconds(begin, last).max(1.0),
        }
    }

    fn x(&self, at: DateTime<Utc>) -> f64 {
        self.x_of(seconds(self.begin, at))
    }

    fn x_of(&self, seconds: f64) -> f64 {
        (seconds / self.seconds).clamp(0.0, 1.0) * WIDTH
    }
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    let milliseconds = i32::try_from((to - from).num_milliseconds());
    f64::from(milliseconds.unwrap_or(i32::MAX)) / 1e3
}

struct Curve {
    class: &'static str,
    points: Vec<(DateTime<Utc>, f64)>,
}

impl Curve {
    fn line(class: &'static str, points: impl Iterator<Item = (DateTime<Utc>, f64)>) -> Self {
        Self {
            class,
            points: points.collect(),
        }
    }

    /// A value holds until the next one.
    fn steps(class: &'static str, points: impl Iterator<Item = (DateTime<Utc>, f64)>) -> Self {
        let mut stepped: Vec<(DateTime<Utc>, f64)> = Vec::new();
        for (at, value) in points {
            if let Some((_, before)) = stepped.last().copied() {
                stepped.push((at, before));
            }
            stepped.push((at, value));
        }
        Self {
            class,
            points: stepped,
        }
    }
}

/// Curves from 0 to the highest value, or to `top` when that is higher.
fn plot(axis: &Axis, title: &str, top: f64, curves: &[Curve]) -> String {
    let values = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .map(|(_, value)| *value);
    let top = values.fold(top, f64::max).max(1e-9);
    let mut text = frame(title, &number(top), axis);
    for curve in curves.iter().filter(|curve| !curve.points.is_empty()) {
        let _ = write!(text, "<polyline class=\"{}\" points=\"", curve.class);
        for (at, value) in &curve.points {
            let y = HEIGHT - value / top * (HEIGHT - 20.0);
            let _ = write!(text, "{:.1},{y:.1} ", axis.x(*at));
        }
        text.push_str("\"/>");
    }
    text.push_str("</svg>");
    text
}

/// As few digits as tell it.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// What users saw second by second: as many as asked, and as many as failed.
fn of_users(axis: &Axis, users: &Seen) -> String {
    let begin = users.begun_at;
    // The last second is not over.
    let whole = users.seconds.len().saturating_sub(1);
    let points = |part: fn(&Second) -> u64| {
        users
            .seconds
            .iter()
            .take(whole)
            .zip(0_i64..)
            .map(move |(second, number)| {
                let count = u32::try_from(part(second)).unwrap_or(u32::MAX);
                (begin + chrono::TimeDelta::seconds(number), f64::from(count))
            })
    };
    let asked = Curve::line("requests", points(|second| second.requests));
    let failed = Curve::line("failed", points(|second| second.failed));
    plot(
        axis,
        "Requests of users in each second (grey), and those that failed (red)",
        0.0,
        &[asked, failed],
    )
}

/// A strip with the colour of each verdict.
fn verdicts(axis: &Axis, rows: &[Row]) -> String {
    let mut text =
        String::from("<h2>Verdicts over time</h2><svg viewBox=\"0 0 900 24\" role=\"img\">");
    for (index, row) in rows.iter().enumerate() {
        let Some(verdict) = row.verdict else { continue };
        let begin = axis.x(row.at);
        let end = rows.get(index + 1).map_or(WIDTH, |next| axis.x(next.at));
        let _ = write!(
            text,
            "<rect class=\"{}\" x=\"{begin:.1}\" width=\"{:.1}\" height=\"24\"><title>{}</title></rect>",
            class(verdict),
            (end - begin).max(1.0),
            xml(row.reason.as_deref().unwrap_or(&row.phase)),
        );
    }
    text.push_str("</svg>");
    text
}

fn class(outcome: Outcome) -> String {
    report::word(outcome).to_lowercase()
}

fn frame(title: &str, top: &str, axis: &Axis) -> String {
    format!(
        "<h2>{}</h2><svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\"><text x=\"4\" y=\"14\">{top}</text>\
         <text x=\"4\" y=\"{}\">0 s</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.0} s</text>",
        xml(title),
        HEIGHT + 18.0,
        HEIGHT + 14.0,
        WIDTH - 4.0,
        HEIGHT + 14.0,
        axis.seconds
    )
}

#[expect(clippy::cast_precision_loss, reason = "counts of minutes")]
fn per_cent(part: u64, all: u64) -> f64 {
    part as f64 / all as f64 * 100.0
}
