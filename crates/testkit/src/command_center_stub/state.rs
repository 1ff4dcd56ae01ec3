//! What the stub was told and what it is to do, shared by its connections and the test.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Behaviour, Call, CallKind, Notices};

/// How many requests are remembered.
const REMEMBERED: usize = 10_000;

pub(super) type Listening = dyn Fn(&Call) + Send + Sync;

/// What to do with the requests to come.
pub(super) struct Plan {
    pub(super) script: VecDeque<Behaviour>,
    pub(super) otherwise: Behaviour,
    pub(super) listener: Arc<Listening>,
    failing_percent: u32,
    random: StdRng,
}

impl Plan {
    pub(super) fn fail_callbacks(&mut self, percent: u32, seed: u64) {
        self.failing_percent = percent.min(100);
        self.random = StdRng::seed_from_u64(seed);
    }

    pub(super) fn next(&mut self, kind: CallKind) -> Behaviour {
        if let Some(behaviour) = self.script.pop_front() {
            return behaviour;
        }
        let fails = kind == CallKind::Callback
            && self.failing_percent > 0
            && self.random.random_ratio(self.failing_percent, 100);
        if fails {
            return self.failure();
        }
        self.otherwise.clone()
    }

    fn failure(&mut self) -> Behaviour {
        match self.random.random_range(0..3) {
            0 => Behaviour::status(500),
            1 => Behaviour::rate_limited(Duration::from_secs(1)),
            _ => Behaviour::Reset,
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            script: VecDeque::new(),
            otherwise: Behaviour::Accept,
            listener: Arc::new(|_| {}),
            failing_percent: 0,
            random: StdRng::seed_from_u64(0),
        }
    }
}

#[derive(Default)]
pub(super) struct Remembered {
    pub(super) calls: VecDeque<Call>,
    pub(super) count: u64,
    pub(super) notices: Notices,
}

#[derive(Default)]
pub(super) struct State {
    plan: Mutex<Plan>,
    remembered: Mutex<Remembered>,
}

impl State {
    /// For a moment only: requests wait for it.
    pub(super) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remembered(&self) -> MutexGuard<'_, Remembered> {
        let remembered = self.remembered.lock();
        remembered.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remember(&self, call: Call, accepted: bool) {
        let listener = Arc::clone(&self.plan().listener);
        {
            let mut remembered = self.remembered();
            remembered.count += 1;
            if call.kind == CallKind::Callback {
                remembered.notices.remember(&call, accepted);
            }
            if remembered.calls.len() == REMEMBERED {
                remembered.calls.pop_front();
            }
            remembered.calls.push_back(call.clone());
        }
        listener(&call);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("count", &self.remembered().count)
            .finish_non_exhaustive()
    }
}
