//! What every `ports::Cache` promises.
//!
//! Each function takes an empty cache and panics when a promise is broken; [`cache_contract!`] makes a test of each.
//!
//! [`cache_contract!`]: macro@crate::cache_contract

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ports::cache::futures::FutureBytes;
use ports::{Cache, CacheError};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

type Store = Arc<dyn Cache>;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(60);

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn Cache>, _)`, an empty cache and
/// whatever must outlive it.
#[macro_export]
macro_rules! cache_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            cache_contract,
            $open,
            [
                what_is_set_is_got_and_can_be_replaced,
                each_value_expires_after_its_own_time,
                a_value_above_the_bound_is_refused,
                what_is_computed_is_kept,
                many_who_ask_at_once_share_one_computation,
                computations_of_different_keys_do_not_wait_for_each_other,
                a_failed_computation_is_not_kept,
                when_the_computing_caller_goes_away_another_computes,
                a_computation_that_panics_harms_nobody_else,
                a_computed_value_above_the_bound_is_answered_but_not_kept,
            ]
        );
    };
}

fn computation(
    work: impl Future<Output = Result<Vec<u8>, Arc<dyn Error + Send + Sync>>> + Send + 'static,
) -> FutureBytes<'static> {
    Box::pin(work)
}

fn ready(value: &[u8]) -> FutureBytes<'static> {
    let value = value.to_vec();
    computation(async { Ok(value) })
}

fn never_run() -> FutureBytes<'static> {
    computation(async { panic!("the value was kept, nothing is to be computed") })
}

async fn got(cache: &Store, key: &str) -> Option<Vec<u8>> {
    cache.get(key).await.expect("answers")
}

pub async fn what_is_set_is_got_and_can_be_replaced(cache: Store) {
    assert_eq!(got(&cache, "a").await, None);
    cache
        .set("a", b"one".to_vec(), LONG)
        .await
        .expect("is kept");
    cache.set("b", Vec::new(), LONG).await.expect("is kept");
    assert_eq!(got(&cache, "a").await, Some(b"one".to_vec()));
    assert_eq!(got(&cache, "b").await, Some(Vec::new()));
    assert_eq!(got(&cache, "A").await, None);
    cache
        .set("a", b"two".to_vec(), LONG)
        .await
        .expect("is kept");
    assert_eq!(got(&cache, "a").await, Some(b"two".to_vec()));
}

pub async fn each_value_expires_after_its_own_time(cache: Store) {
    cache
        .set("short", b"x".to_vec(), SHORT)
        .await
        .expect("is kept");
    cache
        .set("long", b"x".to_vec(), LONG)
        .await
        .expect("is kept");
    cache
        .set("longer", b"x".to_vec(), SHORT)
        .await
        .expect("is kept");
    cache
        .set("longer", b"y".to_vec(), LONG)
        .await
        .expect("is kept");
    cache
        .set("shorter", b"x".to_vec(), LONG)
        .await
        .expect("is kept");
    cache
        .set("shorter", b"y".to_vec(), SHORT)
        .await
        .expect("is kept");
    let computed = cache.get_or_compute("computed", SHORT, ready(b"x")).await;
    computed.expect("is computed");
    sleep(SHORT * 2).await;
    assert_eq!(got(&cache, "short").await, None);
    assert_eq!(got(&cache, "shorter").await, None);
    assert_eq!(got(&cache, "computed").await, None);
    assert_eq!(got(&cache, "long").await, Some(b"x".to_vec()));
    assert_eq!(got(&cache, "longer").await, Some(b"y".to_vec()));
}

pub async fn a_value_above_the_bound_is_refused(cache: Store) {
    let refused = cache.set("a", vec![0; 64 << 20], LONG).await;
    let Err(CacheError::TooLarge { size, bound }) = refused else {
        panic!("64 MiB are too much, yet: {refused:?}");
    };
    assert_eq!(size, 64 << 20);
    assert_eq!(got(&cache, "a").await, None);
    cache
        .set("a", vec![1; bound], LONG)
        .await
        .expect("just fits");
    assert_eq!(got(&cache, "a").await, Some(vec![1; bound]));
    assert!(cache.set("b", vec![1; bound + 1], LONG).await.is_err());
}

pub async fn what_is_computed_is_kept(cache: Store) {
    let first = cache.get_or_compute("a", LONG, ready(b"one")).await;
    assert_eq!(first.expect("is computed"), b"one");
    let second = cache.get_or_compute("a", LONG, never_run()).await;
    assert_eq!(second.expect("is kept"), b"one");
    assert_eq!(got(&cache, "a").await, Some(b"one".to_vec()));
    cache
        .set("b", b"two".to_vec(), LONG)
        .await
        .expect("is kept");
    let set = cache.get_or_compute("b", LONG, never_run()).await;
    assert_eq!(set.expect("is kept"), b"two");
}

pub async fn many_who_ask_at_once_share_one_computation(cache: Store) {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..32 {
        let (cache, runs) = (Arc::clone(&cache), Arc::clone(&runs));
        callers.spawn(async move {
            let work = computation(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(50)).await;
                Ok(b"shared".to_vec())
            });
            cache
                .get_or_compute("a", LONG, work)
                .await
                .expect("is computed")
        });
    }
    let answers = callers.join_all().await;
    assert!(answers.iter().all(|answer| answer == b"shared"));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

pub async fn computations_of_different_keys_do_not_wait_for_each_other(cache: Store) {
    let (release, released) = oneshot::channel::<()>();
    let slow_cache = Arc::clone(&cache);
    let slow = tokio::spawn(async move {
        let work = computation(async move {
            released.await.expect("is released");
            Ok(b"slow".to_vec())
        });
        slow_cache.get_or_compute("slow", LONG, work).await
    });
    let quick = timeout(LONG, cache.get_or_compute("quick", LONG, ready(b"quick"))).await;
    assert_eq!(
        quick.expect("does not wait").expect("is computed"),
        b"quick"
    );
    release.send(()).expect("still waits");
    let slow = slow.await.expect("ends").expect("is computed");
    assert_eq!(slow, b"slow");
}

pub async fn a_failed_computation_is_not_kept(cache: Store) {
    let failing = || {
        computation(async {
            let cause: Arc<dyn Error + Send + Sync> = Arc::new(std::io::Error::other("broken"));
            Err(cause)
        })
    };
    let failed = cache.get_or_compute("a", LONG, failing()).await;
    let Err(CacheError::Computation(cause)) = failed else {
        panic!("the computation fails, yet: {failed:?}");
    };
    assert_eq!(cause.to_string(), "broken");
    assert_eq!(got(&cache, "a").await, None);
    let again = cache.get_or_compute("a", LONG, ready(b"fine")).await;
    assert_eq!(again.expect("is computed"), b"fine");
}

pub async fn when_the_computing_caller_goes_away_another_computes(cache: Store) {
    let begun = Arc::new(Notify::new());
    let (first_cache, first_begun) = (Arc::clone(&cache), Arc::clone(&begun));
    let first = tokio::spawn(async move {
        let work = computation(async move {
            first_begun.notify_one();
            std::future::pending::<()>().await;
            Ok(Vec::new())
        });
        first_cache.get_or_compute("a", LONG, work).await
    });
    begun.notified().await;
    let second_cache = Arc::clone(&cache);
    let second =
        tokio::spawn(async move { second_cache.get_or_compute("a", LONG, ready(b"mine")).await });
    sleep(Duration::from_millis(20)).await;
    assert!(!second.is_finished(), "one computation at a time");
    first.abort();
    let answer = timeout(LONG, second).await.expect("goes on").expect("ends");
    assert_eq!(answer.expect("is computed"), b"mine");
    assert_eq!(got(&cache, "a").await, Some(b"mine".to_vec()));
}

pub async fn a_computation_that_panics_harms_nobody_else(cache: Store) {
    let panicking_cache = Arc::clone(&cache);
    let panicking = tokio::spawn(async move {
        let work = computation(async { panic!("a panic that the test wants") });
        panicking_cache.get_or_compute("a", LONG, work).await
    });
    let ended = panicking.await;
    assert!(ended.is_err() || ended.is_ok_and(|answer| answer.is_err()));
    let next = timeout(LONG, cache.get_or_compute("a", LONG, ready(b"fine"))).await;
    assert_eq!(next.expect("goes on").expect("is computed"), b"fine");
}

pub async fn a_computed_value_above_the_bound_is_answered_but_not_kept(cache: Store) {
    let huge = vec![7; 64 << 20];
    let answer = cache.get_or_compute("a", LONG, ready(&huge)).await;
    assert!(answer.expect("is computed") == huge);
    assert_eq!(got(&cache, "a").await, None);
    let next = cache.get_or_compute("a", LONG, ready(b"small")).await;
    assert_eq!(next.expect("is computed"), b"small");
}
