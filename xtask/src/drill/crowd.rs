//! Those who ask while a drill is held: users who search, and writers who keep a ledger.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ledger::Ledger;
use super::waiting::until;
use super::world::World;
use crate::rig::load::{self, Answers, Hearing, Load, Requests, Seen};

/// Requests and writes a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) users: u32,
    pub(super) writers: u32,
}

pub(super) struct Crowd {
    pub(super) ledger: Arc<Ledger>,
    users: Load,
    writers: Load,
}

/// What they have seen in the end.
pub(super) struct Testimony {
    pub(super) ledger: Arc<Ledger>,
    pub(super) users: Seen,
    pub(super) writers: Seen,
}

impl Crowd {
    /// # Errors
    ///
    /// When the catalogue is empty, or no threads can be started.
    pub(super) fn start(world: &World, rates: Rates) -> anyhow::Result<Self> {
        let ledger = Arc::new(Ledger::new(world.a_scholarship()?)?);
        let (writing, hearing) = (Arc::clone(&ledger), Arc::clone(&ledger));
        let writes: Requests = Arc::new(move |number| writing.request(number));
        let hears: Hearing =
            Arc::new(move |number, answer: Option<(u16, &[u8])>| hearing.hear(number, answer));
        let public = world.public();
        Ok(Self {
            ledger,
            users: Load::start(public, rates.users, &load::searches(), Answers::Successes)?,
            writers: Load::start_heard(public, rates.writers, &writes, Answers::Successes, &hears)?,
        })
    }

    /// Waits for the first write that is acknowledged after a moment; answers how long after it that was.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) fn written_after(&self, moment: Instant) -> anyhow::Result<Duration> {
        let mut at = None;
        until("a write is acknowledged", || {
            at = self.ledger.acknowledged_after(moment);
            Ok(at.is_some())
        })?;
        Ok(at.map_or(Duration::ZERO, |at| at - moment))
    }

    /// They ask nothing more, and hear what is under way.
    pub(super) fn finish(self) -> Testimony {
        Testimony {
            writers: self.writers.finish(),
            users: self.users.finish(),
            ledger: self.ledger,
        }
    }
}
