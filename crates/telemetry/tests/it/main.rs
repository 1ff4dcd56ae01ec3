//! The metrics as a scraper reads them.

use std::time::Duration;

use telemetry::Metrics;

/// The value of the one sample with this name and exactly these labels, in any order.
fn sample(metrics: &Metrics, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{value}\""))
        .collect();
    wanted.sort();
    metrics.encode().lines().find_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let (found, labels) = series
            .trim_end_matches('}')
            .split_once('{')
            .unwrap_or((series, ""));
        let mut labels: Vec<&str> = labels
            .split(',')
            .filter(|label| !label.is_empty())
            .collect();
        labels.sort_unstable();
        (found == name && labels == wanted).then(|| value.parse().expect("samples are numbers"))
    })
}

#[test]
fn requests_are_counted_by_method_route_status_and_version() {
    let metrics = Metrics::new("1.2.3");
    let handle = metrics.clone();
    for (status, times) in [(200, 3), (404, 1)] {
        for _ in 0..times {
            handle.http_request_finished(
                "GET",
                "/api/v1/scholarships/{id}",
                status,
                Duration::from_millis(3),
            );
        }
    }
    let count = |status| {
        let labels = [
            ("method", "GET"),
            ("route", "/api/v1/scholarships/{id}"),
            ("status", status),
            ("version", "1.2.3"),
        ];
        sample(&metrics, "http_requests_total", &labels)
    };
    assert_eq!(count("200"), Some(3.0));
    assert_eq!(count("404"), Some(1.0));
    assert_eq!(count("500"), None);
}

#[test]
fn durations_fall_into_the_bucket_of_their_upper_edge() {
    let metrics = Metrics::new("1");
    for milliseconds in [1, 220, 221, 9000] {
        metrics.http_request_finished("GET", "/", 200, Duration::from_millis(milliseconds));
    }
    let up_to = |edge| {
        let labels = [
            ("method", "GET"),
            ("route", "/"),
            ("version", "1"),
            ("le", edge),
        ];
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
    let labels = [("method", "GET"), ("route", "/"), ("version", "1")];
    assert_eq!(
        sample(&metrics, "http_request_duration_seconds_count", &labels),
        Some(4.0)
    );
    let sum = sample(&metrics, "http_request_duration_seconds_sum", &labels).unwrap();
    assert!((sum - 9.442).abs() < 1e-9, "{sum}");
}

#[test]
fn made_up_methods_and_endless_routes_do_not_make_endless_series() {
    let metrics = Metrics::new("1");
    for number in 0..2000 {
        metrics.http_request_finished(
            &format!("M{number}"),
            &format!("/{number}"),
            404,
            Duration::ZERO,
        );
    }
    let series = metrics.encode().matches("\nhttp_requests_total{").count();
    assert_eq!(series, 257);
    let labels = [
        ("method", "other"),
        ("route", "other"),
        ("status", "404"),
        ("version", "1"),
    ];
    assert_eq!(
        sample(&metrics, "http_requests_total", &labels),
        Some(1744.0)
    );
}

#[test]
fn business_metrics_and_gauges_show_what_was_recorded() {
    let metrics = Metrics::new("1");
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
        ("build_info", Some(("version", "1")), 1.0),
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
    let metrics = Metrics::new("1 \"beta\"\n");
    let text = metrics.encode();
    assert!(text.ends_with("# EOF\n"));
    assert!(
        text.contains(r#"build_info{version="1 \"beta\"\n"} 1"#),
        "{text}"
    );
}

#[test]
fn counting_from_many_threads_loses_nothing_also_of_threads_that_ended() {
    let metrics = Metrics::new("1");
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
                        metrics.http_request_finished("GET", route, 200, took);
                        metrics.search_answered(request % 4 == 0);
                    }
                });
            }
            metrics.encode();
        });
    }
    for route in ["/a", "/b"] {
        let labels = [
            ("method", "GET"),
            ("route", route),
            ("status", "200"),
            ("version", "1"),
        ];
        let of_durations = [labels[0], labels[1], labels[3]];
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
        let half_a_second = [labels[0], labels[1], labels[3], ("le", "0.5")];
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
