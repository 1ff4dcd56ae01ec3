//! What the logs say about requests, and what they never say.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::api::Api;

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

#[actix_web::test]
async fn requests_are_logged_by_path_and_id_but_never_with_what_students_say() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
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
    let logged = lines
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let logged = String::from_utf8(logged).unwrap();
    let access = logged
        .lines()
        .find(|line| line.contains("request-for-the-logs") && line.contains("http_api::access"))
        .expect("a line for the request");
    for part in [
        "\"path\":\"/api/v1/search\"",
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
