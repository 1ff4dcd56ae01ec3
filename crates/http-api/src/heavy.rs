//! How much work over the whole catalogue runs at once: callers are refused when all places are taken, tasks wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Clones share the places.
#[derive(Clone)]
pub(crate) struct HeavyPlaces {
    places: Arc<Semaphore>,
    /// Of tasks: what they may take of the places.
    share: Option<Arc<Semaphore>>,
    count: usize,
}

/// A place, until it is dropped.
pub(crate) struct HeavyPlace {
    _place: OwnedSemaphorePermit,
    _share: Option<OwnedSemaphorePermit>,
}

impl HeavyPlaces {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(count)),
            share: None,
            count,
        }
    }

    /// For work that nobody waits for at the other end of a connection. It takes, waiting included, half of the places at most
    /// (of a single one that one), so that the others are there for callers.
    pub(crate) fn for_tasks(&self) -> Self {
        Self {
            share: Some(Arc::new(Semaphore::new((self.count / 2).max(1)))),
            ..self.clone()
        }
    }

    /// `None` when all are taken; for tasks as soon as one is free.
    pub(crate) async fn take(&self) -> Option<HeavyPlace> {
        let places = Arc::clone(&self.places);
        let Some(share) = &self.share else {
            let place = places.try_acquire_owned().ok()?;
            return Some(HeavyPlace {
                _place: place,
                _share: None,
            });
        };
        let share = Arc::clone(share).acquire_owned().await.ok()?;
        Some(HeavyPlace {
            _place: places.acquire_owned().await.ok()?,
            _share: Some(share),
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn callers_are_refused_when_all_places_are_taken() {
        let callers = HeavyPlaces::new(2);
        let taken = [callers.take().await, callers.take().await];
        assert!(taken.iter().all(Option::is_some));
        assert!(callers.take().await.is_none());
        drop(taken);
        assert!(callers.take().await.is_some());
    }

    #[tokio::test]
    async fn tasks_wait_and_leave_half_of_the_places_to_callers() {
        let callers = HeavyPlaces::new(4);
        let tasks = callers.for_tasks();
        let working = [tasks.take().await, tasks.take().await];
        assert!(working.iter().all(Option::is_some));
        let mut waiting = Box::pin(tasks.take());
        assert!((&mut waiting).now_or_never().is_none());
        let asking = [callers.take().await, callers.take().await];
        assert!(asking.iter().all(Option::is_some), "callers have theirs");
        drop(working);
        assert!(waiting.await.is_some());
    }

    #[tokio::test]
    async fn a_task_that_waits_has_the_next_place() {
        let callers = HeavyPlaces::new(1);
        let tasks = callers.for_tasks();
        let asking = callers.take().await;
        let mut waiting = Box::pin(tasks.take());
        assert!((&mut waiting).now_or_never().is_none());
        drop(asking);
        assert!(callers.take().await.is_none());
        assert!(waiting.await.is_some());
    }
}
