//! The thread that merges segments in the background, while readers search and writers write.
//!
//! It merges what a snapshot had, then takes a writer's turn to put the result in place of its sources; what died in them
//! meanwhile dies in the result as well. If the sources are gone by then, the work was for nothing and is done anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::index::Shared;
use crate::segment::merged;
use crate::snapshot::{LiveSegment, Snapshot};
use crate::updates::due_for_merge;

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

fn run(shared: &Shared, calls: &Receiver<()>) {
    step_back();
    while calls.recv().is_ok() {
        // Whatever goes wrong in here has changed nothing that readers see, and the next call tries again.
        let outcome = catch_unwind(AssertUnwindSafe(|| while merge_once(shared) {}));
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
fn merge_once(shared: &Shared) -> bool {
    let present = shared.present();
    let Some(due) = due_for_merge(&present.segments, shared.delta()) else {
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
