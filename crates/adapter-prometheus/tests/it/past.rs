//! Six hours of two versions with restarts, counted to the last request.

use std::fmt::Write as _;
use std::time::Duration;

use adapter_prometheus::{Request, RouterMetrics, Taken};
use chrono::DateTime;
use rollout::snapshot::{AiCounts, Component, Counts, Events, Window, query_name};

use crate::service::{EDGES, PROBE, Process, RECOMMENDATIONS, SEARCH, SLOW, grown};
use crate::world::{Server, make_blocks, policy};

const HOUR: i64 = 3_600;
pub(crate) const BEGIN: i64 = 1_768_000_000;
/// Not on a scrape.
const NOW: i64 = BEGIN + 6 * HOUR + 7;
const STAGE: i64 = BEGIN + 4 * HOUR + 600;
const SCRAPES: (i64, i64, i64) = (BEGIN, NOW, 30);

fn processes() -> Vec<Process> {
    vec![
        // Older than everything that is known of it.
        Process::new("1.9.0", "s1", BEGIN - 72 * HOUR),
        Process::new("1.9.0", "s2", BEGIN - HOUR).until(BEGIN + 3 * HOUR + 421),
        Process::new("1.9.0", "s2", BEGIN + 3 * HOUR + 425)
            .following()
            .until(NOW - 61),
        Process::new("1.9.0", "s2", NOW - 58).following(),
        Process::new("1.9.0", "s3", BEGIN + HOUR).until(BEGIN + 4 * HOUR + 900),
        Process::new("2.0.0", "c1", BEGIN + 4 * HOUR + 3).until(BEGIN + 5 * HOUR + 1_790),
        Process::new("2.0.0", "c1", BEGIN + 5 * HOUR + 1_800).following(),
        Process::new("2.0.0", "c2", BEGIN + 4 * HOUR + 5),
    ]
}

pub(crate) fn lines(processes: &[Process]) -> String {
    let mut lines = String::new();
    for process in processes {
        for at in process.scrapes(SCRAPES.0, SCRAPES.1, SCRAPES.2) {
            let metrics = process
                .metrics(at)
                .into_iter()
                .chain([("up{".to_owned(), 1.0)]);
            for (name, value) in metrics {
                let _ = writeln!(lines, "{} {at}", process.line(&name, value, true));
            }
        }
    }
    lines
}

/// A router that starts again after five hours, and counts only then for its stage.
fn router_lines() -> String {
    let mut lines = String::new();
    let mut at = BEGIN + 3;
    while at <= NOW {
        let start = if at < BEGIN + 5 * HOUR {
            BEGIN - 100
        } else {
            BEGIN + 5 * HOUR - 2
        };
        let age = at - start;
        let mut add = |name: &str, labels: &str, value: i64| {
            let _ = writeln!(
                lines,
                "{name}{{job=\"haproxy\",instance=\"r\"{labels}}} {value} {at}"
            );
        };
        add("haproxy_process_start_time_seconds", "", start);
        for (proxy, rate, up) in [("canary", 2, 1), ("stable", 20, 2)] {
            let labels = format!(",proxy=\"{proxy}\"");
            add("haproxy_backend_http_requests_total", &labels, age * rate);
            add(
                "haproxy_backend_connection_errors_total",
                &labels,
                age / 100,
            );
            add("haproxy_backend_response_errors_total", &labels, age / 200);
            for server in 1..=3 {
                let is_up = i64::from(server <= up);
                let labels = format!(",proxy=\"{proxy}\",server=\"{proxy}-{server}\"");
                add("haproxy_server_weight", &labels, 1);
                add(
                    "haproxy_server_status",
                    &format!("{labels},state=\"UP\""),
                    is_up,
                );
                add(
                    "haproxy_server_status",
                    &format!("{labels},state=\"DOWN\""),
                    1 - is_up,
                );
            }
        }
        at += 15;
    }
    lines
}

pub(crate) async fn server() -> Server {
    Server::start("", &[], |folder| {
        make_blocks(folder, &(lines(&processes()) + &router_lines()), "6h");
    })
    .await
}

pub(crate) fn request() -> Request {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("it is a time");
    Request {
        canary: "2.0.0".to_owned(),
        stable: "1.9.0".to_owned(),
        taken_at: at(NOW),
        stage_started_at: at(STAGE),
        replays: true,
    }
}

async fn taken(server: &Server) -> Taken {
    let router = Some(RouterMetrics::default());
    let taken = server.prometheus(router).take(&policy(), &request()).await;
    taken.unwrap_or_else(|error| panic!("{error:?}"))
}

