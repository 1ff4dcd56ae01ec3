//! A service whose every count is known: what each of its processes would say at any moment.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Milliseconds; the rest of the histogram is above.
pub(crate) const EDGES: [u32; 14] = [
    5, 10, 25, 50, 100, 150, 200, 220, 250, 300, 500, 1_000, 2_500, 5_000,
];

/// Times are seconds since 1970.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) version: &'static str,
    pub(crate) instance: &'static str,
    pub(crate) start: i64,
    pub(crate) end: Option<i64>,
    pub(crate) has_redis: bool,
    pub(crate) has_model: bool,
    /// Says 0 of what has not happened yet. Without it a series begins with its first request. A block of the past has nothing that
    /// says when a series ended, so a process that follows another at once must go on with all of its series.
    pub(crate) says_zero: bool,
}

impl Process {
    pub(crate) fn new(version: &'static str, instance: &'static str, start: i64) -> Self {
        Self {
            version,
            instance,
            start,
            end: None,
            has_redis: true,
            has_model: true,
            says_zero: false,
        }
    }

    pub(crate) fn until(mut self, end: i64) -> Self {
        self.end = Some(end);
        self
    }

    /// At the place of another that has just ended.
    pub(crate) fn following(mut self) -> Self {
        self.says_zero = true;
        self
    }

    /// Its scrapes in this time; each instance has its own moment between two steps.
    pub(crate) fn scrapes(&self, from: i64, until: i64, step: i64) -> impl Iterator<Item = i64> {
        let offset = i64::from(self.instance.bytes().fold(0_u8, u8::wrapping_add)) % step;
        let first = from.max(self.start + 1);
        let first = first + (offset - first).rem_euclid(step);
        let last = until.min(self.end.map_or(until, |end| end - 1));
        (first..=last).step_by(usize::try_from(step).expect("it is positive"))
    }

    /// Name with labels, and value.
    pub(crate) fn metrics(&self, at: i64) -> BTreeMap<String, f64> {
        let age = at - self.start;
        let mut metrics = BTreeMap::new();
        let mut add = |name: &str, value: f64| {
            metrics.insert(name.to_owned(), value);
        };
        for (route, requests) in routes(age) {
            let mut all = 0;
            for (status, count) in requests {
                if count > 0 || self.says_zero {
                    let labels = format!("method=\"GET\",route=\"{route}\",status=\"{status}\"");
                    add(&format!("http_requests_total{{{labels}"), count as f64);
                }
                all += count;
            }
            if all > 0 || self.says_zero {
                let labels = format!("method=\"GET\",route=\"{route}\"");
                for edge in EDGES {
                    let le = f64::from(edge) / 1_000.0;
                    let name =
                        format!("http_request_duration_seconds_bucket{{{labels},le=\"{le:?}\"");
                    add(&name, within(route, edge, all) as f64);
                }
                let name = format!("http_request_duration_seconds_bucket{{{labels},le=\"+Inf\"");
                add(&name, all as f64);
            }
        }
        let model = f64::from(u8::from(self.has_model));
        add("openai_configured{", model);
        add("openai_requests_total{", (age / 4) as f64 * model);
        add("openai_requests_failed_total{", (age / 40) as f64 * model);
        add(
            "ai_answers_total{source=\"model\"",
            (age / 5) as f64 * model,
        );
        add(
            "ai_answers_total{source=\"cache\"",
            (age / 10) as f64 * model,
        );
        add("ai_answers_total{source=\"fallback\"", (age / 20) as f64);
        for (outcome, every) in [
            ("succeeded", 3),
            ("failed", 300),
            ("dead", 500),
            ("retry", 7),
        ] {
            add(
                &format!("agent_tasks_total{{outcome=\"{outcome}\""),
                (age / every) as f64,
            );
        }
        if self.has_redis {
            add("redis_up{", 1.0);
            add("redis_lookups_total{", (age * 2) as f64);
            add("redis_hits_total{", (age * 2 - age / 10) as f64);
        }
        add(
            "security_policy_violations_total{kind=\"route_without_policy\"",
            (age / 1_000) as f64,
        );
        add("postgres_connections_active{", (age % 17) as f64);
        add("postgres_connections_max{", 20.0);
        add(
            "process_resident_memory_bytes{",
            100e6 + (age % 3_600) as f64 * 1e4,
        );
        add("process_memory_limit_bytes{", 500e6);
        add("process_start_time_seconds{", self.start as f64 + 0.25);
        metrics
    }

    /// A line of the exposition, with the labels of this process.
    pub(crate) fn line(&self, name: &str, value: f64, with_targets_labels: bool) -> String {
        let comma = if name.ends_with('{') { "" } else { "," };
        let mut line = format!("{name}{comma}version=\"{}\"", self.version);
        if with_targets_labels {
            let _ = write!(
                line,
                ",job=\"scholarship-api\",instance=\"{}\"",
                self.instance
            );
        }
        let _ = write!(line, "}} {value}");
        line
    }
}

type Requests = [(u16, i64); 2];

pub(crate) const SEARCH: &str = "/api/v1/search";
pub(crate) const RECOMMENDATIONS: &str = "/api/v1/recommendations";
pub(crate) const SLOW: &str = "/ai/enhance-search";
pub(crate) const PROBE: &str = "/readyz";

fn routes(age: i64) -> [(&'static str, Requests); 5] {
    [
        (SEARCH, [(200, age * 2 / 5), (500, age / 50)]),
        (RECOMMENDATIONS, [(200, age / 5), (503, age / 1_000)]),
        (
            "/api/v1/scholarships/{id}",
            [(200, age * 3 / 10), (404, age / 9)],
        ),
        (SLOW, [(200, age / 20), (500, 0)]),
        // A probe that is never ready is nobody's request.
        (PROBE, [(503, age / 2), (200, 0)]),
    ]
}

/// Of so many requests to a route, those within an edge: every second one is slower than the second edge, every fourth than the
/// third, and so on.
pub(crate) fn within(route: &str, edge: u32, all: i64) -> i64 {
    if route == SLOW {
        return 0;
    }
    let place = EDGES.iter().position(|known| *known == edge);
    all - (all >> place.expect("it is an edge"))
}

/// What the counters that `is_meant` picks grew by between two moments, in all processes of a version: what the snapshot must hold.
pub(crate) fn grown(
    processes: &[Process],
    version: &str,
    (from, until): (i64, i64),
    scrapes: (i64, i64, i64),
    is_meant: impl Fn(&str) -> bool,
) -> u64 {
    let value = |process: &Process, at: i64| -> f64 {
        let metrics = process.metrics(at);
        metrics
            .iter()
            .filter(|(name, _)| is_meant(name))
            .map(|(_, value)| value)
            .sum()
    };
    let mut sum = 0.0;
    for process in processes
        .iter()
        .filter(|process| process.version == version)
    {
        let (first, last, step) = scrapes;
        let at_most = |limit: i64| {
            process
                .scrapes(first, last, step)
                .filter(|at| *at <= limit)
                .last()
        };
        let Some(end) = at_most(until) else {
            continue;
        };
        if end > from {
            sum += value(process, end) - at_most(from).map_or(0.0, |begin| value(process, begin));
        }
    }
    sum as u64
}
