//! What happens when the collector does not behave, is not there, or the process ends.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::collector_stub::{Behaviour, CollectorStub};
use tokio::task::JoinSet;

use super::{CALLER, TRACE, Traced, borrowed, model};
use crate::assistant::stub as model_stub;
use crate::client::get;
use crate::replica::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_sent_before_the_end() {
    let stub = CollectorStub::start();
    let variables = [("OTEL_BSP_SCHEDULE_DELAY", "60000")];
    let mut traced = Traced::start(&stub.endpoint(), &variables);
    for _ in 0..30 {
        get(traced.address(), "/api/v1/search?q=nursing").await;
    }
    assert_eq!(stub.requests(), 0, "it waits for more");
    traced.process.signal("TERM");
    assert!(
        traced
            .process
            .ended(Duration::from_secs(10))
            .await
            .success()
    );
    assert_eq!(stub.spans().len(), 30);
}

/// Requests at once, each connection with several; answers how long it took.
async fn many_requests(address: SocketAddr, requests: usize) -> Duration {
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        callers.spawn(async move {
            for _ in 0..requests / 20 {
                let answer = get(address, "/api/v1/search?q=nursing&limit=1").await;
                assert_eq!(answer.status, 200);
            }
        });
    }
    callers.join_all().await;
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_collector_does_requests_go_on_and_losses_are_counted() {
    const REQUESTS: usize = 2_000;
    const QUEUE: f64 = 256.0;
    let small = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "256"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
        ("MAX_CONNECTIONS_PER_IP", "2000"),
    ];
    let silent_port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("is bound")
    };
    let cases = [
        (None, "failure"),
        (Some(Behaviour::Silence), "timeout"),
        (Some(Behaviour::Status(500)), "failure"),
        (Some(Behaviour::Status(503)), "failure"),
        (Some(Behaviour::Reset), "failure"),
        (Some(Behaviour::Slow(Duration::from_millis(300))), "success"),
    ];
    for (behaviour, outcome) in cases {
        let stub = behaviour.is_some().then(CollectorStub::start);
        let endpoint = stub
            .as_ref()
            .map_or(format!("http://{silent_port}"), CollectorStub::endpoint);
        let mut traced = Traced::start(&endpoint, &small);
        if let (Some(stub), Some(behaviour)) = (&stub, behaviour) {
            stub.always(behaviour);
        }
        let took = many_requests(traced.address(), REQUESTS).await;
        assert!(took < Duration::from_secs(60), "{behaviour:?}: {took:?}");
        let labels = format!("outcome=\"{outcome}\"");
        eventually("a batch ended", async || {
            traced.metric("telemetry_exports_total", &labels).await > 0.0
        })
        .await;
        // Each span is in the collector, lost and counted, or waits in the queue or in the one batch under way.
        let arrived = || stub.as_ref().map_or(0, |stub| stub.spans().len()) as f64;
        let lost = traced
            .metric("telemetry_spans_dropped_total", "version=")
            .await;
        let waiting = REQUESTS as f64 - arrived() - lost;
        assert!(waiting <= 2.0 * QUEUE, "{behaviour:?}: {waiting} wait");
        if outcome != "success" {
            assert!(lost > 0.0, "{behaviour:?}");
        }
        // A collector that is back gets what comes then.
        if let Some(stub) = &stub {
            stub.always(Behaviour::Take);
            let before = stub.spans().len();
            eventually("traces arrive again", async || {
                get(traced.address(), "/api/v1/search?q=music").await;
                stub.spans().len() > before
            })
            .await;
            stub.always(behaviour.expect("there is one"));
        }
        get(traced.address(), "/api/v1/search?q=nursing").await;
        let begun = Instant::now();
        traced.process.signal("TERM");
        assert!(
            traced
                .process
                .ended(Duration::from_secs(12))
                .await
                .success()
        );
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "{behaviour:?}: {:?}",
            begun.elapsed()
        );
        let said = traced.log().await.matches("does not take traces").count();
        assert!(said <= 3, "{behaviour:?}: said {said} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_nothing_is_sent_and_callers_keep_their_trace_id() {
    let openai = model_stub();
    let variables = model(&openai);
    let mut variables = borrowed(&variables);
    variables.push(("LOG_LEVEL", "info"));
    let traced = Traced::start("", &variables);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let answer = traced.enhanced_with_context("nursing", &parent, "").await;
    assert_eq!(answer.status, 200);
    assert!(!openai.calls()[0].headers.contains_key("traceparent"));
    let answer = traced
        .with_context("/api/v1/scholarships/sch_no", &parent, "")
        .await;
    assert_eq!(answer.json()["trace_id"], TRACE);
    let log = traced.log().await;
    let line = log.lines().find(|line| line.contains("http_api::access"));
    let line: Value = serde_json::from_str(line.expect("is logged")).expect("JSON");
    assert_eq!(line["trace_id"], TRACE);
    assert!(line.get("span_id").is_none());
}