fn begin_of(window: Window) -> i64 {
    match window {
        Window::Last(span) => NOW - i64::try_from(span.as_secs()).expect("it is short"),
        Window::Stage => STAGE,
    }
}

/// What the snapshot must say, worked out without Prometheus.
fn expected(version: &str, window: Window) -> Counts {
    let processes = processes();
    let count = |is_meant: &dyn Fn(&str) -> bool| {
        grown(
            &processes,
            version,
            (begin_of(window), NOW),
            SCRAPES,
            is_meant,
        )
    };
    let requests = |name: &str| name.starts_with("http_requests_total") && !name.contains(PROBE);
    let timed = |name: &str| {
        name.starts_with("http_request_duration_seconds_bucket")
            && !name.contains(PROBE)
            && !name.contains(SLOW)
    };
    let le = |edge: u32| format!("le=\"{:?}\"", f64::from(edge) / 1_000.0);
    let all_timed = count(&|name| timed(name) && name.contains("+Inf"));
    let of = |route: &'static str| {
        let quoted = format!("route=\"{route}\"");
        let all = count(&|name| requests(name) && name.contains(&quoted));
        let errors =
            count(&|name| requests(name) && name.contains(&quoted) && name.contains("status=\"5"));
        let timed_here =
            count(&|name| timed(name) && name.contains(&quoted) && name.contains("+Inf"));
        let in_time =
            count(&|name| timed(name) && name.contains(&quoted) && name.contains(&le(1_000)));
        Component::Present(Events {
            all,
            failed: (errors + timed_here - in_time).min(all),
        })
    };
    let slower = EDGES.map(|edge| {
        (
            edge,
            all_timed - count(&|name| timed(name) && name.contains(&le(edge))),
        )
    });
    Counts {
        requests: Some(count(&requests)),
        server_errors: Some(count(&|name| requests(name) && name.contains("status=\"5"))),
        slower_than_ms: slower.into(),
        search: of(SEARCH),
        recommendations: of(RECOMMENDATIONS),
        ai: Component::Present(AiCounts {
            questions: count(&|name| name.starts_with("ai_answers_total")),
            fallbacks: count(&|name| name.contains("fallback")),
            calls: count(&|name| name.starts_with("openai_requests_total")),
            failed: count(&|name| name.starts_with("openai_requests_failed_total")),
        }),
        agent_tasks: Component::Present(Events {
            all: count(&|name| name.starts_with("agent_tasks_total") && !name.contains("retry")),
            failed: count(&|name| name.contains("\"failed\"") || name.contains("\"dead\"")),
        }),
        cache: Component::Present(Events {
            all: count(&|name| name.starts_with("redis_lookups_total")),
            failed: count(&|name| name.starts_with("redis_lookups_total"))
                - count(&|name| name.starts_with("redis_hits_total")),
        }),
        security_violations: Some(count(&|name| name.starts_with("security_policy"))),
        ..Counts::default()
    }
}

#[tokio::test]
async fn every_count_is_exact_over_restarts_and_ended_processes() {
    let server = server().await;
    let Taken { snapshot, notes } = taken(&server).await;
    assert_eq!(notes, []);
    let mut compared = 0;
    for version in [&snapshot.canary, &snapshot.stable] {
        for (window, counts) in &version.windows {
            // Of what was before the first scrape nothing is known.
            if version.version == "1.9.0" && begin_of(*window) < BEGIN {
                continue;
            }
            let expected = expected(&version.version, *window);
            let found = Counts {
                sent: expected.sent,
                unanswered: expected.unanswered,
                pool_peak: expected.pool_peak,
                memory_peak: expected.memory_peak,
                restarts: expected.restarts,
                ..counts.clone()
            };
            assert_eq!(found, expected, "{} in {window}", version.version);
            compared += 1;
        }
    }
    assert_eq!(compared, 20);
}

#[tokio::test]
async fn a_process_older_than_its_telemetry_counts_from_its_first_scrape() {
    let server = server().await;
    let snapshot = taken(&server).await.snapshot;
    let day = Window::Last(Duration::from_secs(86_400));
    let found = snapshot.stable.counts(day).unwrap().requests;
    let (old, others): (Vec<Process>, Vec<Process>) = processes()
        .into_iter()
        .partition(|process| process.start < NOW - 86_400);
    let first = old[0].scrapes(BEGIN, NOW, 30).next().unwrap();
    let count = |processes: &[Process], from| {
        grown(processes, "1.9.0", (from, NOW), SCRAPES, |name| {
            name.starts_with("http_requests_total") && !name.contains(PROBE)
        })
    };
    assert_eq!(
        found,
        Some(count(&old, first) + count(&others, NOW - 86_400))
    );
}

