//! Counts what is searched for, without keeping anything personal: only queries made of words of the catalogue are counted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use domain::Timestamp;
use ports::{Clock, InteractionStore, SearchCount};
use tokio::sync::watch;

/// Distinct queries that this process counts in one UTC day; further new ones are not counted, so that nobody can make the
/// table grow without end.
const DISTINCT_A_DAY: usize = 10_000;

#[derive(Default)]
struct Counts {
    day: Option<NaiveDate>,
    queries: HashMap<String, (u64, u64)>,
    /// What was counted today, whether flushed or not.
    known_today: HashSet<String>,
}

pub struct SearchTrends {
    store: Arc<dyn InteractionStore>,
    clock: Arc<dyn Clock>,
    counts: Mutex<Counts>,
}

impl SearchTrends {
    pub(crate) fn new(store: Arc<dyn InteractionStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            counts: Mutex::default(),
        }
    }

    /// Counts one search of words that are public.
    pub(crate) fn count(&self, words: String, without_results: bool, now: Timestamp) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now.date_naive();
        if counts.day != Some(today) {
            // What is not flushed yet counts for the new day: a few seconds around midnight.
            counts.day = Some(today);
            counts.known_today.clear();
        }
        if !counts.known_today.contains(&words) {
            if counts.known_today.len() >= DISTINCT_A_DAY {
                return;
            }
            counts.known_today.insert(words.clone());
        }
        let entry = counts.queries.entry(words).or_default();
        entry.0 += 1;
        entry.1 += u64::from(without_results);
    }

    /// Writes what was counted. What cannot be written is counted again with the next flush.
    pub async fn flush(&self) {
        let (day, taken) = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            (counts.day, std::mem::take(&mut counts.queries))
        };
        if taken.is_empty() {
            return;
        }
        let day = day.unwrap_or_else(|| self.clock.now().date_naive());
        let rows = taken
            .iter()
            .map(|(query, (count, without_results))| SearchCount {
                query: query.clone(),
                count: *count,
                without_results: *without_results,
            });
        if let Err(error) = self.store.add_searches(day, rows.collect()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "search counts could not be written; they are kept for the next try"
            );
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            for (query, (count, without_results)) in taken {
                let entry = counts.queries.entry(query).or_default();
                entry.0 += count;
                entry.1 += without_results;
            }
        }
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
