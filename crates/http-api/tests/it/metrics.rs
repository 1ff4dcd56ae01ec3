//! What is counted of requests: within bounds, whatever is asked, and by what it came to.

use std::collections::BTreeSet;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web;
use auth::Role;
use serde_json::json;

use crate::api::{Api, Setup, id, limits};
use crate::client::{exchange, head};

/// What a scraper may be sent, and how long it may take to put together.
const MOST_BYTES: usize = 200_000;
const LONGEST: std::time::Duration = std::time::Duration::from_millis(10);

/// The sum over all series of a name that have all these labels.
fn value(text: &str, name: &str, labels: &[&str]) -> f64 {
    let samples = text.lines().filter_map(|line| {
        let (series, value) = line.split(" # ").next()?.rsplit_once(' ')?;
        let (found, of) = series.split_once('{')?;
        let of: Vec<&str> = of.trim_end_matches('}').split(',').collect();
        let fits = found == name && labels.iter().all(|label| of.contains(label));
        fits.then(|| value.parse::<f64>().expect("a number"))
    });
    samples.sum()
}

/// Without their values.
fn series(text: &str) -> BTreeSet<String> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let names = samples.filter_map(|line| line.split(" # ").next()?.rsplit_once(' '));
    names.map(|(series, _)| series.to_owned()).collect()
}

/// Requests that try to become labels. They break rules of HTTP on purpose, so no answer is held against the description.
async fn attack(api: &Api) {
    let long = "a".repeat(1_500);
    let hostile = [
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/scholarships/..%2f..%2fsecret",
        "/api/v1/scholarships/%00",
        "/api/v1/scholarships/%ff%fe",
        "//api//v1//search",
        "/api/v1/search/",
        "/api/v1/search;jsessionid=1",
        "/api/v1/scholarships/{id}",
        "/docs/..%2f..%2fx",
        "/?route=evil",
        "/%22%7D%20999%0Aevil_total%201",
    ];
    let methods = [
        "GET",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "HEAD",
        "PROPFIND",
        "EVIL\u{7f}",
    ];
    let ask = async |method: &str, target: &str, headers: &[(&str, &str)]| {
        let head = head(method, target, headers, None);
        // Some are refused before they are requests.
        let _ = exchange(api.address, method, &head, b"").await;
    };
    for target in hostile {
        ask("GET", target, &[]).await;
    }
    for method in &methods[..7] {
        ask(method, "/api/v1/search", &[]).await;
        ask(method, "/nowhere", &[]).await;
    }
    for number in 0..300 {
        ask("GET", &format!("/api/v1/scholarships/sch_{number}"), &[]).await;
        ask("GET", &format!("/random/{number}/{long}"), &[]).await;
        ask(&format!("M{number}"), "/api/v1/search", &[]).await;
        let trace = format!("00-{number:032x}-00f067aa0ba902b7-01");
        ask("GET", "/api/v1/search?q=award", &[("traceparent", &trace)]).await;
    }
}

#[actix_web::test]
async fn hostile_requests_make_no_series_without_end() {
    let api = Api::start().await;
    // What each kind of request makes once, it makes now.
    attack(&api).await;
    let before = series(&api.metrics.encode());
    attack(&api).await;
    let text = api.metrics.encode();
    assert_eq!(series(&text), before);
    let routes: BTreeSet<&str> = http_api::routes().map(|(_, route)| route).collect();
    for line in &before {
        let route = line.split("route=\"").nth(1);
        let route = route.and_then(|rest| rest.split('"').next());
        if let Some(route) = route {
            assert!(route == "unmatched" || routes.contains(route), "{line}");
        }
    }
    assert!(text.len() < MOST_BYTES, "{} bytes", text.len());
}

/// Every route answered with every status that it may have, and a kept trace in every bucket: more than any attack can do.
#[actix_web::test]
async fn the_metrics_stay_small_and_are_quickly_made_at_their_worst() {
    let api = Api::start().await;
    let edges = [
        1, 7, 20, 40, 80, 120, 180, 210, 230, 280, 400, 900, 2_000, 4_000, 9_000,
    ];
    let trace = "f".repeat(32);
    for (method, route) in http_api::routes() {
        for (number, milliseconds) in edges.into_iter().enumerate() {
            let status = [200, 400, 401, 403, 404, 413, 415, 422, 429, 500, 503, 504][number % 12];
            let took = std::time::Duration::from_millis(milliseconds);
            let (metrics, trace) = (&api.metrics, Some(trace.as_str()));
            metrics.http_request_finished(method, route, status, took, trace);
        }
    }
    let text = api.metrics.encode();
    // The goal is for servers as they run; a trace in each of the 700 buckets within ten minutes is none of them.
    assert!(text.len() < 2 * MOST_BYTES, "{} bytes", text.len());
    let plain: usize = text
        .lines()
        .map(|line| line.split(" # ").next().map_or(0, str::len) + 1)
        .sum();
    assert!(plain < MOST_BYTES, "{plain} bytes");
    let quickest = (0..20)
        .map(|_| {
            let begun = std::time::Instant::now();
            drop(api.metrics.encode());
            begun.elapsed()
        })
        .min()
        .expect("some");
    // A build for debugging takes several times as long as what is shipped.
    assert!(quickest < LONGEST * 5, "{quickest:?}");
}

