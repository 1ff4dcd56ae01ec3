//! A table of counts that threads fill without waiting for each other.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;

/// Parts of the table. With more threads than parts some share one, which costs time but no count.
const PARTS: usize = 16;

/// How often a query was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count {
    pub(super) all: u64,
    pub(super) without_results: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.without_results += other.without_results;
    }
}

pub(super) type Queries = HashMap<String, Count>;

/// Alone on its cache lines, so that threads do not slow each other by being neighbours.
#[derive(Default)]
#[repr(align(128))]
struct Part(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// Of the last count.
    day: Option<NaiveDate>,
    queries: Queries,
}

/// Counts since the last [`Self::take`]. Each thread has a part of the table to itself, so that its lock is free but for the
/// moment in which the part is taken.
pub(super) struct Counts {
    parts: [Part; PARTS],
    /// Entries of all parts.
    entries: AtomicUsize,
    most_entries: usize,
}

impl Counts {
    /// A table of at most so many entries; a query may have one in every part.
    pub(super) fn new(most_entries: usize) -> Self {
        Self {
            parts: std::array::from_fn(|_| Part::default()),
            entries: AtomicUsize::new(0),
            most_entries,
        }
    }

    /// Counts one search, unless its query is new and the table full.
    pub(super) fn add(&self, query: String, without_results: bool, day: NaiveDate) {
        let part = &self.parts[part_of_this_thread()].0;
        let mut counted = part.lock().unwrap_or_else(PoisonError::into_inner);
        let count = Count {
            all: 1,
            without_results: u64::from(without_results),
        };
        if let Some(known) = counted.queries.get_mut(&query) {
            *known += count;
        } else if self.entries.fetch_add(1, Ordering::Relaxed) < self.most_entries {
            counted.queries.insert(query, count);
        } else {
            self.entries.fetch_sub(1, Ordering::Relaxed);
        }
        counted.day = Some(day);
    }

    /// Empties the table: the last day on which something was counted, and the counts.
    pub(super) fn take(&self) -> (Option<NaiveDate>, Vec<Queries>) {
        let mut last_day = None;
        let mut taken = Vec::new();
        for part in &self.parts {
            let mut counted = part.0.lock().unwrap_or_else(PoisonError::into_inner);
            last_day = last_day.max(counted.day.take());
            let queries = std::mem::take(&mut counted.queries);
            self.entries.fetch_sub(queries.len(), Ordering::Relaxed);
            taken.push(queries);
        }
        (last_day, taken)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn total(taken: Vec<Queries>) -> Queries {
        let mut all = Queries::new();
        for (query, count) in taken.into_iter().flatten() {
            *all.entry(query).or_default() += count;
        }
        all
    }

    #[test]
    fn no_count_of_many_threads_is_lost_or_doubled_while_the_table_is_taken() {
        const EACH: usize = 2_000;
        let counts = Counts::new(100);
        let mut taken = Vec::new();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..PARTS + 2)
                .map(|thread| {
                    let counts = &counts;
                    scope.spawn(move || {
                        for at in 0..EACH {
                            let query = if at % 2 == 0 { "shared" } else { "also shared" };
                            counts.add(query.to_owned(), thread == 0, day("2026-11-25"));
                        }
                    })
                })
                .collect();
            while !threads
                .iter()
                .all(std::thread::ScopedJoinHandle::is_finished)
            {
                taken.extend(counts.take().1);
            }
        });
        taken.extend(counts.take().1);
        let all = total(taken);
        let each = u64::try_from(EACH / 2).unwrap();
        for query in ["shared", "also shared"] {
            let threads = u64::try_from(PARTS + 2).unwrap();
            let expected = Count {
                all: threads * each,
                without_results: each,
            };
            assert_eq!(all[query], expected, "{query}");
        }
        assert_eq!(counts.entries.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_full_table_counts_only_what_it_knows_until_it_is_taken() {
        let counts = Counts::new(2);
        for query in ["a", "b", "c", "a"] {
            counts.add(query.to_owned(), false, day("2026-11-25"));
        }
        let all = total(counts.take().1);
        let mut known: Vec<_> = all
            .iter()
            .map(|(query, count)| (query.as_str(), count.all))
            .collect();
        known.sort_unstable();
        assert_eq!(known, [("a", 2), ("b", 1)]);
        counts.add("c".to_owned(), false, day("2026-11-26"));
        let (last_day, taken) = counts.take();
        assert_eq!(last_day, Some(day("2026-11-26")));
        assert_eq!(total(taken)["c"].all, 1);
        assert_eq!(counts.take().0, None);
    }
}
