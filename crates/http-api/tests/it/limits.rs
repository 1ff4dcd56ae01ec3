//! How often who may ask.

use actix_web::rt::time::sleep;
use app::limits::LimitSettings;
use auth::Role;
use chrono::TimeDelta;
use domain::Quota;
use http_api::{ApiSettings, ForwardedHeader, TrustedProxies};
use std::time::Duration;

use crate::api::{Api, Setup, limits};
use crate::client::Answer;

fn per_minute(limit: u32) -> Quota {
    Quota::per_minute(limit).expect("a quota")
}

async fn limited(limits: LimitSettings) -> Api {
    Api::with(Setup {
        settings: ApiSettings {
            trusted_proxies: TrustedProxies {
                networks: vec!["127.0.0.0/8".parse().expect("a network")],
                header: ForwardedHeader::XForwardedFor,
            },
            ..ApiSettings::default()
        },
        limits,
        ..Setup::default()
    })
    .await
}

async fn get_from(api: &Api, address: &str, target: &str) -> Answer {
    let headers = [("X-Forwarded-For", address)];
    api.send("GET", target, &headers, None).await
}

#[actix_web::test]
async fn every_answer_tells_what_is_left_and_a_refusal_when_to_come_back() {
    let api = limited(limits(3)).await;
    for (left, reset) in [(2, 20), (1, 40), (0, 60)] {
        let answer = api.get("/").await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"public\";q=3;w=60")
        );
        let expected = format!("\"public\";r={left};t={reset}");
        assert_eq!(answer.header("ratelimit"), Some(expected.as_str()));
        assert_eq!(answer.header("retry-after"), None);
    }
    let refused = api.get("/api/v1/search").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(refused.header("ratelimit"), Some("\"public\";r=0;t=60"));
    assert_eq!(refused.header("retry-after"), Some("20"));
    assert_eq!(refused.json()["status"], 429);
    assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
    api.clock.advance(TimeDelta::seconds(20));
    assert_eq!(api.get("/").await.status, 200);
    assert_eq!(api.get("/health").await.status, 429);
}

#[actix_web::test]
async fn probes_are_never_counted() {
    let api = limited(limits(1)).await;
    for _ in 0..5 {
        for probe in ["/healthz", "/readyz"] {
            let answer = api.get(probe).await;
            assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
        }
    }
    assert_eq!(api.get("/").await.status, 200);
    assert_eq!(api.get("/health").await.status, 429);
}

#[actix_web::test]
async fn each_address_has_a_count_of_its_own_and_a_network_of_ipv6_one() {
    let api = limited(limits(1)).await;
    for (address, status) in [
        ("198.51.100.1", 200),
        ("198.51.100.1", 429),
        ("198.51.100.2", 200),
        ("203.0.113.77, 198.51.100.2", 429),
        ("2001:db8:0:1::1", 200),
        ("2001:db8:0:1:ffff::2", 429),
        ("2001:db8:0:2::1", 200),
    ] {
        assert_eq!(
            get_from(&api, address, "/").await.status,
            status,
            "{address}"
        );
    }
}

#[actix_web::test]
async fn a_header_of_somebody_else_than_a_trusted_proxy_changes_nothing() {
    let api = Api::with(Setup {
        limits: limits(1),
        ..Setup::default()
    })
    .await;
    assert_eq!(get_from(&api, "198.51.100.1", "/").await.status, 200);
    assert_eq!(get_from(&api, "198.51.100.2", "/").await.status, 429);
}

