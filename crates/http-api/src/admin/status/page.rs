//! The page's text.

use std::fmt::Write as _;
use std::time::Duration;

use domain::circuit_breaker::BreakerState;
use telemetry::Stretch;

use super::chart::{self, number, share};
use super::facts::{Facts, Model};

/// Seconds between two loads: a browser that shows it on a wall keeps up.
const REFRESH: u32 = 10;

const STYLE: &str = "
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 1.6rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.quiet { opacity: .7; } svg { width: 100%; border-bottom: 1px solid var(--line); }
rect.answered { fill: #4493f8; } rect.failed { fill: var(--bad); }
";

pub(super) fn rendered(facts: &Facts) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"{REFRESH}\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{} · Scholarship API</title><style>{STYLE}</style></head><body>\n",
        if is_well(facts) { "OK" } else { "LOOK" }
    );
    head(&mut page, facts);
    requests(&mut page, facts);
    dependencies(&mut page, facts);
    index(&mut page, facts);
    model(&mut page, facts.model.as_ref());
    agents(&mut page, facts);
    page.push_str("</body></html>\n");
    page
}

fn is_well(facts: &Facts) -> bool {
    facts.is_ready
        && facts.checks.iter().all(|check| check.problem.is_none())
        && facts.is_center_up != Some(false)
        && (facts.model.as_ref()).is_none_or(|model| model.breaker == BreakerState::Closed)
}

fn head(page: &mut String, facts: &Facts) {
    let (class, word) = match (facts.is_ready, is_well(facts)) {
        (true, true) => ("good", "All is well"),
        (true, false) => ("bad", "It works, but not all is well"),
        (false, _) => ("bad", "Not ready"),
    };
    let up_for = facts.up_for.map_or_else(
        || "Metrics are off: no uptime, no requests.".to_owned(),
        |up_for| format!("Up for {}.", span(up_for)),
    );
    let _ = write!(
        page,
        "<h1>Scholarship API {}</h1>\n<p><span class=\"{class}\" id=\"verdict\">{word}</span>. {up_for}</p>\n",
        escaped(&facts.version)
    );
}

fn requests(page: &mut String, facts: &Facts) {
    let (Some(five_minutes), Some(hour)) = (&facts.five_minutes, &facts.hour) else {
        return;
    };
    page.push_str(
        "<h2>Requests</h2>\n<table><tr><th></th><th class=\"number\">5 minutes</th><th class=\"number\">1 hour</th><th>objective</th></tr>\n",
    );
    let mut row = |name: &str, cells: [String; 2], objective: &str| {
        let [first, second] = cells;
        let _ = writeln!(
            page,
            "<tr><td>{name}</td><td class=\"number\">{first}</td><td class=\"number\">{second}</td><td>{objective}</td></tr>"
        );
    };
    let both = |text: fn(&Stretch) -> String| [text(five_minutes), text(hour)];
    row("requests", both(|of| of.requests.to_string()), "");
    row(
        "requests a second",
        both(|of| {
            let rate = share(number(of.requests), of.lasted.as_secs_f64());
            format!("{rate:.1}")
        }),
        "",
    );
    row(
        "answered without a failure of ours",
        both(|of| percent(of, of.requests.saturating_sub(of.failed))),
        "99.9 % over 30 days",
    );
    row(
        "failures of ours (5xx)",
        both(|of| format!("{} ({})", of.failed, percent(of, of.failed))),
        "at most 0.5 %",
    );
    row(
        "answered within 200 ms",
        both(|of| percent(of, of.requests.saturating_sub(of.slow))),
        "at least 95 %, AI, imports and exports aside",
    );
    page.push_str("</table>\n");
    page.push_str(&chart::rendered(&facts.stretches));
}

/// Of nothing there is no share.
fn percent(of: &Stretch, part: u64) -> String {
    if of.requests == 0 {
        return "–".to_owned();
    }
    format!("{:.2} %", 100.0 * share(number(part), number(of.requests)))
}

fn dependencies(page: &mut String, facts: &Facts) {
    page.push_str("<h2>Dependencies</h2>\n<table>\n");
    for check in &facts.checks {
        let (class, word) = match &check.problem {
            None => ("good", "up".to_owned()),
            Some(problem) => ("bad", format!("down: {}", escaped(problem))),
        };
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td class=\"{class}\">{word}</td></tr>",
            escaped(check.name)
        );
    }
    if let Some(is_up) = facts.is_center_up {
        let (class, word) = if is_up {
            ("good", "up")
        } else {
            ("bad", "down")
        };
        let _ = writeln!(
            page,
            "<tr><td>Command Center</td><td class=\"{class}\">{word}</td></tr>"
        );
    }
    page.push_str("</table>\n");
}

fn index(page: &mut String, facts: &Facts) {
    let lag = if facts.lag.is_zero() {
        "in step with the store".to_owned()
    } else {
        format!("last in step with the store {} ago", span(facts.lag))
    };
    let _ = writeln!(
        page,
        "<h2>Search index</h2>\n<p>{} scholarships in {} segments, {lag}.</p>",
        facts.scholarships, facts.segments
    );
}

fn model(page: &mut String, model: Option<&Model>) {
    page.push_str("<h2>Language model</h2>\n");
    let Some(model) = model else {
        page.push_str("<p>None is configured: rules of our own answer.</p>\n");
        return;
    };
    let breaker = match model.breaker {
        BreakerState::Closed => "closed: it is asked",
        BreakerState::Open => "open: it is left alone",
        BreakerState::HalfOpen => "half open: one question tries it",
    };
    let spent = model.spent.map_or_else(
        || "nobody can say what is spent".to_owned(),
        |spent| {
            let percent = 100.0 * share(spent, model.limit);
            format!("{spent:.2} USD spent, {percent:.0} %")
        },
    );
    let _ = writeln!(
        page,
        "<table><tr><td>model</td><td>{}</td></tr>\n<tr><td>circuit breaker</td><td>{breaker}</td></tr>\n\
         <tr><td>today's budget</td><td>{:.2} USD: {spent}</td></tr></table>",
        escaped(&model.name),
        model.limit
    );
}

fn agents(page: &mut String, facts: &Facts) {
    let _ = writeln!(
        page,
        "<h2>Agents</h2>\n<p>{} of {} workers are at work.</p>\n\
         <p class=\"quiet\">This is what this process saw itself. Numbers for machines are at /metrics.</p>",
        facts.busy, facts.workers
    );
}

fn span(of: Duration) -> String {
    match of.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// What others wrote stays text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
