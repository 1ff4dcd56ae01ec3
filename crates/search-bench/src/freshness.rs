//! How long one changed record takes from `apply` until a search of another thread finds it, while all readers are busy and,
//! if wanted, the whole catalogue is merged in the background.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use adapter_search::{InProcessIndex, SearchSettings};
use anyhow::{Context as _, ensure};
use domain::{Scholarship, Timestamp};
use ports::search_index::SearchRequest;
use ports::{Change, FeedPosition, SearchIndex as _};
use serde::Serialize;

use crate::measure::quantile;
use crate::queries::Query;
use crate::{corpus, ours, output, queries};

/// Arguments of `freshness`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    count: usize,
    /// Threads that search without a pause
    #[arg(long, default_value_t = 2)]
    readers: usize,
    /// Records changed, one after the other
    #[arg(long, default_value_t = 1_500)]
    changes: usize,
    /// Begins a merge of the whole catalogue in the background before the first change
    #[arg(long)]
    during_merge: bool,
}

#[derive(Serialize)]
struct Line {
    scholarships: usize,
    readers: usize,
    changes: usize,
    during_merge: bool,
    /// Milliseconds from the call of `apply` until a search returned with the changed record.
    median: f64,
    p99: f64,
    worst: f64,
    /// Milliseconds that `apply` itself took.
    apply_median: f64,
    apply_p99: f64,
    /// What all readers together answered meanwhile.
    searches_per_second: f64,
}

/// What is written next, and who is to look for it.
struct Board {
    /// The word that the newest change put into a name; readers look for it between two of their own searches.
    awaited: Mutex<Option<SearchRequest>>,
    is_awaiting: AtomicBool,
    ended: AtomicBool,
    searches: AtomicU64,
}

/// No change takes this long unless it was lost.
const LOST: Duration = Duration::from_secs(60);
/// Lets readers search on between two changes, as between two requests of an editor.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let now = corpus::now()?;
    let (mut first, sample) = ours::changes(arguments.count)?;
    // What comes last makes a second large segment, which is merged with the first while changes arrive.
    let rest = first.split_off(if arguments.during_merge {
        arguments.count - arguments.count / 3
    } else {
        arguments.count
    });
    let index = InProcessIndex::new(SearchSettings::default());
    index.apply(first, FeedPosition::default());
    let queries = queries::make(&sample);
    let changed: Vec<Scholarship> = sample
        .into_iter()
        .filter(|scholarship| scholarship.content.is_open(now))
        .collect();
    let board = Board {
        awaited: Mutex::new(None),
        is_awaiting: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        searches: AtomicU64::new(0),
    };
    let (finder, found) = sync_channel(1);
    let (mut waits, mut applies) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        for reader in 0..arguments.readers {
            let (index, queries, board) = (&index, &queries, &board);
            let finder = finder.clone();
            scope.spawn(move || read(index, queries, reader * 997, board, &finder, now));
        }
        if !rest.is_empty() {
            index.apply(rest, FeedPosition::default());
        }
        let written = (0..arguments.changes).try_for_each(|number| -> anyhow::Result<()> {
            let mut scholarship = changed[number % changed.len()].clone();
            let mark = mark(number);
            scholarship.version += 1;
            scholarship.content.name.push_str(&mark);
            let change = vec![Change::Upserted(Box::new(scholarship))];
            let position = FeedPosition {
                transaction: 0,
                sequence: 1 + number as u64,
            };
            board.announce(Some(request(mark.trim())));
            let asked = Instant::now();
            index.apply(change, position);
            applies.push(nanoseconds(asked.elapsed()));
            waits.push(nanoseconds(wait(&found)?.duration_since(asked)));
            board.announce(None);
            // A second reader may have found it, too.
            std::thread::park_timeout(PAUSE);
            while found.try_recv().is_ok() {}
            Ok(())
        });
        board.ended.store(true, Ordering::Relaxed);
        written
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    waits.sort_unstable();
    applies.sort_unstable();
    let milliseconds = |sorted: &[u64], percent| quantile(sorted, percent) / 1_000.0;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let searches_per_second = board.searches.load(Ordering::Relaxed) as f64 / seconds;
    output::print(&Line {
        scholarships: arguments.count,
        readers: arguments.readers,
        changes: arguments.changes,
        during_merge: arguments.during_merge,
        median: milliseconds(&waits, 50),
        p99: milliseconds(&waits, 99),
        worst: milliseconds(&waits, 100),
        apply_median: milliseconds(&applies, 50),
        apply_p99: milliseconds(&applies, 99),
        searches_per_second,
    })
}

impl Board {
    fn announce(&self, request: Option<SearchRequest>) {
        let is_awaiting = request.is_some();
        *self.awaited.lock().unwrap_or_else(|lock| lock.into_inner()) = request;
        self.is_awaiting.store(is_awaiting, Ordering::Release);
    }
}

/// Searches until the end; between two searches looks for the newest change and reports when it was found.
fn read(
    index: &InProcessIndex,
    queries: &[Query],
    first: usize,
    board: &Board,
    finder: &SyncSender<Instant>,
    now: Timestamp,
) {
    let mut at = first;
    while !board.ended.load(Ordering::Relaxed) {
        let query = &queries[at % queries.len()];
        at += 1;
        std::hint::black_box(index.search(&query.request, now).is_ok());
        board.searches.fetch_add(1, Ordering::Relaxed);
        if !board.is_awaiting.load(Ordering::Acquire) {
            continue;
        }
        let awaited = board
            .awaited
            .lock()
            .unwrap_or_else(|lock| lock.into_inner());
        let request = awaited.clone();
        drop(awaited);
        let Some(request) = request else { continue };
        let answer = index.search(&request, now);
        // A word that is not there yet is corrected to the mark of an earlier change: that is not the one.
        if answer.is_ok_and(|answer| answer.total > 0 && answer.corrected.is_empty()) {
            board.is_awaiting.store(false, Ordering::Release);
            // Full: another reader has told it already.
            let _ = finder.try_send(Instant::now());
        }
    }
}

fn wait(found: &Receiver<Instant>) -> anyhow::Result<Instant> {
    let found = found.recv_timeout(LOST);
    ensure!(found.is_ok(), "a change was not found within {LOST:?}");
    found.context("the readers have ended")
}

/// A word that no other record has, more than two edits away from all others, so that no correction leads to it.
fn mark(number: usize) -> String {
    let mut mark = String::from(" zzq");
    for digit in format!("{number:04}").bytes() {
        let letter = char::from(b'a' + (digit - b'0') * 2);
        mark.extend([letter, 'q', letter, letter]);
    }
    mark
}

fn request(mark: &str) -> SearchRequest {
    SearchRequest {
        query: mark.to_owned(),
        limit: 1,
        ..SearchRequest::default()
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_differ_in_three_letters_at_least() {
        let marks: Vec<String> = (0..300).map(mark).collect();
        for (at, left) in marks.iter().enumerate() {
            for right in &marks[..at] {
                let differing = left.bytes().zip(right.bytes()).filter(|(a, b)| a != b);
                assert!(differing.count() >= 3, "{left} {right}");
            }
        }
    }

    #[test]
    fn changes_are_found() {
        run(&Arguments {
            count: 300,
            readers: 2,
            changes: 5,
            during_merge: true,
        })
        .expect("all found");
    }
}
