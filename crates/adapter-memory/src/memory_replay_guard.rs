//! `ports::ReplayGuard` in this process. It forgets nothing before its time; when it is full it refuses.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::Timestamp;
use ports::{Claim, Clock, ReplayGuard, ReplayGuardError};

/// Bindings of token ids, at most as many as its capacity.
pub struct MemoryReplayGuard {
    clock: Arc<dyn Clock>,
    capacity: usize,
    bindings: Mutex<Bindings>,
}

#[derive(Default)]
struct Bindings {
    purposes: HashMap<Arc<str>, [u8; 32]>,
    /// What ends first stands first.
    ends: BTreeSet<(Timestamp, Arc<str>)>,
}

/// Every binding is one of a token that still counts, and there is no room for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{capacity} tokens that have not expired are remembered, and no more can be")]
pub struct Full {
    pub capacity: usize,
}

impl MemoryReplayGuard {
    /// A guard for at most `capacity` tokens at a time, at some 200 bytes each beside their ids.
    pub fn new(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self {
            clock,
            capacity,
            bindings: Mutex::default(),
        }
    }
}

impl Bindings {
    fn forget_ended(&mut self, now: Timestamp) {
        while let Some((ends_at, _)) = self.ends.first()
            && *ends_at <= now
            && let Some((_, token)) = self.ends.pop_first()
        {
            self.purposes.remove(&token);
        }
    }
}

#[async_trait]
impl ReplayGuard for MemoryReplayGuard {
    async fn claim(
        &self,
        token_id: &str,
        purpose: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<Claim, ReplayGuardError> {
        let now = self.clock.now();
        let mut bindings = self.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        bindings.forget_ended(now);
        match bindings.purposes.get(token_id) {
            Some(bound) if bound == purpose => Ok(Claim::Again),
            Some(_) => Ok(Claim::UsedForAnother),
            None if bindings.purposes.len() >= self.capacity => {
                let capacity = self.capacity;
                Err(ReplayGuardError::Unavailable(Box::new(Full { capacity })))
            }
            None => {
                let token: Arc<str> = token_id.into();
                bindings.purposes.insert(Arc::clone(&token), *purpose);
                bindings.ends.insert((expires_at, token));
                Ok(Claim::First)
            }
        }
    }
}
