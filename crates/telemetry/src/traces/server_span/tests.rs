use opentelemetry::trace::{SpanBuilder, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::sync::mpsc::Receiver;

use super::super::exporting::SpanQueue;
use super::*;
use crate::traces::Sampling;

struct Traced {
    requests: RequestTraces,
    /// Of spans in requests.
    tracer: SdkTracer,
    sent: Receiver<SpanData>,
}

impl Traced {
    fn at(ratio: f64) -> Self {
        let (queue, sent) = SpanQueue::new(1_000, 512, Default::default());
        let keeper = Keeper::new(queue);
        let sampler = HeadSampler::new(Sampling {
            follows_parent: true,
            ratio,
        });
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler.clone())
            .with_span_processor(keeper.clone())
            .build();
        Self {
            requests: RequestTraces::new(sampler, keeper, InstrumentationScope::default()),
            tracer: provider.tracer("test"),
            sent,
        }
    }

    fn request(&self) -> ServerSpan {
        self.requests.begin(|| incoming(None))
    }

    /// A call in whatever is around it.
    fn call(&self, fails: bool) {
        use opentelemetry::trace::Span as _;
        let builder = SpanBuilder::from_name("call").with_kind(SpanKind::Client);
        let mut span = self.tracer.build_with_context(builder, &Context::current());
        if fails {
            span.set_status(Status::error(""));
        }
        span.end();
    }

    fn sent(&mut self) -> Vec<SpanData> {
        std::iter::from_fn(|| self.sent.try_recv().ok()).collect()
    }

    fn names(&mut self) -> Vec<String> {
        let spans = self.sent().into_iter();
        let spans = spans.inspect(|span| assert!(span.span_context.is_sampled()));
        spans.map(|span| span.name.into_owned()).collect()
    }
}

fn incoming(parent: Option<&'static str>) -> Incoming<'static> {
    Incoming {
        method: "GET",
        scheme: "http",
        host: Some("api.example:5000"),
        version: "1.1",
        parent: parent.and_then(TraceParent::parse),
        trace_state: None,
    }
}

fn texts(span: &SpanData) -> Vec<String> {
    let attributes = span.attributes.iter();
    let mut texts: Vec<_> = attributes
        .map(|one| format!("{}={}", one.key, one.value))
        .collect();
    texts.sort();
    texts
}

#[test]
fn a_host_is_split_if_it_is_one() {
    for (host, expected) in [
        ("api.example", Some(("api.example", None))),
        ("api.example:8443", Some(("api.example", Some(8443)))),
        ("[::1]:5000", Some(("[::1]", Some(5000)))),
        ("[::1]", Some(("[::1]", None))),
        ("api.example:port", None),
        ("ann.lee@example.org", None),
        ("", None),
    ] {
        assert_eq!(split_host(host), expected, "{host}");
    }
}

#[test]
fn without_a_collector_there_is_no_span() {
    let mut span = RequestTraces::default().begin(|| panic!("nobody wants to know"));
    assert_eq!(span.ids(), None);
    span.answered(Some("/"), 500, Some("INTERNAL_ERROR"));
}

#[test]
fn a_span_says_what_the_conventions_ask_for() {
    let mut traced = Traced::at(1.0);
    let mut span = traced.request();
    let ids = span.ids().unwrap();
    span.answered(Some("/a/{id}"), 503, Some("STORE_UNAVAILABLE"));
    drop(span);
    let sent = traced.sent();
    let [span] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(span.name, "GET /a/{id}");
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(span.status, Status::error(""));
    assert_eq!(span.span_context.trace_id().to_string(), ids.trace);
    assert_eq!(span.span_context.span_id().to_string(), ids.span);
    assert_eq!(span.parent_span_id, SpanId::INVALID);
    assert!(!span.parent_span_is_remote);
    assert_eq!(
        texts(span),
        [
            "error.type=STORE_UNAVAILABLE",
            "http.request.method=GET",
            "http.response.status_code=503",
            "http.route=/a/{id}",
            "network.protocol.name=http",
            "network.protocol.version=1.1",
            "server.address=api.example",
            "server.port=5000",
            "url.scheme=http",
        ]
    );
}

#[test]
fn a_method_that_nobody_knows_has_no_name_of_its_own() {
    let mut traced = Traced::at(1.0);
    let asked = || Incoming {
        method: "BREW",
        scheme: "https",
        ..incoming(None)
    };
    traced.requests.begin(asked).answered(Some("/"), 405, None);
    let sent = traced.sent();
    assert_eq!(sent[0].name, "HTTP /");
    assert_eq!(sent[0].status, Status::Unset);
    let texts = texts(&sent[0]);
    assert!(texts.contains(&"http.request.method=_OTHER".to_owned()));
    assert!(texts.contains(&"url.scheme=https".to_owned()));
}

#[test]
fn a_caller_who_leaves_ends_the_span() {
    let mut traced = Traced::at(1.0);
    drop(traced.request());
    assert_eq!(traced.names(), ["GET"]);
}

#[test]
fn the_parent_of_another_process_is_taken_over() {
    let mut traced = Traced::at(0.0);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut span = traced.requests.begin(|| incoming(Some(parent)));
    let ids = span.ids().unwrap();
    assert_eq!(ids.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_ne!(ids.span, "00f067aa0ba902b7");
    assert!(ids.is_sampled);
    span.answered(None, 404, None);
    let sent = traced.sent();
    assert_eq!(sent[0].parent_span_id.to_string(), "00f067aa0ba902b7");
    assert!(sent[0].parent_span_is_remote);
}

#[tokio::test]
async fn calls_in_a_request_are_its_children_and_are_sent_with_it_when_something_fails() {
    for ratio in [0.0, 1.0] {
        let mut traced = Traced::at(ratio);
        let fails = [(false, false), (true, false), (false, true)];
        for (call_fails, request_fails) in fails {
            let mut span = traced.request();
            let ids = span.ids().unwrap();
            let work = span.around(async {
                tokio::task::yield_now().await;
                traced.call(call_fails);
            });
            work.await;
            assert!(!Context::current().has_active_span());
            let status = if request_fails { 500 } else { 200 };
            span.answered(None, status, request_fails.then_some("INTERNAL_ERROR"));
            let sent = traced.sent();
            if ratio == 0.0 && !call_fails && !request_fails {
                assert_eq!(sent.len(), 0);
                continue;
            }
            let [call, request] = &sent[..] else {
                panic!("{sent:?}")
            };
            assert_eq!(call.parent_span_id.to_string(), ids.span);
            assert!(!call.parent_span_is_remote);
            for one in [call, request] {
                assert_eq!(one.span_context.trace_id().to_string(), ids.trace);
                assert!(one.span_context.is_sampled());
            }
        }
    }
}

#[test]
fn a_request_that_failed_alone_is_sent_and_one_that_did_not_is_forgotten() {
    let mut traced = Traced::at(0.0);
    traced.request().answered(None, 200, None);
    drop(traced.request());
    assert_eq!(traced.names(), Vec::<String>::new());
    traced.request().answered(None, 500, Some("INTERNAL_ERROR"));
    assert_eq!(traced.names(), ["GET"]);
}