#[actix_web::test]
async fn a_token_is_counted_by_its_subject_and_as_its_role() {
    let api = limited(LimitSettings {
        public: per_minute(1),
        authenticated: per_minute(2),
        agent: per_minute(3),
        admin: per_minute(4),
        ..limits(100)
    })
    .await;
    assert_eq!(api.get("/").await.status, 200);
    assert_eq!(api.get("/").await.status, 429);
    for (role, granted, name) in [
        (Role::Student, 2, "authenticated"),
        (Role::Agent, 3, "agent"),
        (Role::Admin, 4, "admin"),
    ] {
        for subject in ["one", "other"] {
            let token = api.token_of(subject, role, "");
            for _ in 0..granted {
                let answer = api.get_as(&token, "/").await;
                let policy = format!("\"{name}\";q={granted};w=60");
                assert_eq!(answer.header("ratelimit-policy"), Some(policy.as_str()));
                assert_eq!(answer.status, 200);
            }
            assert_eq!(
                api.get_as(&token, "/").await.status,
                429,
                "{subject} {name}"
            );
        }
    }
    // Student and partner are of one class, and so is their subject.
    let partner = api.token_of("one", Role::Partner, "");
    assert_eq!(api.get_as(&partner, "/").await.status, 429);
}

#[actix_web::test]
async fn who_guesses_tokens_hears_no_more_while_others_of_the_address_go_on() {
    let api = limited(LimitSettings {
        auth_failure: per_minute(2),
        ..limits(100)
    })
    .await;
    for _ in 0..2 {
        let answer = api.get_as("Bearer guessed", "/").await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"auth-failure\";q=2;w=60")
        );
    }
    let refused = api.get_as("Bearer guessed", "/").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(api.get_as(&api.editor(), "/").await.status, 200);
    assert_eq!(api.get("/").await.status, 200);
}

#[actix_web::test]
async fn a_web_page_may_read_why_it_is_refused_and_its_preflights_count() {
    let api = limited(limits(1)).await;
    let headers = [
        ("Origin", "https://app.example.org"),
        ("Access-Control-Request-Method", "POST"),
    ];
    let preflight = api.send("OPTIONS", "/api/v1/search", &headers, None).await;
    assert_eq!(preflight.status, 200);
    let refused = api.send("GET", "/", &headers, None).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(
        exposed.contains("retry-after") && exposed.contains("ratelimit"),
        "{exposed}"
    );
}

#[actix_web::test]
async fn a_switch_lifts_the_limits_of_those_with_or_without_tokens() {
    let api = limited(LimitSettings {
        per_ip: false,
        ..limits(1)
    })
    .await;
    for _ in 0..15 {
        let answer = api.get("/").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
    let token = api.editor();
    assert_eq!(api.get_as(&token, "/").await.status, 200);
    assert_eq!(api.get_as(&token, "/").await.status, 429);
}

/// The guard against floods goes by the machine's clock, the exact limit by that of the test.
#[actix_web::test]
async fn what_comes_ten_times_as_often_is_refused_before_it_is_counted() {
    let hourly = Quota::new(2, Duration::from_secs(3_600)).unwrap();
    let api = limited(LimitSettings {
        public: hourly,
        ..limits(1_000)
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..10 {
        for _ in 0..2 {
            statuses.push(api.get("/").await.status);
        }
        api.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(statuses, [200; 20]);
    let refused = api.get("/").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"public\";q=2;w=3600")
    );
    assert_eq!(refused.header("ratelimit"), Some("\"public\";r=0;t=3600"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((170..=180).contains(&wait), "{wait}");
    assert_eq!(refused.header("x-ratelimit-after"), None);
    assert_eq!(get_from(&api, "198.51.100.1", "/").await.status, 200);
    assert_eq!(api.get_as(&api.editor(), "/").await.status, 200);
}

#[actix_web::test]
async fn callers_who_rest_are_forgotten() {
    // Ten times 600 a second: whoever asked once has everything again after two milliseconds.
    let api = limited(limits(36_000)).await;
    for number in 0..200 {
        let address = format!("198.51.100.{number}");
        assert_eq!(get_from(&api, &address, "/").await.status, 200);
    }
    assert!(api.state.remembered_callers() >= 200);
    sleep(Duration::from_millis(20)).await;
    api.state.forget_rested_callers();
    assert_eq!(api.state.remembered_callers(), 0);
}
