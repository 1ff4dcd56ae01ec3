//! The metrics as a scraper reads them.

use std::time::Duration;

use telemetry::{Dependency, Metrics};

const ROUTES: [(&str, &str); 4] = [
    ("get", "/"),
    ("GET", "/a"),
    ("get", "/b"),
    ("get", "/api/v1/scholarships/{id}"),
];

fn metrics(version: &str) -> Metrics {
    Metrics::new(version, ROUTES)
}

/// The value of the one sample with this name and, beside the version, exactly these labels, in any order.
fn sample(metrics: &Metrics, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{value}\""))
        .collect();
    wanted.sort();
    metrics.encode().lines().find_map(|line| {
        let line = line.split(" # ").next()?;
        let (series, value) = line.rsplit_once(' ')?;
        let (found, labels) = series
            .trim_end_matches('}')
            .split_once('{')
            .unwrap_or((series, ""));
        let mut labels: Vec<&str> = labels
            .split(',')
            .filter(|label| !label.is_empty() && !label.starts_with("version="))
            .collect();
        labels.sort_unstable();
        (found == name && labels == wanted).then(|| value.parse().expect("samples are numbers"))
    })
}

#[test]
fn requests_are_counted_by_method_route_status_and_version() {
    let metrics = metrics("1.2.3");
    let handle = metrics.clone();
    for (status, times) in [(200, 3), (404, 1)] {
        for _ in 0..times {
            handle.http_request_finished(
                "GET",
                "/api/v1/scholarships/{id}",
                status,
                Duration::from_millis(3),
                None,
            );
        }
    }
    let count = |status| {
        let labels = [
            ("method", "GET"),
            ("route", "/api/v1/scholarships/{id}"),
            ("status", status),
        ];
        sample(&metrics, "http_requests_total", &labels)
    };
    assert_eq!(count("200"), Some(3.0));
    assert_eq!(count("404"), Some(1.0));
    // There before it happens.
    for failure in ["500", "503", "504"] {
        assert_eq!(count(failure), Some(0.0), "{failure}");
    }
    assert_eq!(count("409"), None);
}

#[test]
fn durations_fall_into_the_bucket_of_their_upper_edge() {
    let metrics = metrics("1");
    for milliseconds in [1, 220, 221, 9000] {
        let took = Duration::from_millis(milliseconds);
        metrics.http_request_finished("GET", "/", 200, took, None);
    }
    let up_to = |edge| {
        let labels = [("method", "GET"), ("route", "/"), ("le", edge)];
        sample(&metrics, "http_request_duration_seconds_bucket", &labels)
    };
    for (edge, count) in [
        ("0.005", 1.0),
        ("0.2", 1.0),
        ("0.22", 2.0),
        ("0.25", 3.0),
        ("5.0", 3.0),
        ("+Inf", 4.0),
    ] {
        assert_eq!(up_to(edge), Some(count), "{edge}");
    }
    let labels = [("method", "GET"), ("route", "/")];
    assert_eq!(
        sample(&metrics, "http_request_duration_seconds_count", &labels),
        Some(4.0)
    );
    let sum = sample(&metrics, "http_request_duration_seconds_sum", &labels).unwrap();
    assert!((sum - 9.442).abs() < 1e-9, "{sum}");
}

#[test]
fn made_up_methods_and_endless_routes_make_no_series_of_their_own() {
    let metrics = metrics("1");
    let count = || metrics.encode().lines().count();
    let mut known = None;
    for number in 0..2_000 {
        let took = Duration::ZERO;
        let (method, route) = (format!("M{number}"), format!("/{number}"));
        for (method, route) in [("GET", route.as_str()), (&method, "/"), (&method, &route)] {
            metrics.http_request_finished(method, route, 404, took, None);
        }
        assert_eq!(*known.get_or_insert_with(count), count());
    }
    for (method, requests) in [("GET", 2_000.0), ("other", 4_000.0)] {
        let labels = [
            ("method", method),
            ("route", "unmatched"),
            ("status", "404"),
        ];
        assert_eq!(
            sample(&metrics, "http_requests_total", &labels),
            Some(requests)
        );
    }
}

