//! From the queue to the collector, on a thread of its own: requests only ever put a span into the queue, or find it full.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::collector::{Collector, Sent};
use super::{LAST_EXPORT, TraceError, TraceSettings};
use crate::metrics::ExportCounters;

/// Spans that are sent at once, at most.
const BATCH: usize = 512;

/// Where spans wait until they are sent. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct SpanQueue {
    sender: Sender<SpanData>,
    /// There is a batch.
    enough: Arc<Notify>,
    batch: usize,
    counters: ExportCounters,
}

impl SpanQueue {
    pub(super) fn new(
        capacity: usize,
        batch: usize,
        counters: ExportCounters,
    ) -> (Self, Receiver<SpanData>) {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        let queue = Self {
            sender,
            enough: Arc::default(),
            batch: batch.min(capacity),
            counters,
        };
        (queue, receiver)
    }

    /// Never waits: a span for which there is no room is dropped and counted.
    pub(super) fn offer(&self, span: SpanData) {
        if self.sender.try_send(span).is_err() {
            self.counters.spans_dropped(1);
        }
        // Waking the thread for every span would cost each request a system call.
        if self.sender.max_capacity() - self.sender.capacity() >= self.batch {
            self.enough.notify_one();
        }
    }

    pub(super) fn count_dropped(&self, spans: u64) {
        self.counters.spans_dropped(spans);
    }

    #[cfg(test)]
    pub(super) fn dropped(&self) -> u64 {
        self.counters.dropped()
    }
}

/// Sends until it is stopped; dropped without that, it sends nothing more.
#[derive(Debug)]
pub(crate) struct TraceExport {
    stop: watch::Sender<Option<Instant>>,
    ended: oneshot::Receiver<()>,
}

impl TraceExport {
    /// Sends what waits, within [`LAST_EXPORT`]; what is left then is dropped.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(Some(Instant::now() + LAST_EXPORT));
        // The thread ends by itself at that time: this only makes sure of it.
        let _ = timeout(LAST_EXPORT + Duration::from_millis(500), self.ended).await;
    }
}

pub(super) fn start(
    collector: Collector,
    settings: &TraceSettings,
    counters: ExportCounters,
) -> Result<(SpanQueue, TraceExport), TraceError> {
    let (queue, waiting) = SpanQueue::new(settings.queue, BATCH, counters.clone());
    let (stop, stopped) = watch::channel(None);
    let (say_ended, ended) = oneshot::channel();
    let exporter = Exporter {
        collector,
        waiting,
        enough: Arc::clone(&queue.enough),
        batch: queue.batch,
        delay: settings.delay,
        timeout: settings.timeout,
        stopped,
        counters,
        is_failing: false,
    };
    // Its own runtime, so that neither a busy one of the server holds up the exporter, nor the exporter a request.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(TraceError::Thread)?;
    let thread = std::thread::Builder::new().name("traces".to_owned());
    let run = move || {
        runtime.block_on(exporter.run());
        // A resolver of names that hangs is not waited for.
        runtime.shutdown_background();
        let _ = say_ended.send(());
    };
    thread.spawn(run).map_err(TraceError::Thread)?;
    Ok((queue, TraceExport { stop, ended }))
}

struct Exporter {
    collector: Collector,
    waiting: Receiver<SpanData>,
    enough: Arc<Notify>,
    batch: usize,
    delay: Duration,
    timeout: Duration,
    /// When everything must be over.
    stopped: watch::Receiver<Option<Instant>>,
    counters: ExportCounters,
    /// The last batch did not arrive.
    is_failing: bool,
}

impl Exporter {
    async fn run(mut self) {
        loop {
            let stopped = self.stopped.wait_for(Option::is_some);
            let is_stopping = tokio::select! {
                _ = stopped => true,
                () = self.enough.notified() => false,
                () = sleep(self.delay) => false,
            };
            self.send_waiting().await;
            if is_stopping {
                return;
            }
        }
    }

    /// Until less than a batch waits; when stopped, until nothing does.
    async fn send_waiting(&mut self) {
        loop {
            let mut batch = Vec::with_capacity(self.batch.min(self.waiting.len()));
            while batch.len() < self.batch
                && let Ok(span) = self.waiting.try_recv()
            {
                batch.push(span);
            }
            let is_full = batch.len() == self.batch;
            if !batch.is_empty() {
                self.send(batch).await;
            }
            if !is_full {
                return;
            }
        }
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        let spans = batch.len() as u64;
        let mut stopped = self.stopped.clone();
        let over = async {
            // An error means that nobody waits any more.
            let deadline = stopped.wait_for(Option::is_some).await;
            let deadline = deadline.ok().and_then(|deadline| *deadline);
            sleep_until(deadline.unwrap_or_else(Instant::now)).await;
        };
        let sent = tokio::select! {
            biased;
            sent = timeout(self.timeout, self.collector.send(batch)) => sent.unwrap_or(Sent::TooLate),
            () = over => Sent::TooLate,
        };
        self.counters.exported(sent.outcome());
        if sent != Sent::Taken {
            self.counters.spans_dropped(spans);
        }
        self.tell(sent);
    }

    /// Once when it begins to fail, and once when it is over.
    fn tell(&mut self, sent: Sent) {
        let is_failing = sent != Sent::Taken;
        if is_failing && !self.is_failing {
            let outcome = sent.outcome();
            tracing::warn!(
                outcome,
                "the collector does not take traces; they are dropped until it does"
            );
        } else if self.is_failing && !is_failing {
            tracing::info!("the collector takes traces again");
        }
        self.is_failing = is_failing;
    }
}