#[actix_web::test]
async fn a_kept_trace_is_an_example_and_others_are_not() {
    let api = Api::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let example = format!("# {{trace_id=\"{trace}\"}}");
    for (flags, is_example) in [("00", false), ("01", true)] {
        let traceparent = format!("00-{trace}-00f067aa0ba902b7-{flags}");
        let headers = [("traceparent", traceparent.as_str())];
        api.send("GET", "/api/v1/search?q=award", &headers, None)
            .await;
        let text = api.metrics.encode();
        assert_eq!(text.contains(&example), is_example, "{flags}");
    }
    let text = api.metrics.encode();
    let line = text
        .lines()
        .find(|line| line.contains(&example))
        .expect("one");
    assert!(
        line.contains("route=\"/api/v1/search\"") && line.contains("method=\"GET\""),
        "{line}"
    );
}

#[actix_web::test]
async fn refusals_are_counted_by_class_and_by_reason() {
    let api = Api::with(Setup {
        limits: limits(3),
        ..Setup::default()
    })
    .await;
    let admin = api.token_of("admin", Role::Admin, "");
    let student = api.token_of("student", Role::Student, "");
    for _ in 0..5 {
        api.get("/").await;
    }
    for _ in 0..4 {
        api.get_as(&admin, "/").await;
    }
    api.get_as("Bearer nonsense", "/").await;
    api.get_as(&student, "/api/v1/analytics/summary").await;
    let text = api.metrics.encode();
    let limited = |class: &str| {
        let label = format!("class=\"{class}\"");
        value(&text, "rate_limit_rejections_total", &[&label])
    };
    assert_eq!(
        [limited("public"), limited("admin"), limited("agent")],
        [2.0, 1.0, 0.0]
    );
    let refused = |reason: &str| {
        let label = format!("reason=\"{reason}\"");
        value(&text, "auth_rejections_total", &[&label])
    };
    assert_eq!(refused("TOKEN_MALFORMED"), 1.0);
    assert_eq!(refused("INSUFFICIENT_SCOPE"), 1.0);
    assert_eq!(refused("TOKEN_EXPIRED"), 0.0);
    assert_eq!(value(&text, "auth_rejections_total", &[]), 2.0);
}

#[actix_web::test]
async fn recommended_scholarships_and_clicks_on_them_are_counted() {
    let api = Api::start().await;
    let wish = json!({"profile": {"state_of_residence": "NV"}, "limit": 2});
    let answer = api.post("/api/v1/recommendations", &wish).await.json();
    let shown = answer["data"].as_array().expect("a list").len();
    assert!(shown > 0);
    let student = api.token(Role::Student, "");
    let click = |number: u32, kind: &str| json!({"id": format!("c-{number}"), "kind": kind, "scholarship_id": id(1)});
    let clicks = json!({"interactions": [
        click(1, "recommendation_click"),
        click(2, "recommendation_click"),
        click(3, "apply_click"),
    ]});
    // The same again is no further click.
    for _ in 0..2 {
        let recorded = api
            .post_as(&student, "/api/v1/interactions/bulk", &clicks)
            .await;
        assert_eq!(recorded.status, 202);
    }
    let text = api.metrics.encode();
    let impressions = value(&text, "recommendation_impressions_total", &[]);
    assert_eq!(impressions, f64::from(u32::try_from(shown).expect("few")));
    assert_eq!(value(&text, "recommendation_clicks_total", &[]), 2.0);
}

#[actix_web::test]
async fn an_answer_of_a_route_without_a_policy_is_a_violation_of_ours() {
    let api = Api::start().await;
    let violations = || {
        let label = "kind=\"route_without_policy\"";
        value(
            &api.metrics.encode(),
            "security_policy_violations_total",
            &[label],
        )
    };
    let forgotten = http_api::application(api.state.clone()).route(
        "/forgotten/{id:[0-9]{1,3}}",
        web::get().to(async || "for everybody"),
    );
    let service = init_service(forgotten).await;
    let ask = async |target: &str| {
        let request = TestRequest::get().uri(target).to_request();
        call_service(&service, request).await.status().as_u16()
    };
    // Unknown paths and refusals are none, nor is any declared route.
    let unknown = [
        "/nowhere",
        "/forgotten/x",
        "/docs/nowhere.css",
        "/api/v1/scholarships/sch_x",
    ];
    for target in unknown {
        assert_eq!(ask(target).await, 404, "{target}");
    }
    for target in ["/", "/docs/", "/healthz", "/api/v1/search?limit=0"] {
        ask(target).await;
    }
    let request = TestRequest::delete().uri("/forgotten/7").to_request();
    assert_eq!(call_service(&service, request).await.status(), 404);
    assert_eq!(violations(), 0.0);
    assert_eq!(ask("/forgotten/7").await, 200);
    assert_eq!(violations(), 1.0);
}
