//! What becomes of spans that ended: those of sampled traces are sent, others wait until their request ends, and are sent only if
//! something failed in it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanContext, Status, TraceContextExt as _, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::exporting::SpanQueue;

/// Traces are spread over so many locks, by their ids.
const SHARDS: usize = 16;
/// Traces of one shard that are waited for, at most. A request beyond that is judged by its own span alone.
const TRACES_PER_SHARD: usize = 256;
/// Spans that are kept of one trace while it goes on. With the numbers above this bounds what waits here to some ten megabytes,
/// and what one request can fill of it.
const SPANS_PER_TRACE: usize = 32;

#[derive(Debug)]
pub(super) struct Keeper {
    queue: SpanQueue,
    shards: [Mutex<HashMap<TraceId, Waiting>>; SHARDS],
}

/// A trace that is not sampled and goes on.
#[derive(Debug, Default)]
struct Waiting {
    /// Requests of this trace that go on here. A caller may make several at once.
    roots: usize,
    ended: Vec<SpanData>,
    /// Spans for which there was no room.
    lost: u64,
    is_failed: bool,
}

impl Keeper {
    pub(super) fn new(queue: SpanQueue) -> Self {
        Self {
            queue,
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// For a moment only.
    fn shard(&self, trace: TraceId) -> MutexGuard<'_, HashMap<TraceId, Waiting>> {
        let [.., last] = trace.to_bytes();
        let shard = &self.shards[usize::from(last) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_unsampled(&self, span: SpanData) {
        let trace = span.span_context.trace_id();
        let is_failed = matches!(span.status, Status::Error { .. });
        let is_root = is_root(&span);
        let mut shard = self.shard(trace);
        let Some(waiting) = shard.get_mut(&trace) else {
            drop(shard);
            // There was no room for its trace, or the request has ended before.
            if is_failed {
                self.queue.offer(kept(span));
            }
            return;
        };
        waiting.is_failed |= is_failed;
        if is_root || waiting.ended.len() < SPANS_PER_TRACE {
            waiting.ended.push(span);
        } else {
            waiting.lost += 1;
        }
        if !is_root {
            return;
        }
        waiting.roots = waiting.roots.saturating_sub(1);
        if waiting.roots > 0 {
            return;
        }
        let ended = shard.remove(&trace);
        drop(shard);
        if let Some(ended) = ended.filter(|ended| ended.is_failed) {
            self.queue.count_dropped(ended.lost);
            for span in ended.ended {
                self.queue.offer(kept(span));
            }
        }
    }
}

impl SpanProcessor for Keeper {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        let context = span.span_context();
        let parent = parent.span();
        let parent = parent.span_context();
        if context.is_sampled() || (parent.is_valid() && !parent.is_remote()) {
            return;
        }
        let trace = context.trace_id();
        let mut shard = self.shard(trace);
        if shard.len() < TRACES_PER_SHARD || shard.contains_key(&trace) {
            shard.entry(trace).or_default().roots += 1;
        }
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.queue.offer(span);
        } else {
            self.end_unsampled(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// What waits in the queue is sent by [`super::TraceExport::stop`].
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Whether the span above it, if any, is in another process.
fn is_root(span: &SpanData) -> bool {
    span.parent_span_is_remote || span.parent_span_id == opentelemetry::trace::SpanId::INVALID
}

/// As one that was sampled from the beginning, which it was not for those who were called.
fn kept(mut span: SpanData) -> SpanData {
    let context = &span.span_context;
    span.span_context = SpanContext::new(
        context.trace_id(),
        context.span_id(),
        context.trace_flags().with_sampled(true),
        context.is_remote(),
        context.trace_state().clone(),
    );
    span
}

#[cfg(test)]
mod tests;
