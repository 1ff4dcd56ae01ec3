//! Many games that know nothing of each other, on as many threads as there may be.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// What `play` answers to each number from 0 on, in their order, however many threads there are.
pub(crate) fn play_many<T: Send>(
    count: u64,
    threads: NonZeroUsize,
    play: impl Fn(u64) -> T + Sync,
) -> Vec<T> {
    let next = AtomicU64::new(0);
    let played = Mutex::new(Vec::new());
    let work = || {
        let mut own = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            own.push((number, play(number)));
        }
        let mut all = played.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut own);
    };
    thread::scope(|scope| {
        for _ in 1..threads.get() {
            scope.spawn(work);
        }
        work();
    });
    let mut played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.sort_unstable_by_key(|(number, _)| *number);
    played.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_whatever_the_number_of_threads() {
        let squares: Vec<u64> = (0..1_000).map(|number| number * number).collect();
        for threads in [1, 2, 7] {
            let threads = NonZeroUsize::new(threads).unwrap();
            assert_eq!(play_many(1_000, threads, |number| number * number), squares);
        }
        assert!(play_many(0, NonZeroUsize::MIN, |number| number).is_empty());
    }
}
