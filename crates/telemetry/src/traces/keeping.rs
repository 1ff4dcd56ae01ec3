//! What becomes of spans that ended: those of sampled traces are sent, others wait until their request ends, and are sent only if
//! something failed in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// Clones share what they keep.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    queue: SpanQueue,
    shards: Arc<[Mutex<HashMap<TraceId, Waiting>>; SHARDS]>,
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
            shards: Arc::new(std::array::from_fn(|_| Mutex::default())),
        }
    }

    /// A request of a trace that is not sampled begins, or a task. It must [end](Self::end).
    pub(super) fn begin(&self, trace: TraceId) {
        let mut shard = self.shard(trace);
        if shard.len() < TRACES_PER_SHARD || shard.contains_key(&trace) {
            shard.entry(trace).or_default().roots += 1;
        }
    }

    /// It has ended; `root` makes its span, which is asked for only if that may be sent.
    pub(super) fn end(&self, trace: TraceId, is_failed: bool, root: impl FnOnce() -> SpanData) {
        let mut shard = self.shard(trace);
        let Some(waiting) = shard.get_mut(&trace) else {
            drop(shard);
            // There was no room for its trace.
            if is_failed {
                self.queue.offer(kept(root()));
            }
            return;
        };
        waiting.is_failed |= is_failed;
        waiting.roots = waiting.roots.saturating_sub(1);
        let is_over = waiting.roots == 0;
        let mut alone = None;
        if waiting.is_failed || !is_over {
            if waiting.ended.len() <= SPANS_PER_TRACE {
                waiting.ended.push(root());
            } else if is_failed {
                // Requests of a trace that overlap without an end would fill the memory.
                alone = Some(root());
            } else {
                waiting.lost += 1;
            }
        }
        let ended = is_over.then(|| shard.remove(&trace)).flatten();
        drop(shard);
        if let Some(span) = alone {
            self.queue.offer(kept(span));
        }
        if let Some(ended) = ended.filter(|ended| ended.is_failed) {
            self.queue.count_dropped(ended.lost);
            for span in ended.ended {
                self.queue.offer(kept(span));
            }
        }
    }

    /// One of a sampled trace.
    pub(super) fn send(&self, span: SpanData) {
        self.queue.offer(span);
    }

    /// For a moment only.
    fn shard(&self, trace: TraceId) -> MutexGuard<'_, HashMap<TraceId, Waiting>> {
        let [.., last] = trace.to_bytes();
        let shard = &self.shards[usize::from(last) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A span within a request or a task.
    fn end_inner(&self, span: SpanData) {
        let is_failed = matches!(span.status, Status::Error { .. });
        let trace = span.span_context.trace_id();
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
        if waiting.ended.len() < SPANS_PER_TRACE {
            waiting.ended.push(span);
        } else {
            waiting.lost += 1;
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
        self.begin(context.trace_id());
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.send(span);
        } else if is_root(&span) {
            let is_failed = matches!(span.status, Status::Error { .. });
            self.end(span.span_context.trace_id(), is_failed, || span);
        } else {
            self.end_inner(span);
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
