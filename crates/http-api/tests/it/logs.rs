//! What the logs say about requests, and what they never say.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use auth::Role;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::api::{Api, Setup, limits};

/// All log lines of the test binary: servers run on threads of their own, which only a global subscriber reaches.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Does everything that an auditor wants to hear of.
async fn be_conspicuous() {
    let api = Api::with(Setup {
        limits: limits(4),
        ..Setup::default()
    })
    .await;
    api.get_as("Bearer zebracorn", "/").await;
    let editor = api.token_of("zebracorn", Role::Partner, "scholarships:write");
    api.post_as(&editor, "/api/v1/scholarships", &json!({}))
        .await;
    let student = api.token_of("zebracorn-2", Role::Student, "");
    api.post_as(&student, "/api/v1/scholarships", &json!({}))
        .await;
    for _ in 0..10 {
        api.get("/").await;
    }
}

/// The audited events, each in short.
fn audited(logged: &str) -> Vec<String> {
    let events = logged.lines().filter_map(|line| {
        let event: Value = serde_json::from_str(line).ok()?;
        (event["target"] == "audit").then(|| event["fields"].clone())
    });
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    events
        .map(|fields| {
            let kind = text(&fields["event"]);
            let what = ["code", "class", "permission"]
                .map(|name| text(&fields[name]))
                .concat();
            let told_apart = match text(&fields["caller"]).len() {
                0 => text(&fields["network"]),
                32 => "a digest".to_owned(),
                _ => "?".to_owned(),
            };
            format!("{kind} {what} {told_apart}")
        })
        .collect()
}

#[actix_web::test]
async fn requests_are_logged_by_route_and_id_but_never_with_what_students_say() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        // Everything but spans for traces, which no log of ours shows.
        .with_env_filter("trace,otel=off")
        .with_writer(lines.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber)
        .expect("the only subscriber of these tests");
    let api = Api::start().await;
    let headers = [("X-Request-Id", "request-for-the-logs")];
    api.send("GET", "/api/v1/search?q=zebracorn", &headers, None)
        .await;
    api.get("/api/v1/eligibility/check?attributes=religion:zebracorn&household_income=1234567")
        .await;
    api.get("/api/v1/recommendations?attributes=religion:zebracorn&gpa=zebracorn")
        .await;
    let profile = json!({"attributes": {"religion": "zebracorn"}, "household_income": 1_234_567});
    for target in [
        "/api/v1/search",
        "/api/v1/eligibility/check",
        "/api/v1/eligibility/unlocks",
    ] {
        api.post(target, &json!({"profile": profile})).await;
    }
    for target in [
        "/api/v1/search%3Fq=zebracorn",
        "/students/zebracorn@example.org",
        "/api/v1/scholarships/zebracorn",
    ] {
        api.get(target).await;
    }
    be_conspicuous().await;
    let logged = lines
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let logged = String::from_utf8(logged).unwrap();
    assert_eq!(
        audited(&logged),
        [
            "token_refused TOKEN_MALFORMED 127.0.0.0",
            "permission_used scholarships:write a digest",
            "permission_refused scholarships:write a digest",
            "limit_exceeded public a digest",
        ]
    );
    let access = logged
        .lines()
        .find(|line| line.contains("request-for-the-logs") && line.contains("http_api::access"))
        .expect("a line for the request");
    for part in [
        "\"route\":\"/api/v1/search\"",
        "\"status\":200",
        "\"method\":\"GET\"",
        "trace_id",
    ] {
        assert!(access.contains(part), "{part} is not in {access}");
    }
    for secret in ["zebracorn", "1234567"] {
        let own = logged.lines().find(|line| line.contains(secret));
        assert!(own.is_none(), "{own:?}");
    }
}
