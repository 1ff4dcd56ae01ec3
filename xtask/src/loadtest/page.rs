//! The report of a load test: one page without scripts, for people who were not there.

mod tables;

use std::fmt::Write as _;

use super::figures::{Figures, Interval, Server, Usage};
use super::record::number;
use super::verdict::Verdict;
use crate::plot::{self, Across, Plot, Series};
use crate::reporting::xml;

const STYLE: &str = "body{font:15px/1.55 system-ui,sans-serif;margin:2em auto;max-width:960px;padding:0 1em;color:#1f2933;background:#fff}\
h1{margin-bottom:.2em}h2{margin:1.8em 0 .2em;font-size:1.15em}.lead{color:#52606d;margin-top:0}\
.verdict{font-weight:700;display:inline-block;padding:.15em .7em;color:#fff;border-radius:.3em;font-size:1.3em}\
.met{background:#2d7d46}.missed{background:#b3261e}.not_measured{background:#6b7280}\
.tiles{display:flex;flex-wrap:wrap;gap:.8em;margin:1.2em 0;padding:0}.tiles li{list-style:none;flex:1 1 8.5em;background:#f5f7fa;\
border-radius:.5em;padding:.7em .9em}.tiles b{display:block;font-size:1.45em}.tiles span{color:#52606d;font-size:.9em}\
.p50{stroke:#8ab4d8}.p95{stroke:#1f5fa8}.p99{stroke:#d17a00}.due{stroke:#cbd2d9;stroke-width:6}.good{stroke:#2d7d46}.failed{stroke:#b3261e}\
.refused{stroke:#d17a00}.cpu{stroke:#6d4aa8}.memory{stroke:#1f5fa8}\
.legend .p50 i{background:#8ab4d8}.legend .p95 i,.legend .memory i{background:#1f5fa8}.legend .p99 i,.legend .refused i{background:#d17a00}\
.legend .due i{background:#cbd2d9}.legend .good i{background:#2d7d46}.legend .failed i{background:#b3261e}.legend .cpu i{background:#6d4aa8}\
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:right;padding:.3em .6em;border-bottom:1px solid #e4e7eb}\
th:first-child,td:first-child,.texts th:nth-child(2),.texts td:nth-child(2){text-align:left}th{color:#52606d;font-weight:600}.bad{color:#b3261e;font-weight:700}\
@media(max-width:600px){table{display:block;overflow-x:auto}}@media print{body{margin:0}h2{break-after:avoid}svg,table{break-inside:avoid}}";

pub(super) fn page(figures: &Figures) -> String {
    let load = &figures.load;
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Load test: {scenario}, {rate} requests/s</title><style>{STYLE}{plots}</style></head><body>\
         <h1>Load test: {scenario}</h1><p class=\"lead\">{description}.<br>{at}, {target}.</p>\
         <p><span class=\"verdict {class}\">{verdict}</span></p><p>{summary}</p>",
        plots = plot::STYLE,
        scenario = xml(&figures.scenario),
        rate = load.rate,
        description = xml(&figures.description),
        class = class(figures.verdict),
        verdict = figures.headline(),
        target = xml(&figures.target),
        at = figures.at.format("%Y-%m-%d %H:%M UTC"),
        summary = xml(&summary(figures)),
    );
    for reason in &figures.reasons {
        let _ = write!(text, "<p>{}</p>", xml(reason));
    }
    text.push_str(&tiles(figures));
    text.push_str(&over_rates(figures));
    text.push_str(&over_time(&figures.intervals, figures));
    if let Some(server) = &figures.server {
        text.push_str(&of_server(server));
    }
    text.push_str(&tables::by_request(figures));
    text.push_str(&tables::failures(figures));
    text.push_str(&tables::minutes(figures));
    text.push_str(&tables::of_pods(figures));
    text.push_str(&how(figures));
    text.push_str("</body></html>\n");
    text
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::NotMeasured => "not_measured",
    }
}

fn summary(figures: &Figures) -> String {
    let load = &figures.load;
    let which = match (&figures.knee, figures.verdict) {
        (_, Verdict::NotMeasured) => "What was seen, though it proves nothing: ",
        (Some(_), Verdict::Met) => "The highest rate that kept the thresholds: ",
        _ => "",
    };
    format!(
        "{which}{} requests/s for {} s: 95 of 100 requests were answered within {:.1} ms ({} ms are allowed), and {:.2} % failed ({} % may).",
        load.rate,
        load.seconds,
        figures.latency_ms.p95,
        figures.thresholds.p95_ms,
        figures.failed_percent,
        figures.thresholds.errors_percent
    )
}

fn tiles(figures: &Figures) -> String {
    let latency = &figures.latency_ms;
    let mut tiles = vec![
        (format!("{:.0}/s", figures.answered_per_second), "answered"),
        (format!("{:.1} ms", latency.p50), "the median waited"),
        (format!("{:.1} ms", latency.p95), "95 of 100 waited at most"),
        (format!("{:.1} ms", latency.p99), "99 of 100 waited at most"),
        (format!("{:.2} %", figures.failed_percent), "failed"),
    ];
    if figures.refused > 0 {
        tiles.push((figures.refused.to_string(), "refused by limits (429)"));
    }
    if let Some(server) = &figures.server {
        let cpu = format!("{:.2} ms", server.cpu_ms_per_request);
        tiles.push((cpu, "CPU per request"));
        let memory = format!("{:.0} MB", server.megabytes_at_most);
        tiles.push((memory, "memory at most"));
    }
    let mut text = String::from("<ul class=\"tiles\">");
    for (value, name) in tiles {
        let _ = write!(text, "<li><b>{value}</b><span>{name}</span></li>");
    }
    text.push_str("</ul>");
    text
}