#[tokio::test]
async fn peaks_restarts_and_scrapes_are_those_of_the_window() {
    let server = server().await;
    let snapshot = taken(&server).await.snapshot;
    let of = |version: &rollout::snapshot::VersionSnapshot, seconds| {
        version
            .counts(Window::Last(Duration::from_secs(seconds)))
            .unwrap()
            .clone()
    };
    assert_eq!(of(&snapshot.stable, 120).restarts, Some(1));
    assert_eq!(of(&snapshot.stable, 86_400).restarts, Some(2));
    assert_eq!(of(&snapshot.canary, 120).restarts, Some(0));
    assert_eq!(of(&snapshot.canary, 7_200).restarts, Some(1));
    assert_eq!(of(&snapshot.canary, 600).pool_peak, Component::Present(0.8));
    let memory = of(&snapshot.canary, 120).memory_peak.present().unwrap();
    assert!((0.2..0.28).contains(&memory), "{memory}");
    let scrape = snapshot.canary.scrape;
    assert_eq!((scrape.targets, scrape.up), (2, 2));
    let age = snapshot.taken_at - scrape.last_seen_at.unwrap();
    assert!((0..30).contains(&age.num_seconds()), "{age}");
}

#[tokio::test]
async fn the_router_tells_what_it_sent_and_which_backends_are_ready() {
    let server = server().await;
    let snapshot = taken(&server).await.snapshot;
    assert_eq!(snapshot.canary.ready_backends, Component::Present(1));
    assert_eq!(snapshot.stable.ready_backends, Component::Present(2));
    let counts = |window| snapshot.canary.counts(window).unwrap().clone();
    let last = NOW - (NOW - BEGIN - 3).rem_euclid(15);
    let before = |at: i64| at - (at - BEGIN - 3).rem_euclid(15);
    let five = before(NOW - 300);
    let minutes = Window::Last(Duration::from_secs(300));
    assert_eq!(
        counts(minutes).sent,
        Component::Present(2 * (last - five) as u64)
    );
    let restart = BEGIN + 5 * HOUR - 2;
    let end_of_first = before(BEGIN + 5 * HOUR - 1);
    let stage = 2 * (end_of_first - before(STAGE)) + 2 * (last - restart);
    assert_eq!(counts(Window::Stage).sent, Component::Present(stage as u64));
    // Before the canary began, its backend was another version's.
    let own = 2 * (end_of_first - before(BEGIN + 4 * HOUR + 3)) + 2 * (last - restart);
    let day = Window::Last(Duration::from_secs(86_400));
    assert_eq!(counts(day).sent, Component::Present(own as u64));
    let unanswered = counts(Window::Stage).unanswered.present().unwrap();
    assert!((90..=125).contains(&unanswered), "{unanswered}");
}

#[tokio::test]
async fn the_text_of_each_query_gives_the_count_when_it_is_asked_again() {
    let server = server().await;
    let snapshot = taken(&server).await.snapshot;
    for (role, version) in [("canary", &snapshot.canary), ("stable", &snapshot.stable)] {
        for (window, counts) in &version.windows {
            let single = [
                ("requests", counts.requests),
                ("server_errors", counts.server_errors),
                ("security_violations", counts.security_violations),
                ("restarts", counts.restarts),
                ("sent", counts.sent.present()),
                ("unanswered", counts.unanswered.present()),
            ];
            for (count, value) in single {
                let text = &snapshot.queries[&query_name(role, *window, count)];
                let found = server.value(NOW, text).await;
                assert_eq!(Some(found as u64), value, "{role} {window} {count}: {text}");
            }
            let memory = server
                .value(
                    NOW,
                    &snapshot.queries[&query_name(role, *window, "memory_peak")],
                )
                .await;
            assert_eq!(Component::Present(memory), counts.memory_peak);
            let searches = &snapshot.queries[&query_name(role, *window, "search")];
            let (_, failed) = searches.split_once("# failed\n").unwrap();
            let found = server.value(NOW, failed).await;
            assert_eq!(
                Some(found as u64),
                counts.search.present().map(|events| events.failed)
            );
        }
    }
    let bytes = serde_json::to_string(&snapshot).unwrap().len();
    assert!(bytes < 500_000, "{bytes}");
}
