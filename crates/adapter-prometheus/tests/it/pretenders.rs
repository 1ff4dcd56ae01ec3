//! What answers where Prometheus should, and is none, or cannot answer as a whole.

use std::error::Error as _;
use std::time::{Duration, Instant};

use adapter_prometheus::{Limits, Prometheus, Request, Settings, TakeError};
use secrecy::SecretString;
use testkit::http_stub::{HttpStub, Reply, free_port};

use crate::world::{policy, service_metrics};

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

fn request() -> Request {
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).expect("it is a time");
    Request {
        canary: "2.0.0".to_owned(),
        stable: "1.9.0".to_owned(),
        taken_at: at(1_768_000_000),
        stage_started_at: at(1_767_990_000),
        replays: true,
    }
}

fn settings(stub: &HttpStub) -> Settings {
    let mut settings = Settings::new(format!("http://{}", stub.address()));
    settings.limits = Limits {
        query: Duration::from_millis(200),
        total: Duration::from_secs(5),
        answer: 100_000,
        ..Limits::default()
    };
    settings
}

async fn error_with(settings: &Settings) -> TakeError {
    let prometheus = Prometheus::new(settings, service_metrics(), None);
    let taken = prometheus
        .expect("they are fine")
        .take(&policy(), &request())
        .await;
    taken.expect_err("nothing here can be believed")
}

async fn error_of(reply: impl Fn() -> Reply + Send + Sync + 'static) -> String {
    let stub = HttpStub::start(free_port(), move |_| reply());
    let error = error_with(&settings(&stub)).await;
    error
        .source()
        .map_or_else(|| error.to_string(), |source| source.to_string())
}

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

#[tokio::test]
async fn each_failure_says_what_to_do() {
    let warning = EMPTY.replacen('{', r#"{"warnings":["store 2 is away"],"#, 1);
    let refused = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    for (status, headers, body, expected) in [
        ("200 OK", "", warning.as_str(), "store 2 is away"),
        (
            "200 OK",
            "",
            "<!DOCTYPE html><title>Sign in</title>",
            "page to log in",
        ),
        ("200 OK", "", refused, "too many samples"),
        ("422 Unprocessable Entity", "", refused, "too many samples"),
        ("401 Unauthorized", "", "", "bearer token"),
        ("403 Forbidden", "", "", "may not ask"),
        ("404 Not Found", "", "404 page not found", "a path missing"),
        (
            "302 Found",
            "location: https://sso.example.org/login?state=hidden\r\n",
            "",
            "sso.example.org",
        ),
        ("503 Service Unavailable", "", "busy", "try again"),
        ("418 Teapot", "", "", "never answers"),
    ] {
        let bytes = answer(status, headers, body);
        let error = error_of(move || Reply::Say(bytes.clone())).await;
        assert!(error.contains(expected), "{status}: {error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[tokio::test]
async fn answers_that_do_not_end_are_not_waited_for() {
    let begun = Instant::now();
    let silent = error_of(|| Reply::SayNoMore(Vec::new())).await;
    assert!(silent.contains("did not answer within 200 ms"), "{silent}");
    let late =
        error_of(|| Reply::SayLater(Duration::from_secs(3), answer("200 OK", "", EMPTY))).await;
    assert!(late.contains("did not answer within 200 ms"), "{late}");
    let endless = error_of(|| Reply::SayForever(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).await;
    assert!(endless.contains("longer than 100000 bytes"), "{endless}");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn answers_that_break_off_are_not_believed() {
    let broken = error_of(|| Reply::SayLast(answer("200 OK", "", EMPTY)[..90].to_vec())).await;
    assert!(broken.contains("broke off"), "{broken}");
    let reset = error_of(|| Reply::Reset).await;
    assert!(reset.contains("broke off"), "{reset}");
    let gone = free_port().local_addr().unwrap();
    let error = error_with(&Settings::new(format!("http://{gone}"))).await;
    assert!(
        error
            .source()
            .unwrap()
            .to_string()
            .contains("cannot be reached")
    );
}

#[tokio::test]
async fn the_whole_snapshot_has_a_time_limit_too() {
    let stub = HttpStub::start(free_port(), |_| {
        Reply::SayLater(Duration::from_millis(150), answer("200 OK", "", EMPTY))
    });
    let mut settings = settings(&stub);
    (settings.limits.total, settings.limits.concurrency) = (Duration::from_millis(400), 1);
    let error = error_with(&settings).await;
    assert!(matches!(error, TakeError::TimedOut(_)), "{error}");
}

#[tokio::test]
async fn credentials_are_sent_with_every_question() {
    let stub = HttpStub::start(free_port(), |request| {
        let has = |name: &str, value: &str| {
            request
                .headers
                .get(name)
                .is_some_and(|found| found == value)
        };
        if has("authorization", "Bearer word") && has("x-scope-orgid", "tenant") {
            Reply::Say(answer("200 OK", "", EMPTY))
        } else {
            Reply::Say(answer("401 Unauthorized", "", ""))
        }
    });
    let mut settings = settings(&stub);
    settings.limits.query = Duration::from_secs(5);
    assert!(error_with(&settings).await.source().is_some());
    settings.bearer_token = Some(SecretString::from("word"));
    settings.headers = vec![("X-Scope-OrgID".to_owned(), SecretString::from("tenant"))];
    let prometheus = Prometheus::new(&settings, service_metrics(), None).unwrap();
    let taken = prometheus.take(&policy(), &request()).await.unwrap();
    assert_eq!(
        taken
            .snapshot
            .canary
            .counts(rollout::snapshot::Window::Stage)
            .unwrap()
            .requests,
        None
    );
}

#[tokio::test]
async fn clocks_that_differ_are_an_error() {
    let stub = HttpStub::start(free_port(), |request| {
        let asks_time = String::from_utf8_lossy(&request.body).contains("vector%28time");
        let theirs = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1767999900"]}]}}"#;
        Reply::Say(answer("200 OK", "", if asks_time { theirs } else { EMPTY }))
    });
    let error = error_with(&settings(&stub)).await;
    assert!(matches!(error, TakeError::Clock { .. }), "{error}");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_before_anything_is_asked() {
    let stub = HttpStub::start(free_port(), |_| Reply::Reset);
    let prometheus = Prometheus::new(&settings(&stub), service_metrics(), None).unwrap();
    let mut same = request();
    same.stable = same.canary.clone();
    let mut late = request();
    late.stage_started_at = late.taken_at + chrono::TimeDelta::seconds(1);
    for request in [same, late] {
        assert!(prometheus.take(&policy(), &request).await.is_err());
    }
    assert_eq!(stub.connections(), 0);
}