/// The steps of a search for the limit, by their rates.
fn over_rates(figures: &Figures) -> String {
    let Some(knee) = &figures.knee else {
        return String::new();
    };
    let mut steps: Vec<_> = knee.steps.iter().collect();
    steps.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    let series = |name, class, value: fn(&super::knee::Step) -> f64| Series {
        name,
        class,
        points: steps.iter().map(|step| (step.rate, value(step))).collect(),
    };
    let latency = Plot {
        title: "Latency at each rate that was tried",
        caption: "Where the line rises steeply, requests begin to wait for each other. The figures below are those of the highest rate \
                  that kept the thresholds.",
        unit: " ms",
        across: Across::Rates,
        series: vec![
            series("median", "p50", |step| step.p50_ms),
            series("95 of 100", "p95", |step| step.p95_ms),
        ],
        allowed: Some(figures.thresholds.p95_ms),
    };
    let answered = Plot {
        title: "Answered at each rate",
        caption: "Requests that were due, and those that were answered well, a second.",
        unit: "/s",
        across: Across::Rates,
        series: vec![
            series("due", "due", |step| step.rate),
            series("answered", "good", |step| step.answered_per_second),
        ],
        allowed: None,
    };
    latency.svg() + &answered.svg()
}

fn over_time(intervals: &[Interval], figures: &Figures) -> String {
    let series = |name, class, value: fn(&Interval) -> f64| Series {
        name,
        class,
        points: intervals
            .iter()
            .map(|interval| (interval.second, value(interval)))
            .collect(),
    };
    let mut plots = vec![
        Plot {
            title: "Latency over time",
            caption: "From the moment that each request was due to its answer, so that a pause of the service counts for everyone who \
                      would have asked in it.",
            unit: " ms",
            across: Across::Seconds,
            series: vec![
                series("median", "p50", |one| one.p50_ms),
                series("95 of 100", "p95", |one| one.p95_ms),
                series("99 of 100", "p99", |one| one.p99_ms),
            ],
            allowed: Some(figures.thresholds.p95_ms),
        },
        Plot {
            title: "Requests over time",
            caption: "Due, and of those answered well, a second.",
            unit: "/s",
            across: Across::Seconds,
            series: vec![
                series("due", "due", |one| rate(one.requests, one)),
                series("answered", "good", |one| rate(one.answered, one)),
            ],
            allowed: None,
        },
    ];
    let mut bad = Vec::new();
    if figures.failed > 0 {
        bad.push(series("failed", "failed", |one| rate(one.failed, one)));
    }
    if figures.refused > 0 {
        bad.push(series("refused (429)", "refused", |one| {
            rate(one.refused, one)
        }));
    }
    plots.push(Plot {
        title: "Failures over time",
        caption: "Of the requests that were due in each second.",
        unit: "/s",
        across: Across::Seconds,
        series: bad,
        allowed: None,
    });
    plots.push(Plot {
        title: "Latency by percentile",
        caption: "So many of 100 waited at most so long.",
        unit: " ms",
        across: Across::Quantiles,
        series: vec![Series {
            name: "all requests",
            class: "p95",
            points: figures.curve.clone(),
        }],
        allowed: Some(figures.thresholds.p95_ms),
    });
    plots.iter().map(Plot::svg).collect()
}

fn rate(count: u64, interval: &Interval) -> f64 {
    number(count) / interval.seconds.max(1e-3)
}

fn of_server(server: &Server) -> String {
    let series = |name, class, value: fn(&Usage) -> f64| {
        let samples = server.samples.iter();
        vec![Series {
            name,
            class,
            points: samples
                .map(|sample| (sample.second, value(sample)))
                .collect(),
        }]
    };
    let cpu = Plot {
        title: "CPU per request",
        caption: "Of the server's process, whatever it did for it.",
        unit: " ms",
        across: Across::Seconds,
        series: series("CPU per request", "cpu", |one| one.cpu_ms_per_request),
        allowed: None,
    };
    let memory = Plot {
        title: "Memory",
        caption: "Of the server's process, in RAM.",
        unit: " MB",
        across: Across::Seconds,
        series: series("memory", "memory", |one| one.megabytes),
        allowed: None,
    };
    cpu.svg() + &memory.svg()
}

fn how(figures: &Figures) -> String {
    let (load, generator) = (&figures.load, &figures.generator);
    format!(
        "<h2>How it was measured</h2><p>{requests} requests at moments that were fixed beforehand ({pattern:?}, seed \
         {seed}), whether or not those before were answered, for {seconds} s after {warm_up} s of warm-up. At most {connections} \
         connections and {in_flight} requests under way; whatever found no room, and whoever waited longer than {timeout} s, is a \
         failure and counts as having waited that long. Bad answers are in no latency, so that quick ones make nothing look fast. The generator itself was {late:.2} ms late \
         with 1 of 100 requests, of {allowed:.1} ms that are allowed, and used {cores:.2} of the {machine} cores \
         of its machine{shared}.</p>",
        machine = figures.machine_cores,
        shared = if figures.server.is_some() {
            ", which it shared with the server"
        } else {
            ""
        },
        requests = figures.requests,
        pattern = load.pattern,
        seed = load.seed,
        seconds = load.seconds,
        warm_up = load.warm_up_seconds,
        connections = load.connections,
        in_flight = load.in_flight,
        timeout = load.timeout_seconds,
        late = generator.late_p99_ms,
        allowed = generator.late_allowed_ms,
        cores = generator.cores
    )
}