#[test]
fn head_is_counted_as_the_get_whose_answer_it_is() {
    let metrics = metrics("1");
    metrics.http_request_finished("HEAD", "/a", 200, Duration::ZERO, None);
    let labels = [("method", "GET"), ("route", "/a"), ("status", "200")];
    assert_eq!(sample(&metrics, "http_requests_total", &labels), Some(1.0));
}

#[test]
fn slow_answers_are_those_of_more_than_a_second_without_a_server_error() {
    let metrics = metrics("1");
    for (status, milliseconds) in [(200, 1_000), (200, 1_001), (404, 5_000), (504, 5_000)] {
        let took = Duration::from_millis(milliseconds);
        metrics.http_request_finished("GET", "/a", status, took, None);
    }
    let labels = [("method", "GET"), ("route", "/a")];
    assert_eq!(
        sample(&metrics, "http_slow_answers_total", &labels),
        Some(2.0)
    );
}

#[test]
fn a_bucket_shows_the_newest_kept_trace_of_its_time() {
    let metrics = metrics("1");
    let id = |number: u8| format!("{number:032x}");
    for (milliseconds, trace) in [
        (3, Some(id(1))),
        (4, Some(id(2))),
        (4, None),
        (4, Some("no id".to_owned())),
        (400, Some(id(3))),
    ] {
        let took = Duration::from_millis(milliseconds);
        metrics.http_request_finished("GET", "/a", 200, took, trace.as_deref());
    }
    let text = metrics.encode();
    let examples: Vec<&str> = text.lines().filter(|line| line.contains(" # ")).collect();
    let [quick, slow] = examples[..] else {
        panic!("{examples:?}")
    };
    let beginning = r#"http_request_duration_seconds_bucket{version="1",method="GET",route="/a",le="0.005"} 4 # {trace_id=""#;
    assert!(quick.starts_with(beginning), "{quick}");
    assert!(
        quick.contains(&format!(r#"{{trace_id="{}"}} 0.004 "#, id(2))),
        "{quick}"
    );
    let beginning = format!(r#"le="0.5"}} 5 # {{trace_id="{}"}} 0.4 "#, id(3));
    assert!(slow.contains(&beginning), "{slow}");
}

#[test]
fn business_metrics_and_gauges_show_what_was_recorded() {
    let metrics = metrics("1");
    metrics.search_answered(true);
    metrics.search_answered(false);
    metrics.eligibility_checked();
    metrics.interactions_recorded("save", 2);
    metrics.interactions_recorded("save", 3);
    metrics.interactions_recorded("view", 1);
    metrics.set_index(100_000, 2);
    metrics.set_index_lag(Duration::from_millis(1_500));
    metrics.set_index_healed(7);
    metrics.set_change_feed_held_back(Duration::from_millis(250));
    let expected = [
        ("search_requests_total", None, 2.0),
        ("search_zero_results_total", None, 1.0),
        ("eligibility_checks_total", None, 1.0),
        ("interactions_recorded_total", Some(("kind", "save")), 5.0),
        ("interactions_recorded_total", Some(("kind", "view")), 1.0),
        ("index_scholarships", None, 100_000.0),
        ("index_segments", None, 2.0),
        ("index_lag_seconds", None, 1.5),
        ("index_healed_records_total", None, 7.0),
        ("change_feed_held_back_seconds", None, 0.25),
        ("build_info", None, 1.0),
    ];
    for (name, label, value) in expected {
        assert_eq!(
            sample(&metrics, name, label.as_slice()),
            Some(value),
            "{name}"
        );
    }
}

#[test]
fn the_text_ends_as_openmetrics_demands_and_label_values_are_escaped() {
    let metrics = metrics("1 \"beta\"\n");
    let text = metrics.encode();
    assert!(text.ends_with("# EOF\n"));
    assert_eq!(text.matches("# EOF").count(), 1);
    assert!(
        text.contains(r#"build_info{version="1 \"beta\"\n"} 1"#),
        "{text}"
    );
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert_eq!(
            line.matches(r#"version="1 \"beta\"\n""#).count(),
            1,
            "{line}"
        );
    }
}

#[test]
fn counting_from_many_threads_loses_nothing_also_of_threads_that_ended() {
    let metrics = metrics("1");
    // More threads than have counts to themselves, some of them after others have ended, and read meanwhile.
    for _ in 0..2 {
        std::thread::scope(|scope| {
            for thread in 0..20 {
                let metrics = metrics.clone();
                scope.spawn(move || {
                    for request in 0..500 {
                        let route = if (thread + request) % 2 == 0 {
                            "/a"
                        } else {
                            "/b"
                        };
                        let took = Duration::from_millis(500);
                        metrics.http_request_finished("GET", route, 200, took, None);
                        metrics.search_answered(request % 4 == 0);
                    }
                });
            }
            metrics.encode();
        });
    }
    for route in ["/a", "/b"] {
        let labels = [("method", "GET"), ("route", route), ("status", "200")];
        let of_durations = [labels[0], labels[1]];
        for (name, labels, value) in [
            ("http_requests_total", labels.as_slice(), 10_000.0),
            (
                "http_request_duration_seconds_count",
                &of_durations,
                10_000.0,
            ),
            ("http_request_duration_seconds_sum", &of_durations, 5_000.0),
        ] {
            assert_eq!(sample(&metrics, name, labels), Some(value), "{name}");
        }
        let half_a_second = [labels[0], labels[1], ("le", "0.5")];
        let bucket = "http_request_duration_seconds_bucket";
        assert_eq!(sample(&metrics, bucket, &half_a_second), Some(10_000.0));
    }
    for (name, value) in [
        ("search_requests_total", 20_000.0),
        ("search_zero_results_total", 15_000.0),
    ] {
        assert_eq!(sample(&metrics, name, &[]), Some(value), "{name}");
    }
}

#[test]
fn metrics_that_are_off_count_nothing_and_say_so() {
    let metrics = Metrics::off();
    metrics.search_answered(true);
    metrics.http_request_finished("GET", "/", 200, Duration::ZERO, None);
    assert!(!metrics.are_on());
    assert_eq!(metrics.encode(), "# EOF\n");
}

#[test]
fn what_is_not_configured_has_no_series() {
    let metrics = metrics("1");
    let names = [
        "postgres_",
        "redis_",
        "command_center_up",
        "openai_budget_usd",
        "certificate_",
    ];
    let text = metrics.encode();
    for name in names {
        assert!(!text.contains(&format!("\n{name}")), "{name} in {text}");
    }
    metrics.set_redis_lookups(5, 4);
    metrics.set_up(Dependency::Redis, false);
    metrics.set_certificate_expiry(Some(1.79e9));
    assert_eq!(sample(&metrics, "redis_lookups_total", &[]), Some(5.0));
    assert_eq!(sample(&metrics, "redis_hits_total", &[]), Some(4.0));
    assert_eq!(sample(&metrics, "redis_up", &[]), Some(0.0));
    let expiry = "certificate_expiry_timestamp_seconds";
    assert_eq!(sample(&metrics, expiry, &[]), Some(1.79e9));
    metrics.set_certificate_expiry(None);
    assert_eq!(sample(&metrics, expiry, &[]), None);
}

#[tokio::test]
async fn the_process_and_its_runtimes_are_shown() {
    let metrics = metrics("1");
    metrics.watch_this_runtime("main");
    let of = |name| sample(&metrics, name, &[]).unwrap_or_else(|| panic!("{name} is missing"));
    assert!(of("process_resident_memory_bytes") > 1e6);
    assert!(of("process_open_fds") >= 3.0 && of("process_max_fds") >= of("process_open_fds"));
    assert!(of("process_cpu_seconds_total") >= 0.0);
    let started = of("process_start_time_seconds");
    assert!(started > 1.7e9, "{started}");
    assert_eq!(of("process_start_time_seconds"), started);
    let main = [("runtime", "main")];
    assert_eq!(sample(&metrics, "tokio_workers", &main), Some(1.0));
    assert!(sample(&metrics, "tokio_worker_busy_seconds_total", &main) >= Some(0.0));
}
