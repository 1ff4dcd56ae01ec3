//! Values that threads change without waiting for each other.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// With more threads than parts some share one, which costs time but no count.
const PARTS: usize = 16;

/// A value for each thread, which stays when the thread ends: together they are what all threads did.
#[derive(Debug, Default)]
pub(super) struct PerThread<T> {
    parts: [Part<T>; PARTS],
}

/// Alone on its cache lines, so that threads do not slow each other by being neighbours.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Part<T>(T);

impl<T> PerThread<T> {
    pub(super) fn own(&self) -> &T {
        &self.parts[part_of_this_thread()].0
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().map(|part| &part.0)
    }
}

fn part_of_this_thread() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: Cell<Option<usize>> = const { Cell::new(None) };
    }
    PART.get().unwrap_or_else(|| {
        let part = THREADS.fetch_add(1, Ordering::Relaxed) % PARTS;
        PART.set(Some(part));
        part
    })
}

/// A counter that is summed up when it is read. Clones share their value.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter(Arc<PerThread<AtomicU64>>);

impl Counter {
    pub(super) fn increment(&self) {
        self.0.own().fetch_add(1, Ordering::Relaxed);
    }

    fn sum(&self) -> u64 {
        self.0.all().map(|part| part.load(Ordering::Relaxed)).sum()
    }
}

impl EncodeMetric for Counter {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.encode_counter::<NoLabelSet, _, f64>(&self.sum(), None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
