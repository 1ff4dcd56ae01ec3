//! How the index stands to the store: in step, behind, or cut off, and since when.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InStep,
    /// Something new is being taken in.
    Behind,
    /// The last look failed.
    CutOff,
}

pub(super) struct Standing(Mutex<(State, Instant)>);

impl Standing {
    pub(super) fn new() -> Self {
        Self(Mutex::new((State::Behind, Instant::now())))
    }

    /// The index holds all that the log had settled just now.
    pub(super) fn confirm(&self) {
        self.set(|_| (State::InStep, Instant::now()));
    }

    /// There is something that the index does not hold yet.
    pub(super) fn fell_behind(&self) {
        self.set(|(_, confirmed)| (State::Behind, confirmed));
    }

    pub(super) fn cut_off(&self) {
        self.set(|(_, confirmed)| (State::CutOff, confirmed));
    }

    pub(super) fn is_in_step(&self) -> bool {
        self.get().0 == State::InStep
    }

    pub(super) fn is_cut_off(&self) -> bool {
        self.get().0 == State::CutOff
    }

    /// Since the index was last known to be in step; nothing while it is.
    pub(super) fn lag(&self) -> Duration {
        match self.get() {
            (State::InStep, _) => Duration::ZERO,
            (State::Behind | State::CutOff, confirmed) => confirmed.elapsed(),
        }
    }

    fn get(&self) -> (State, Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, change: impl FnOnce((State, Instant)) -> (State, Instant)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = change(*state);
    }
}
