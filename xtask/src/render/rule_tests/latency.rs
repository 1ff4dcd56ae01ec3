//! Slow answers: as a share of all, and of routes that can be quick.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let route = "/api/v1/scholarships/{id}";
    let edges = |within_250| {
        [
            ("0.2", within_250),
            ("0.22", within_250),
            ("0.25", within_250),
        ]
    };
    vec![
        Case::new("8 % of the requests to the canary take longer than 250 ms")
            .up("1")
            .up("2")
            .timed("1", route, 1200, &edges(1200), 60)
            .timed("2", route, 100, &edges(92), 60)
            .at("9m")
            .silent(&["HighLatency"])
            .at("20m")
            .fires("HighLatency", "2"),
        Case::new("one slow endpoint with 1 % of the requests")
            .up("1")
            .timed("1", route, 990, &edges(990), 60)
            .timed("1", "/api/v1/analytics/summary", 10, &edges(0), 60)
            .at("30m")
            .silent(&["HighLatency"]),
        Case::new("slow answers spread over methods and routes are added up")
            .up("1")
            .timed("1", route, 100, &edges(94), 60)
            .timed("1", "/api/v1/recommendations", 100, &edges(94), 60)
            .timed("1", "/api/v1/analytics/summary", 10, &edges(0), 60)
            .at("30m")
            .fires("HighLatency", "1"),
        Case::new("a true 95th percentile of 210 ms is within the limit")
            .up("1")
            .timed(
                "1",
                route,
                1000,
                &[("0.2", 930), ("0.22", 970), ("0.25", 999)],
                60,
            )
            .at("30m")
            .silent(&["HighLatency"]),
        Case::new("answers that wait for a language model, and exports, may take their time")
            .up("1")
            .timed("1", route, 100, &edges(100), 60)
            .timed("1", "/ai/enhance-search", 100, &edges(0), 60)
            .timed("1", "/ai/scholarship-summary/{id}", 100, &edges(0), 60)
            .timed("1", "/api/v1/scholarships/export", 100, &edges(0), 60)
            .at("30m")
            .silent(&["HighLatency"]),
        Case::new("every second one of a few requests is slow")
            .up("1")
            .timed("1", route, 10, &edges(5), 60)
            .at("30m")
            .silent(&["HighLatency"]),
        Case::new("a minute of slowness")
            .up("1")
            .series(
                "1",
                "http_request_duration_seconds_count",
                "route=\"/\", method=\"GET\"",
                "0+600x60",
            )
            .series(
                "1",
                "http_request_duration_seconds_bucket",
                "route=\"/\", method=\"GET\", le=\"0.25\"",
                "0+600x20 12000+0x1 12600+600x39",
            )
            .at("25m")
            .silent(&["HighLatency"])
            .at("40m")
            .silent(&["HighLatency"]),
    ]
}
