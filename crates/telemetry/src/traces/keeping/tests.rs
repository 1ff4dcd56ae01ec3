use opentelemetry::trace::TracerProvider as _;
use opentelemetry::trace::{SpanBuilder, SpanId, SpanKind, TraceFlags, TraceState, Tracer as _};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::sync::mpsc::Receiver;

use super::super::exporting::SpanQueue;
use super::super::sampling::HeadSampler;
use super::*;
use crate::traces::Sampling;

struct Traced {
    tracer: SdkTracer,
    queue: SpanQueue,
    sent: Receiver<SpanData>,
}

impl Traced {
    fn at(ratio: f64) -> Self {
        let (queue, sent) = SpanQueue::new(100_000, 512, Default::default());
        let provider = SdkTracerProvider::builder()
            .with_sampler(HeadSampler::new(Sampling {
                follows_parent: true,
                ratio,
            }))
            .with_span_processor(Keeper::new(queue.clone()))
            .build();
        Self {
            tracer: provider.tracer("test"),
            queue,
            sent,
        }
    }

    /// A request, which ends when the context is told so.
    fn request(&self, parent: &Context) -> Context {
        let builder = SpanBuilder::from_name("request").with_kind(SpanKind::Server);
        parent.with_span(self.tracer.build_with_context(builder, parent))
    }

    fn call(&self, request: &Context, fails: bool) {
        let builder = SpanBuilder::from_name("call").with_kind(SpanKind::Client);
        let mut span = self.tracer.build_with_context(builder, request);
        if fails {
            span.set_status(Status::error(""));
        }
        span.end();
    }

    fn names(&mut self) -> Vec<String> {
        let spans = std::iter::from_fn(|| self.sent.try_recv().ok());
        let spans = spans.inspect(|span| assert!(span.span_context.is_sampled()));
        spans.map(|span| span.name.into_owned()).collect()
    }
}

fn end(request: &Context, fails: bool) {
    if fails {
        request.span().set_status(Status::error(""));
    }
    request.span().end();
}

fn remote(trace: u128, is_sampled: bool) -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(trace),
        SpanId::from(7),
        TraceFlags::default().with_sampled(is_sampled),
        true,
        TraceState::default(),
    ))
}

#[test]
fn a_failed_request_is_sent_whole_and_others_are_not() {
    let mut traced = Traced::at(0.0);
    for (call_fails, request_fails, expected) in [
        (false, false, vec![]),
        (false, true, vec!["call", "request"]),
        (true, false, vec!["call", "request"]),
    ] {
        let request = traced.request(&Context::new());
        assert!(!request.span().span_context().is_sampled());
        traced.call(&request, call_fails);
        assert_eq!(traced.names(), Vec::<String>::new());
        end(&request, request_fails);
        assert_eq!(traced.names(), expected);
    }
}

#[test]
fn a_sampled_span_is_sent_when_it_ends() {
    let mut traced = Traced::at(1.0);
    let request = traced.request(&Context::new());
    traced.call(&request, false);
    assert_eq!(traced.names(), ["call"]);
    end(&request, false);
    assert_eq!(traced.names(), ["request"]);
}

#[test]
fn requests_of_one_trace_at_once_are_judged_together() {
    let mut traced = Traced::at(0.0);
    let parent = remote(9, false);
    let (first, second) = (traced.request(&parent), traced.request(&parent));
    traced.call(&second, false);
    end(&first, false);
    end(&second, true);
    assert_eq!(traced.names(), ["call", "request", "request"]);
}

#[test]
fn a_call_that_ends_after_its_request_counts_alone() {
    let mut traced = Traced::at(0.0);
    let request = traced.request(&Context::new());
    end(&request, false);
    traced.call(&request, false);
    assert_eq!(traced.names(), Vec::<String>::new());
    traced.call(&request, true);
    assert_eq!(traced.names(), ["call"]);
}

#[test]
fn one_request_cannot_fill_the_memory() {
    let mut traced = Traced::at(0.0);
    let request = traced.request(&Context::new());
    for _ in 0..10_000 {
        traced.call(&request, false);
    }
    end(&request, true);
    assert_eq!(traced.names().len(), SPANS_PER_TRACE + 1);
    assert_eq!(traced.queue.dropped(), 10_000 - SPANS_PER_TRACE as u64);
}

#[test]
fn requests_that_overlap_without_an_end_cannot_either() {
    let mut traced = Traced::at(0.0);
    let parent = remote(9, false);
    let mut last = traced.request(&parent);
    for _ in 0..1_000 {
        let next = traced.request(&parent);
        end(&last, false);
        last = next;
    }
    let (failed, after) = (traced.request(&parent), traced.request(&parent));
    end(&failed, true);
    assert_eq!(traced.names(), ["request"]);
    end(&last, false);
    end(&after, false);
    assert_eq!(traced.names().len(), SPANS_PER_TRACE + 1);
}

#[test]
fn many_requests_at_once_cannot_either() {
    let queue = SpanQueue::new(10, 10, Default::default()).0;
    let keeper = Keeper::new(queue);
    let provider = SdkTracerProvider::builder()
        .with_sampler(HeadSampler::new(Sampling {
            follows_parent: true,
            ratio: 0.0,
        }))
        .with_span_processor(keeper.clone())
        .build();
    let tracer = provider.tracer("test");
    let waiting = || -> usize {
        keeper
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum()
    };
    let open: Vec<_> = (1..20_000_u128)
        .map(|trace| {
            let builder = SpanBuilder::from_name("request").with_kind(SpanKind::Server);
            tracer.build_with_context(builder, &remote(trace, false))
        })
        .collect();
    assert_eq!(waiting(), SHARDS * TRACES_PER_SHARD);
    drop(open);
    assert_eq!(waiting(), 0);
}
