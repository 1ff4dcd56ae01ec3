//! One computation at a time for each key, within this process: callers of one key sit in one flight, whose pilot computes.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::CacheError;
use tokio::sync::Mutex as Turns;

use crate::failure::Failure;

/// What a flight came to, for all who sit in it.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Value(Arc<[u8]>),
    Failed(Arc<dyn Error + Send + Sync>),
    Away(Arc<Failure>),
}

/// The outcome, once there is one. Whose turn it is computes; when it goes away without one, the next in line does.
type Flight = Turns<Option<Outcome>>;

#[derive(Debug, Default)]
pub(crate) struct Flights {
    open: Mutex<HashMap<String, Arc<Flight>>>,
}

/// A place in a flight. The last one to leave closes it.
pub(crate) struct Seat<'a> {
    flights: &'a Flights,
    key: &'a str,
    pub(crate) flight: Arc<Flight>,
}

impl Flights {
    pub(crate) fn join<'a>(&'a self, key: &'a str) -> Seat<'a> {
        let mut open = self.open();
        let flight = match open.get(key) {
            Some(flight) => Arc::clone(flight),
            None => Arc::clone(open.entry(key.to_owned()).or_default()),
        };
        Seat {
            flights: self,
            key,
            flight,
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Arc<Flight>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Who comes from now on begins a new flight.
    pub(crate) fn close(&self) {
        self.leave(|_| true);
    }

    fn leave(&self, closes: impl FnOnce(&Arc<Flight>) -> bool) {
        let mut open = self.flights.open();
        let is_ours = |flight: &&Arc<Flight>| Arc::ptr_eq(flight, &self.flight);
        if open.get(self.key).filter(is_ours).is_some_and(closes) {
            open.remove(self.key);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        // Ours and the table's: seats are taken under the table's lock, so nobody is just sitting down.
        self.leave(|flight| Arc::strong_count(flight) == 2);
    }
}

impl From<Outcome> for Result<Vec<u8>, CacheError> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Value(value) => Ok(value.to_vec()),
            Outcome::Failed(cause) => Err(CacheError::Computation(cause)),
            Outcome::Away(failure) => Err(CacheError::Unavailable(Box::new(failure))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flights_end_with_their_last_seat_or_when_closed() {
        let flights = Flights::default();
        let first = flights.join("a");
        let second = flights.join("a");
        assert!(Arc::ptr_eq(&first.flight, &second.flight));
        drop(first);
        assert_eq!(flights.open().len(), 1);
        second.close();
        let later = flights.join("a");
        assert!(!Arc::ptr_eq(&later.flight, &second.flight));
        drop(second);
        assert_eq!(flights.open().len(), 1);
        drop(later);
        assert_eq!(flights.open().len(), 0);
    }
}
