//! The thread that merges segments in the background, while readers search and writers write.
//!
//! Segments of like size are merged at once, so that there are few. Everything is merged into one from time to time, since each
//! segment costs every search some microseconds; how often is bounded by how long that takes.
//!
//! It merges what a snapshot had, then takes a writer's turn to put the result in place of its sources; what died in them
//! meanwhile dies in the result as well. If the sources are gone by then, the work was for nothing and is done anew.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::index::Shared;
use crate::segment::merged;
use crate::snapshot::{LiveSegment, Snapshot};
use crate::updates::{all_for_merge, due_for_merge};

/// From 0, what everybody has, to 19, what only runs when nobody else wants to.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

/// Wakes the thread; it ends with this.
pub(crate) struct Merger {
    /// Holds at most one call: more of them say nothing more.
    calls: Option<SyncSender<()>>,
}

impl Merger {
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        let (calls, waiting) = sync_channel(1);
        let thread = std::thread::Builder::new().name("search-merge".to_owned());
        let started = thread.spawn(move || run(&shared, &waiting));
        if let Err(error) = &started {
            tracing::error!(%error, "no thread can be started; the index works, but becomes slower with every change");
        }
        Self {
            calls: started.is_ok().then_some(calls),
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(calls) = &self.calls {
            // When it is full, the thread is about to look anyway.
            let _ = calls.try_send(());
        }
    }
}

/// Of the time, one in so many parts goes into merges of everything.
const PARTS: u32 = 20;

/// Without a change for so long, none is expected during the next merge.
const QUIET: Duration = Duration::from_secs(10);

/// When everything was last merged, and how long that took.
struct LastTime {
    ended: Instant,
    took: Duration,
}

impl LastTime {
    /// How long the next merge of everything has to wait.
    fn rest(&self, pause: Duration) -> Duration {
        let pause = pause.max(self.took * (PARTS - 1));
        pause.saturating_sub(self.ended.elapsed())
    }
}

fn run(shared: &Shared, calls: &Receiver<()>) {
    step_back();
    let pause = shared.merge_all_pause();
    let mut last_time = LastTime {
        ended: Instant::now(),
        took: Duration::ZERO,
    };
    let mut changed = Instant::now();
    loop {
        let has_several = shared.present().segments.len() > 1;
        let called = if has_several {
            // Not at once, so that a merge that was for nothing is not tried again and again.
            let rest = last_time.rest(pause).max(Duration::from_millis(1));
            calls.recv_timeout(rest)
        } else {
            calls.recv().map_err(RecvTimeoutError::from)
        };
        match called {
            Ok(()) => changed = Instant::now(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        // Whatever goes wrong in here has changed nothing that readers see, and the next call tries again.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let due = |segments: &[LiveSegment]| due_for_merge(segments, shared.delta());
            while merge_once(shared, due) {}
            if last_time.rest(pause).is_zero() {
                let begun = Instant::now();
                let is_quiet = changed.elapsed() >= QUIET.min(pause);
                let all =
                    |segments: &[LiveSegment]| all_for_merge(segments, shared.delta(), is_quiet);
                merge_once(shared, all);
                last_time = LastTime {
                    ended: Instant::now(),
                    took: begun.elapsed(),
                };
            }
        }));
        if outcome.is_err() {
            tracing::error!("merging segments panicked; the index goes on with those that it has");
        }
    }
}

/// Lets searches and changes have the processors first: a merge is never urgent.
fn step_back() {
    // Linux takes this for the calling thread alone; elsewhere it would slow the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "merging runs at the priority of everybody else");
    }
}

/// Whether there was anything to merge.
fn merge_once(shared: &Shared, due: impl FnOnce(&[LiveSegment]) -> Option<Range<usize>>) -> bool {
    let present = shared.present();
    let Some(due) = due(&present.segments) else {
        return false;
    };
    let sources = &present.segments[due];
    let parts: Vec<_> = sources
        .iter()
        .map(|live| (&*live.segment, &*live.dead))
        .collect();
    let (segment, numbers) = merged(&parts);
    let result = LiveSegment::of(segment);
    shared.write(|now| put_in_place(now, sources, result, &numbers));
    true
}

/// The snapshot with `result` where the sources were, if they still are. `numbers` tells for each source and document its number
/// in the result.
fn put_in_place(
    now: &Snapshot,
    sources: &[LiveSegment],
    mut result: LiveSegment,
    numbers: &[Vec<u32>],
) -> Option<Snapshot> {
    let is_source =
        |(live, source): (&LiveSegment, &LiveSegment)| Arc::ptr_eq(&live.segment, &source.segment);
    let at = now
        .segments
        .windows(sources.len())
        .position(|window| window.iter().zip(sources).all(is_source))?;
    let present = &now.segments[at..at + sources.len()];
    let mut dying = Vec::new();
    for ((live, source), numbers) in present.iter().zip(sources).zip(numbers) {
        let died = (0..).zip(numbers).filter(|(document, _)| {
            live.dead.contains(*document) && !source.dead.contains(*document)
        });
        dying.extend(died.map(|(_, number)| *number));
    }
    result.kill(&dying);
    let mut next = now.clone();
    let result = Some(result).filter(|result| result.live_count() > 0);
    next.segments.splice(at..at + sources.len(), result);
    Some(next)
}
