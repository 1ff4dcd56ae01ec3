//! Traces of a real server in a real collector: what is in them, and what goes in and out with them.

mod collectors;
mod logs;

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use auth::Role;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::PrivatePostgres;
use testkit::collector_stub::{CollectorStub, ReceivedSpan, SpanKind};
use testkit::command_center_stub::{CallKind, CommandCenterStub};
use testkit::openai_stub::{self, OpenAiStub};
use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::assistant::stub as model_stub;
use crate::client::{Answer, ask, ask_with, get};
use crate::process::{Process, command, token};
use crate::replica::{Replica, database, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
/// Longer than lines of a log wait to be written.
const LOGGED_WITHIN: Duration = Duration::from_millis(300);

struct Traced {
    process: Process,
    folder: TempDir,
}

impl Traced {
    /// With everything sampled, unless the variables say otherwise.
    fn start(endpoint: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = std::fs::File::create(folder.path().join("log")).expect("is made");
        let mut command = command(folder.path());
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_TRACES_SAMPLER_ARG", "1")
            .env("OTEL_BSP_SCHEDULE_DELAY", "50")
            .env("LOG_FORMAT", "json")
            .env("APP_VERSION", "1.2.3")
            .envs(variables.iter().copied())
            .stderr(Stdio::from(log));
        Self {
            process: Process::spawn(&mut command),
            folder,
        }
    }

    fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// Once everything that was said is written: lines wait for a moment.
    async fn log(&self) -> String {
        tokio::time::sleep(LOGGED_WITHIN).await;
        std::fs::read_to_string(self.folder.path().join("log")).expect("is readable")
    }

    async fn with_context(&self, target: &str, parent: &str, state: &str) -> Answer {
        self.asked_with_context("GET", target, None, parent, state)
            .await
    }

    async fn enhanced_with_context(&self, query: &str, parent: &str, state: &str) -> Answer {
        let body = json!({"query": query});
        self.asked_with_context("POST", "/ai/enhance-search", Some(&body), parent, state)
            .await
    }

    async fn asked_with_context(
        &self,
        method: &str,
        target: &str,
        body: Option<&Value>,
        parent: &str,
        state: &str,
    ) -> Answer {
        let headers = [
            ("Traceparent", parent.to_owned()),
            ("Tracestate", state.to_owned()),
        ];
        let answer = ask_with(self.address(), method, target, &headers, body).await;
        answer.expect("answered")
    }

    /// Of the one series of this name with these labels.
    async fn metric(&self, name: &str, labels: &str) -> f64 {
        let metrics = get(self.process.admin_address, "/metrics").await.body;
        let series = format!("{name}{{");
        let mut lines = metrics.lines();
        let line = lines.find(|line| line.starts_with(&series) && line.contains(labels));
        let line = line.unwrap_or_else(|| panic!("{name} with {labels} in {metrics}"));
        let value = line.rsplit(' ').next().expect("a value");
        value.parse().expect("a number")
    }
}

fn model(stub: &OpenAiStub) -> [(&'static str, String); 4] {
    [
        ("OPENAI_API_KEY", "a-key-for-tests".to_owned()),
        ("OPENAI_BASE_URL", stub.base_url()),
        ("OPENAI_MAX_RETRIES", "0".to_owned()),
        ("RATE_LIMIT_AI", "1000000/second".to_owned()),
    ]
}

fn borrowed<'a>(variables: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    let pairs = variables.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

/// The first span of this name, once it is there.
async fn span(stub: &CollectorStub, name: &str) -> ReceivedSpan {
    let find = || stub.spans().into_iter().find(|span| span.name == name);
    eventually(name, async || find().is_some()).await;
    find().expect("it was there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_with_what_the_conventions_ask_for() {
    let stub = CollectorStub::start();
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc");
    let traced = Traced::start(&stub.endpoint(), &[headers]);
    get(traced.address(), "/api/v1/search?q=xylophone&limit=1").await;
    let search = span(&stub, "GET /api/v1/search").await;
    assert_eq!(search.kind, SpanKind::Server);
    assert_eq!(search.parent_id, "");
    assert!(!search.is_error);
    assert!(search.nanoseconds > 0);
    let port = traced.address().port().to_string();
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/api/v1/search"),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("server.address", "127.0.0.1"),
        ("server.port", port.as_str()),
        ("network.protocol.name", "http"),
        ("network.protocol.version", "1.1"),
        ("error.type", ""),
    ] {
        assert_eq!(search.attribute(name), value, "{name}");
    }
    assert_eq!(search.resource["service.name"], "scholarship-api");
    assert_eq!(search.resource["service.version"], "1.2.3");
    assert_eq!(
        search.resource["deployment.environment.name"],
        "development"
    );
    assert_eq!(stub.authorization().as_deref(), Some("Bearer abc"));

    get(traced.address(), "/some/path/of/ann").await;
    let unmatched = span(&stub, "GET").await;
    assert_eq!(unmatched.attribute("http.response.status_code"), "404");
    assert!(!unmatched.attributes.contains_key("http.route"));
    assert!(!unmatched.is_error, "it is the caller's");
    let answer = ask(traced.address(), "BREW", "/healthz", None, None).await;
    answer.expect("answered");
    let is_other = |span: &ReceivedSpan| span.attribute("http.request.method") == "_OTHER";
    eventually("the unknown method", async || {
        stub.spans().iter().any(is_other)
    })
    .await;
    assert!(!String::from_utf8_lossy(&stub.bytes()).contains("BREW"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_goes_on_here_and_in_the_services_that_are_called() {
    let (stub, openai) = (CollectorStub::start(), model_stub());
    let variables = model(&openai);
    // Only the caller's decision has it sampled.
    let mut variables = borrowed(&variables);
    variables.push(("OTEL_TRACES_SAMPLER_ARG", "0"));
    let traced = Traced::start(&stub.endpoint(), &variables);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let answer = traced
        .enhanced_with_context("xylophone", &parent, "vendor=a,other=b")
        .await;
    assert_eq!(answer.status, 200);
    let request = span(&stub, "POST /ai/enhance-search").await;
    let call = span(&stub, "POST").await;
    assert_eq!(
        (request.trace_id.as_str(), call.trace_id.as_str()),
        (TRACE, TRACE)
    );
    assert_eq!(request.parent_id, CALLER);
    assert_eq!(request.trace_state, "vendor=a,other=b");
    // Whoever asks the same meanwhile waits for the same answer.
    let question = span(&stub, "model question").await;
    assert_eq!(question.parent_id, request.span_id);
    assert_eq!(call.parent_id, question.span_id);
    assert_eq!(call.kind, SpanKind::Client);
    assert_eq!(call.attribute("peer.service"), "openai");
    assert_eq!(call.attribute("http.response.status_code"), "200");
    assert_eq!(
        call.attribute("server.port"),
        openai.address().port().to_string()
    );
    let sent = &openai.calls()[0].headers;
    assert_eq!(
        sent["traceparent"],
        format!("00-{TRACE}-{}-01", call.span_id)
    );
    assert_eq!(sent["tracestate"], "vendor=a,other=b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_context_counts_as_none() {
    let stub = CollectorStub::start();
    let traced = Traced::start(&stub.endpoint(), &[]);
    let bad = [
        "nonsense".to_owned(),
        format!("00-{TRACE}-{CALLER}"),
        format!("00-{}-{CALLER}-01", "0".repeat(32)),
        format!("ff-{TRACE}-{CALLER}-01"),
        "x".repeat(4_000),
    ];
    for parent in &bad {
        let answer = traced
            .with_context("/api/v1/search?q=a", parent, "=,=;")
            .await;
        assert_eq!(answer.status, 200, "{parent}");
    }
    eventually("all spans", async || stub.spans().len() == bad.len()).await;
    for span in stub.spans() {
        assert_ne!(span.trace_id, TRACE);
        assert_eq!(
            (span.parent_id.as_str(), span.trace_state.as_str()),
            ("", "")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_requests_are_sent_whole_although_nothing_is_sampled() {
    let (stub, openai) = (CollectorStub::start(), model_stub());
    let variables = model(&openai);
    let mut variables = borrowed(&variables);
    variables.push(("OTEL_TRACES_SAMPLER_ARG", "0"));
    variables.push(("OPENAI_FALLBACK_ENABLED", "false"));
    let traced = Traced::start(&stub.endpoint(), &variables);
    for _ in 0..20 {
        get(traced.address(), "/api/v1/search?q=nursing").await;
    }
    let enhanced = async |query: &str| {
        let body = json!({"query": query});
        let answer = ask(
            traced.address(),
            "POST",
            "/ai/enhance-search",
            None,
            Some(&body),
        )
        .await;
        answer.expect("answered").status
    };
    assert_eq!(enhanced("nursing").await, 200);
    openai.always(openai_stub::Behaviour::server_error());
    assert_eq!(enhanced("music").await, 503);
    let request = span(&stub, "POST /ai/enhance-search").await;
    assert!(request.is_error);
    assert_eq!(request.attribute("http.response.status_code"), "503");
    assert_eq!(request.attribute("error.type"), "AI_UNAVAILABLE");
    let call = span(&stub, "POST").await;
    assert!(call.is_error);
    assert_eq!(call.attribute("error.type"), "500");
    let question = span(&stub, "model question").await;
    assert_eq!(question.parent_id, request.span_id);
    assert_eq!(call.parent_id, question.span_id);
    // Nobody else was told that it would be sent.
    let sent = openai.calls();
    assert!(sent[1].headers["traceparent"].ends_with("-00"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(stub.spans().len(), 3, "{:?}", stub.spans());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_and_the_news_of_it_are_traces_that_name_it() {
    let (stub, center) = (CollectorStub::start(), CommandCenterStub::start());
    let traced = Traced::start(&stub.endpoint(), &[("COMMAND_CENTER_URL", &center.url())]);
    let body = json!({
        "task_id": "task-1", "action": "scholarship_api.search", "trace_id": TRACE,
        "payload": {"query": "", "pagination": {"page": 1, "size": 1}},
        "resources": {"priority": 5, "timeout_ms": 10_000, "retry": 1},
        "reply_to": center.callback_url("task-1"),
    });
    let agent = token(Role::Agent, "planner");
    let taken = ask(
        traced.address(),
        "POST",
        "/agent/task",
        Some(&agent),
        Some(&body),
    )
    .await;
    assert_eq!(taken.expect("answered").status, 202);
    let request = span(&stub, "POST /agent/task").await;
    let taken = span(&stub, "take in task").await;
    assert_eq!(taken.parent_id, request.span_id);
    assert_eq!(taken.attribute("agent.task.id"), "task-1");
    let task = span(&stub, "scholarship_api.search").await;
    assert_eq!(
        (task.kind, task.parent_id.as_str()),
        (SpanKind::Consumer, "")
    );
    assert_eq!(task.attribute("agent.task.id"), "task-1");
    assert_eq!(task.attribute("agent.task.outcome"), "succeeded");
    assert_eq!(task.attribute("agent.task.trace_id"), TRACE);
    let notices = || {
        stub.spans()
            .into_iter()
            .filter(|span| span.name == "notice")
            .collect::<Vec<_>>()
    };
    eventually("all notices", async || notices().len() == 3).await;
    let calls = stub.spans();
    let call = calls
        .iter()
        .find(|span| span.name == "POST" && span.parent_id == notices()[0].span_id);
    let call = call.expect("the notice was sent");
    assert_eq!(call.attribute("peer.service"), "command_center");
    // The sender's trace is the one that it is told of.
    assert_eq!(call.links, [TRACE]);
    let callback = &center.calls_of(CallKind::Callback)[0];
    let parent = callback.headers.get("traceparent").expect("is there");
    assert!(parent.starts_with(&format!("00-{TRACE}-")), "{parent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_are_part_of_a_request_and_looks_without_one_are_not_traced() {
    let stub = CollectorStub::start();
    let redis = PrivateRedis::start(RedisOptions::default()).await;
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let (endpoint, redis_url) = (stub.endpoint(), redis.url());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_TRACES_SAMPLER_ARG", "1"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("REDIS_URL", redis_url.as_str()),
    ];
    let replica = Replica::start_with(&url, "session", &variables);
    // Followers and workers ask the store all the while.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stub.spans().len(), 0, "{:?}", stub.spans());
    replica.created("The Zitherplayer Scholarship").await;
    let request = span(&stub, "POST /api/v1/scholarships").await;
    for (name, system, operation) in [
        ("WRITE", "postgresql", "WRITE"),
        ("redis", "redis", "EVALSHA"),
    ] {
        let called = span(&stub, name).await;
        assert_eq!(called.kind, SpanKind::Client);
        assert_eq!(called.trace_id, request.trace_id);
        assert_eq!(called.parent_id, request.span_id, "{name}");
        assert_eq!(called.attribute("db.system.name"), system);
        assert_eq!(called.attribute("db.operation.name"), operation);
        assert!(!called.is_error);
    }
    server.kill();
    assert_eq!(replica.create("The Other Scholarship").await.status, 503);
    let is_failed = |span: &ReceivedSpan| span.name == "WRITE" && span.is_error;
    eventually("the failure", async || stub.spans().iter().any(is_failed)).await;
    assert!(!String::from_utf8_lossy(&stub.bytes()).contains("Zitherplayer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_reaches_the_collector() {
    let (stub, openai) = (CollectorStub::start(), model_stub());
    let variables = model(&openai);
    let traced = Traced::start(&stub.endpoint(), &borrowed(&variables));
    let address = traced.address();
    let student = token(Role::Student, "subject-of-ann");
    let profile = json!({
        "gpa": 3.17, "state_of_residence": "NV", "citizenship": "us_citizen",
        "fields_of_study": ["engineering"],
    });
    let found = get(
        address,
        "/api/v1/search?q=zitherplayer+ann.lee@example.org&limit=1",
    )
    .await;
    let id = found.json()["data"][0]["id"].clone();
    let requests: [(&str, &str, Option<Value>); 6] = [
        (
            "POST",
            "/api/v1/eligibility/check",
            Some(json!({"profile": profile, "scholarship_ids": [id]})),
        ),
        (
            "POST",
            "/api/v1/recommendations",
            Some(json!({"profile": profile})),
        ),
        (
            "POST",
            "/ai/enhance-search",
            Some(json!({"query": "zitherplayer, write to ann.lee@example.org"})),
        ),
        (
            "POST",
            "/api/v1/search",
            Some(json!({"query": "zitherplayer"})),
        ),
        ("GET", "/zitherplayer/ann.lee@example.org", None),
        (
            "POST",
            "/api/v1/eligibility/check",
            Some(json!({"profile": {"gpa": "zitherplayer"}})),
        ),
    ];
    for (method, target, body) in requests {
        let headers = [
            ("Authorization", format!("Bearer {student}")),
            ("User-Agent", "zitherplayer".to_owned()),
            ("X-Forwarded-For", "203.0.113.77".to_owned()),
        ];
        let answer = ask_with(address, method, target, &headers, body.as_ref()).await;
        answer.expect("answered");
    }
    eventually("all spans", async || {
        let spans = stub.spans();
        spans
            .iter()
            .filter(|span| span.kind == SpanKind::Server)
            .count()
            == 7
    })
    .await;
    let bytes = stub.bytes();
    let received = String::from_utf8_lossy(&bytes);
    assert!(
        received.contains("/api/v1/search"),
        "the search would find it"
    );
    for secret in [
        "zitherplayer",
        "ann.lee",
        "example.org",
        "subject-of-ann",
        &student,
        "203.0.113.77",
        "3.17",
        "us_citizen",
        "a-key-for-tests",
    ] {
        assert!(!received.contains(secret), "{secret}");
    }
}
