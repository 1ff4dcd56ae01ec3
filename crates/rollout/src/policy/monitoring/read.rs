//! From the text to the parts that monitoring needs.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Alert, Condition, Monitoring, Own, Severity,
    kinds::{Above, Keys, keys_of},
};
use crate::policy::{problem::Problem, section::Section};

pub(in crate::policy) fn monitoring(
    root: &mut Section,
    problems: &mut Vec<Problem>,
) -> Option<Monitoring> {
    let mut section = root.section("monitoring", problems);
    let alerts = alerts(root.section("alerts", problems), problems);
    let job = section.text("job", problems);
    let runbooks = url(&mut section, "runbooks", problems);
    let dashboards = url(&mut section, "dashboards", problems);
    let heartbeat = url(&mut section, "heartbeat", problems);
    let scrape_every = section.span("scrape_every", problems);
    let evaluate_every = section.span("evaluate_every", problems);
    let long_window = section.span("long_window", problems);
    let evaluate_long_windows_every = section.span("evaluate_long_windows_every", problems);
    let windows = section.spans("windows", problems);
    let autoscaling_window = section.span("autoscaling_window", problems);
    let probe_routes = section.routes("probe_routes", problems);
    let slow_routes = section.routes("slow_routes", problems);
    let searches = section.operations("searches", problems);
    let recommendations = section.operations("recommendations", problems);
    section.finish(problems);
    Some(Monitoring {
        job: job?,
        runbooks: runbooks?,
        dashboards: dashboards?,
        heartbeat: heartbeat?,
        scrape_every: scrape_every?,
        evaluate_every: evaluate_every?,
        long_window: long_window?,
        evaluate_long_windows_every: evaluate_long_windows_every?,
        windows: windows?,
        autoscaling_window: autoscaling_window?,
        probe_routes: probe_routes?,
        slow_routes: slow_routes?,
        searches: searches?,
        recommendations: recommendations?,
        alerts,
    })
}

fn url(section: &mut Section, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let text = section.text(key, problems)?;
    let is_url = ["https://", "http://"].into_iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    if !is_url || text.ends_with('/') || text.contains(char::is_whitespace) {
        let reason = "must be a URL without a slash at its end";
        problems.push(Problem::invalid(section.key(key), reason));
        return None;
    }
    Some(text)
}

fn alerts(section: Section, problems: &mut Vec<Problem>) -> BTreeMap<String, Alert> {
    let mut alerts = BTreeMap::new();
    for (name, mut section) in section.into_sections(problems) {
        let alert = alert(&name, &mut section, problems);
        if let Some(alert) = alert {
            alerts.insert(name, alert);
            section.finish(problems);
        }
    }
    alerts
}

fn alert(name: &str, section: &mut Section, problems: &mut Vec<Problem>) -> Option<Alert> {
    let severity = severity(section, problems);
    let condition = if section.has("trigger") {
        of_trigger(section, problems)
    } else if section.has("criterion") {
        of_criterion(section, problems)
    } else if section.has("burn_rate") {
        of_burn_rate(section, problems)
    } else if let Some(keys) = keys_of(name) {
        own(section, keys, problems).map(Condition::Own)
    } else {
        let reason = "is no known alert, and names no trigger, criterion or burn rate";
        problems.push(Problem::invalid(
            section.key("").trim_end_matches('.'),
            reason,
        ));
        None
    };
    Some(Alert {
        severity: severity?,
        condition: condition?,
    })
}

fn severity(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Severity> {
    match section.text("severity", problems)?.as_str() {
        "critical" => Some(Severity::Critical),
        "warning" => Some(Severity::Warning),
        "none" => Some(Severity::None),
        _ => {
            let reason = "must be `critical`, `warning` or `none`";
            problems.push(Problem::invalid(section.key("severity"), reason));
            None
        }
    }
}

fn of_trigger(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Condition> {
    let name = section.text("trigger", problems);
    let window = section
        .has("window")
        .then(|| section.span("window", problems));
    Some(Condition::Trigger {
        name: name?,
        window: window.flatten(),
    })
}

fn of_criterion(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Condition> {
    let name = section.text("criterion", problems);
    let window = section.span("window", problems);
    // Without it, at once.
    let pending = if section.has("for") {
        section.span("for", problems)
    } else {
        Some(Duration::ZERO)
    };
    Some(Condition::Criterion {
        name: name?,
        window: window?,
        pending: pending?,
    })
}

fn of_burn_rate(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Condition> {
    let times = section.number("burn_rate", problems);
    let minimum_sample = section.count("minimum_sample", problems);
    let minimum_bad = section.count("minimum_bad", problems);
    Some(Condition::BurnRate {
        times: times?,
        minimum_sample: minimum_sample?,
        minimum_bad: minimum_bad?,
    })
}

fn own(section: &mut Section, keys: Keys, problems: &mut Vec<Problem>) -> Option<Own> {
    let above = match keys.above {
        Above::None => Some(0.0),
        Above::Part => section.part("above", problems),
        Above::Number => section.number("above", problems),
    };
    let mut span = |key: &str, is_asked: bool| {
        if is_asked {
            section.span(key, problems)
        } else {
            Some(Duration::ZERO)
        }
    };
    let window = span("window", keys.window);
    let pending = span("for", keys.pending);
    let age = span("age", keys.age);
    let minimum_sample = if keys.minimum_sample {
        section.count("minimum_sample", problems)
    } else {
        Some(0)
    };
    Some(Own {
        above: above?,
        window: window?,
        pending: pending?,
        minimum_sample: minimum_sample?,
        age: age?,
    })
}
