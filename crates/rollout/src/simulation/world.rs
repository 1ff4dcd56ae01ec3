//! A disk, a log and a controller that fail and die by chance.

use std::cell::RefCell;

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{Habits, checks::Checks};
use crate::{
    history::{Head, Record},
    machine::{Log, LogError, State, StateStore, StoreError},
    traffic::{Controller, ControllerError, Weights},
};

pub(super) struct World {
    pub(super) inner: RefCell<Inner>,
}

pub(super) struct Inner {
    random: StdRng,
    habits: Habits,
    disk: Option<String>,
    unsynced: Option<String>,
    /// What was read of the disk last.
    read: Option<(String, State)>,
    pub(super) log: String,
    pub(super) records: Vec<Record>,
    pub(super) weights: Weights,
    pub(super) faults: bool,
    /// The driver dies in this many calls.
    pub(super) dies_in: Option<u32>,
    pub(super) is_dead: bool,
    pub(super) failed_calls: u64,
    pub(super) checks: Checks,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fine,
    DoneUnanswered,
    NotDone,
}

#[derive(Debug, thiserror::Error)]
#[error("a fault of the simulation")]
struct Fault;

impl World {
    pub(super) fn new(seed: u64, habits: Habits, checks: Checks) -> Self {
        Self {
            inner: RefCell::new(Inner {
                random: StdRng::seed_from_u64(seed ^ (1 << 63)),
                habits,
                disk: None,
                unsynced: None,
                read: None,
                log: String::new(),
                records: Vec::new(),
                weights: Weights::ALL_STABLE,
                faults: true,
                dies_in: None,
                is_dead: false,
                failed_calls: 0,
                checks,
            }),
        }
    }

    /// The driver starts again, with nothing but what is on the disk.
    pub(super) fn revive(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.is_dead {
            inner.unsynced = None;
        }
        inner.is_dead = false;
        inner.dies_in = None;
    }
}

impl Inner {
    fn fate(&mut self) -> Fate {
        if self.is_dead {
            return Fate::NotDone;
        }
        if let Some(left) = self.dies_in {
            self.dies_in = left.checked_sub(1);
            self.is_dead = left == 0;
        }
        let fails = self.is_dead || (self.faults && self.random.random_bool(0.02));
        if !fails {
            return Fate::Fine;
        }
        self.failed_calls += 1;
        if self.random.random_bool(0.5) {
            Fate::DoneUnanswered
        } else {
            Fate::NotDone
        }
    }

    fn sync(&mut self) {
        if let Some(text) = self.unsynced.take() {
            self.disk = Some(text);
        }
    }

    /// What is on the disk, seen without any fault.
    pub(super) fn state(&mut self) -> Option<State> {
        self.sync();
        self.on_disk()
    }

    /// The same, but for what is not there yet.
    fn on_disk(&mut self) -> Option<State> {
        let text = self.disk.as_ref()?;
        if self.read.as_ref().is_none_or(|(read, _)| read != text) {
            let state = State::from_json(text).ok()?;
            self.read = Some((text.clone(), state));
        }
        self.read.as_ref().map(|(_, state)| state.clone())
    }
}

fn answer<T>(fate: Fate, value: T) -> Result<T, Box<Fault>> {
    match fate {
        Fate::Fine => Ok(value),
        Fate::DoneUnanswered | Fate::NotDone => Err(Box::new(Fault)),
    }
}

impl StateStore for &World {
    fn load(&self) -> Result<Option<String>, StoreError> {
        let mut inner = self.inner.borrow_mut();
        let fate = inner.fate();
        inner.sync();
        answer(fate, inner.disk.clone()).map_err(|fault| StoreError::Unavailable(fault))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        let mut inner = self.inner.borrow_mut();
        let fate = inner.fate();
        if fate != Fate::NotDone {
            inner.unsynced = Some(text.to_owned());
            if !inner.habits.saves_late {
                inner.sync();
            }
        }
        answer(fate, ()).map_err(|fault| StoreError::Unavailable(fault))
    }
}

impl Log for &World {
    fn head(&self) -> Result<Head, LogError> {
        let mut inner = self.inner.borrow_mut();
        let fate = inner.fate();
        if fate == Fate::Fine {
            let whole = inner.log.rfind('\n').map_or(0, |end| end + 1);
            inner.log.truncate(whole);
        }
        let head = inner.records.last().map(Record::head).unwrap_or_default();
        answer(fate, head).map_err(|fault| LogError::Unavailable(fault))
    }

    fn append(&self, record: &Record) -> Result<(), LogError> {
        let mut inner = self.inner.borrow_mut();
        let fate = inner.fate();
        let line = record.to_line();
        let inner = &mut *inner;
        if fate != Fate::NotDone && !inner.habits.forgets {
            inner.log.push_str(&line);
            inner.records.push(record.clone());
            inner.checks.recorded(record);
        } else if inner.is_dead && !inner.log.ends_with(|end: char| end != '\n') {
            let length = inner.random.random_range(0..line.len());
            inner.log.push_str(&line[..length]);
        }
        answer(fate, ()).map_err(|fault| LogError::Unavailable(fault))
    }
}

impl Controller for &World {
    fn weights(&self) -> Result<Weights, ControllerError> {
        let mut inner = self.inner.borrow_mut();
        let fate = inner.fate();
        let inner = &mut *inner;
        if fate == Fate::Fine {
            inner.checks.looked(inner.weights);
        }
        answer(fate, inner.weights).map_err(|fault| ControllerError::Unavailable(fault))
    }

    fn set(&self, weights: Weights) -> Result<(), ControllerError> {
        let mut inner = self.inner.borrow_mut();
        let fate = inner.fate();
        let inner = &mut *inner;
        if !inner.is_dead || fate != Fate::NotDone {
            let state = inner.on_disk();
            let last = inner.records.last();
            inner
                .checks
                .ordered((inner.weights, weights), state.as_ref(), last);
        }
        if fate != Fate::NotDone {
            inner.weights = weights;
        }
        answer(fate, ()).map_err(|fault| ControllerError::Unavailable(fault))
    }
}
