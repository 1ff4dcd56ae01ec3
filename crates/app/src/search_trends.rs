//! Counts what is searched for, without keeping anything personal: only queries made of words of the catalogue are counted.

mod counts;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use domain::Timestamp;
use ports::{Clock, InteractionStore, InteractionStoreError, SearchCount};
use tokio::sync::watch;

use counts::{Counts, Queries};

/// Distinct queries that this process counts in one UTC day, and between two flushes; further new ones are not counted, so
/// that nobody can make the tables grow without end.
const DISTINCT_A_DAY: usize = 10_000;

/// What flushes know of each other.
#[derive(Default)]
struct Flushed {
    day: Option<NaiveDate>,
    /// What was flushed, or is to be, on that day.
    known: HashSet<String>,
    /// What could not be written.
    kept: Queries,
}

impl Flushed {
    /// What to write for the day: what was kept and what was counted since, as far as the day has room for new queries.
    fn admit(&mut self, day: NaiveDate, counted: Vec<Queries>) -> Queries {
        if self.day != Some(day) {
            // What is not written yet counts for the new day: a few seconds around midnight.
            self.day = Some(day);
            self.known.clear();
        }
        let mut admitted: Queries = HashMap::new();
        for (query, count) in std::mem::take(&mut self.kept)
            .into_iter()
            .chain(counted.into_iter().flatten())
        {
            if !self.known.contains(&query) {
                if self.known.len() >= DISTINCT_A_DAY {
                    continue;
                }
                self.known.insert(query.clone());
            }
            *admitted.entry(query).or_default() += count;
        }
        admitted
    }
}

pub struct SearchTrends {
    store: Arc<dyn InteractionStore>,
    clock: Arc<dyn Clock>,
    counts: Counts,
    flushed: Mutex<Flushed>,
}

impl SearchTrends {
    pub(crate) fn new(store: Arc<dyn InteractionStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            counts: Counts::new(DISTINCT_A_DAY),
            flushed: Mutex::default(),
        }
    }

    /// Counts one search of words that are public.
    pub(crate) fn count(&self, words: String, without_results: bool, now: Timestamp) {
        self.counts.add(words, without_results, now.date_naive());
    }

    /// Writes what was counted. What cannot be written is counted again with the next flush.
    pub async fn flush(&self) {
        let (last_day, counted) = self.counts.take();
        let (day, taken) = {
            let mut flushed = self.flushed();
            let day = last_day.or(flushed.day);
            let day = day.unwrap_or_else(|| self.clock.now().date_naive());
            (day, flushed.admit(day, counted))
        };
        if taken.is_empty() {
            return;
        }
        let rows = taken.iter().map(|(query, count)| SearchCount {
            query: query.clone(),
            count: count.all,
            without_results: count.without_results,
        });
        let written = self.store.add_searches(day, rows.collect()).await;
        if let Err(error @ InteractionStoreError::Undecided { .. }) = &written {
            // Twice would be as wrong as not at all, and would be believed.
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "search counts may not have been written; they are not written again"
            );
            return;
        }
        if let Err(error) = written {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "search counts could not be written; they are kept for the next try"
            );
            let mut flushed = self.flushed();
            for (query, count) in taken {
                *flushed.kept.entry(query).or_default() += count;
            }
        }
    }

    fn flushed(&self) -> std::sync::MutexGuard<'_, Flushed> {
        self.flushed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Flushes every `period` until `stop` turns true, and once more then.
    pub async fn run(self: Arc<Self>, period: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            let stopped = tokio::time::timeout(period, stop.wait_for(|stopped| *stopped))
                .await
                .is_ok();
            self.flush().await;
            if stopped {
                return;
            }
        }
    }
}
