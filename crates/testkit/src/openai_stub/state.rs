//! What the stub was asked and what it is to do, shared by its connections and the test.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::Behaviour;
use super::sample::sample_answer;

/// How many requests are remembered.
const REMEMBERED: usize = 1_000;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// By their names in lower case. Of several with one name, the last.
    pub headers: BTreeMap<String, String>,
    /// `null` when it was no JSON.
    pub body: Value,
}

pub(super) type Answering = dyn Fn(&Value) -> Value + Send + Sync;

/// What to do with the requests to come.
pub(super) struct Plan {
    pub(super) answer: Arc<Answering>,
    /// Tokens of prompt and completion.
    pub(super) usage: Option<(u64, u64)>,
    pub(super) script: VecDeque<Behaviour>,
    pub(super) otherwise: Behaviour,
}

impl Plan {
    pub(super) fn next(&mut self) -> Behaviour {
        let scripted = self.script.pop_front();
        scripted.unwrap_or_else(|| self.otherwise.clone())
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            answer: Arc::new(sample_answer),
            usage: None,
            script: VecDeque::new(),
            otherwise: Behaviour::Answer,
        }
    }
}

#[derive(Default)]
pub(super) struct State {
    plan: Mutex<Plan>,
    calls: Mutex<VecDeque<Call>>,
    pub(super) requests: AtomicU64,
}

impl State {
    /// For a moment only: requests wait for it.
    pub(super) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().cloned().collect()
    }

    pub(super) fn remember(&self, call: Call) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == REMEMBERED {
            calls.pop_front();
        }
        calls.push_back(call);
        self.requests.fetch_add(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}
