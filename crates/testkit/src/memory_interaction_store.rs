//! A fake store of interactions that passes the contract of the real ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{Interaction, Timestamp};
use ports::{InteractionCount, InteractionStore, InteractionStoreError, SearchCount};
use rand::TryRngCore as _;

/// Everything under one lock; clones share it, nothing survives.
#[derive(Debug, Clone)]
pub struct MemoryInteractionStore {
    state: Arc<Mutex<State>>,
    key: [u8; 32],
}

#[derive(Debug, Default)]
struct State {
    /// In the order of their recording.
    interactions: Vec<Interaction>,
    searches: BTreeMap<(NaiveDate, String), (u64, u64)>,
}

impl Default for MemoryInteractionStore {
    fn default() -> Self {
        let mut key = [0; 32];
        rand::rngs::OsRng
            .try_fill_bytes(&mut key)
            .expect("the system has random bytes");
        Self {
            state: Arc::default(),
            key,
        }
    }
}

impl MemoryInteractionStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest first; of one instant, the one recorded last.
fn newest(
    interactions: &[Interaction],
    wanted: impl Fn(&Interaction) -> bool,
    limit: usize,
) -> Vec<Interaction> {
    let mut found: Vec<_> = interactions
        .iter()
        .rev()
        .filter(|one| wanted(one))
        .cloned()
        .collect();
    found.sort_by_key(|one| Reverse(one.occurred_at));
    found.truncate(limit);
    found
}

#[async_trait]
impl InteractionStore for MemoryInteractionStore {
    async fn append(
        &self,
        interactions: Vec<Interaction>,
        _recorded_at: Timestamp,
    ) -> Result<Vec<bool>, InteractionStoreError> {
        let mut state = self.state();
        let mut append = |mut new: Interaction| {
            let known = state
                .interactions
                .iter()
                .any(|one| one.pseudonym == new.pseudonym && one.id == new.id);
            if !known {
                let micros = new.occurred_at.timestamp_micros();
                new.occurred_at =
                    Timestamp::from_timestamp_micros(micros).unwrap_or(new.occurred_at);
                state.interactions.push(new);
            }
            !known
        };
        Ok(interactions.into_iter().map(&mut append).collect())
    }

    async fn of_pseudonym(
        &self,
        pseudonym: &str,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let state = self.state();
        let own = |one: &Interaction| one.pseudonym == pseudonym;
        Ok(newest(&state.interactions, own, limit))
    }

    async fn forget(&self, pseudonym: &str) -> Result<u64, InteractionStoreError> {
        let mut state = self.state();
        let before = state.interactions.len();
        state.interactions.retain(|one| one.pseudonym != pseudonym);
        Ok((before - state.interactions.len()) as u64)
    }

    async fn count_by_scholarship(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<InteractionCount>, InteractionStoreError> {
        let state = self.state();
        let mut counts = HashMap::new();
        for one in &state.interactions {
            if (since..until).contains(&one.occurred_at) {
                *counts
                    .entry((one.scholarship_id.clone(), one.kind))
                    .or_insert(0) += 1;
            }
        }
        let cells = counts.into_iter();
        Ok(cells
            .map(|((scholarship_id, kind), count)| InteractionCount {
                scholarship_id,
                kind,
                count,
            })
            .collect())
    }

    async fn recent(
        &self,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let state = self.state();
        let within = |one: &Interaction| (since..until).contains(&one.occurred_at);
        let mut found = newest(&state.interactions, within, limit);
        for one in &mut found {
            one.pseudonym.clear();
        }
        Ok(found)
    }

    async fn add_searches(
        &self,
        day: NaiveDate,
        counts: Vec<SearchCount>,
    ) -> Result<(), InteractionStoreError> {
        let mut state = self.state();
        for search in counts {
            let cell = state.searches.entry((day, search.query)).or_default();
            cell.0 += search.count;
            cell.1 += search.without_results;
        }
        Ok(())
    }

    async fn searches(
        &self,
        since: NaiveDate,
        until: NaiveDate,
        limit: usize,
    ) -> Result<Vec<SearchCount>, InteractionStoreError> {
        let state = self.state();
        let mut sums = BTreeMap::<&str, (u64, u64)>::new();
        for ((day, query), (count, without_results)) in &state.searches {
            if (since..=until).contains(day) {
                let sum = sums.entry(query).or_default();
                sum.0 += count;
                sum.1 += without_results;
            }
        }
        let mut found: Vec<_> = sums
            .into_iter()
            .map(|(query, (count, without_results))| SearchCount {
                query: query.to_owned(),
                count,
                without_results,
            })
            .collect();
        found.sort_by_key(|search| Reverse(search.count));
        found.truncate(limit);
        Ok(found)
    }

    async fn pseudonym_key(&self) -> Result<[u8; 32], InteractionStoreError> {
        Ok(self.key)
    }
}
