//! What this process wrote and Redis must still have, so that a miss can be told from what was never there.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Values that are remembered at once, some 30 bytes each; what is written beyond them is not counted.
const MOST: usize = 65_536;

#[derive(Default)]
pub(super) struct Written {
    hasher: RandomState,
    /// By a digest of the key: until when the value is there.
    until: Mutex<HashMap<u64, Instant>>,
}

/// A lookup of a value that must be there until an instant.
pub(super) struct Expected {
    digest: u64,
    until: Instant,
}

impl Expected {
    /// Whether it still had to be there when the answer came.
    pub(super) fn holds(&self) -> bool {
        Instant::now() < self.until
    }
}

impl Written {
    /// A value was written, and Redis was asked to at `asked`: its own time began no sooner.
    pub(super) fn note(&self, key: &str, asked: Instant, ttl: Duration) {
        let Some(until) = asked.checked_add(ttl) else {
            return;
        };
        let digest = self.hasher.hash_one(key);
        let mut known = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&digest) {
            known.retain(|_, until| *until > asked);
            if known.len() >= MOST {
                return;
            }
        }
        known.insert(digest, until);
    }

    /// `None` where nothing was written, or its time has passed.
    pub(super) fn expected(&self, key: &str) -> Option<Expected> {
        let digest = self.hasher.hash_one(key);
        let mut known = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = *known.get(&digest)?;
        let expected = Expected { digest, until };
        if expected.holds() {
            return Some(expected);
        }
        known.remove(&digest);
        None
    }

    /// It was not found: that it is lost counts once, however often it is looked for before somebody writes it again.
    pub(super) fn forget(&self, lost: &Expected) {
        let mut known = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&lost.digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_was_written_and_has_not_expired_is_expected() {
        let written = Written::default();
        assert!(written.expected("a").is_none());
        written.note("a", Instant::now(), Duration::from_secs(10));
        let expected = written.expected("a").unwrap();
        assert!(written.expected("b").is_none());
        written.note("c", Instant::now(), Duration::from_secs(10));
        written.forget(&written.expected("c").unwrap());
        assert!(written.expected("c").is_none());
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(expected.holds());
        tokio::time::advance(Duration::from_secs(1)).await;
        // An answer that came too late says nothing.
        assert!(!expected.holds());
        assert!(written.expected("a").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_expired_values_make_room() {
        let written = Written::default();
        for number in 0..MOST + 10 {
            let ttl = Duration::from_secs(10);
            written.note(&number.to_string(), Instant::now(), ttl);
        }
        assert_eq!(written.until.lock().unwrap().len(), MOST);
        let last = (MOST + 9).to_string();
        assert!(written.expected(&last).is_none());
        tokio::time::advance(Duration::from_secs(11)).await;
        written.note(&last, Instant::now(), Duration::from_secs(10));
        assert_eq!(written.until.lock().unwrap().len(), 1);
        assert!(written.expected(&last).is_some());
    }
}
