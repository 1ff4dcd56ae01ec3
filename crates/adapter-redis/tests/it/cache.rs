//! One computation for all replicas, and values that no other release reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use adapter_redis::{CacheLookups, RedisCache, RedisSettings};
use ports::Cache as _;
use ports::cache::futures::FutureBytes;
use testkit::private_redis::{PrivateRedis, RedisOptions};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::world::{LONG, open, patient};

fn ready(value: &'static [u8]) -> FutureBytes<'static> {
    Box::pin(async move { Ok(value.to_vec()) })
}

async fn cache(server: &PrivateRedis) -> Arc<RedisCache> {
    Arc::new(RedisCache::new(open(patient(&server.url())).await))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_of_three_replicas_share_one_computation() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let replicas = [
        cache(&server).await,
        cache(&server).await,
        cache(&server).await,
    ];
    let runs = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for at in 0..1_000 {
        let (cache, runs) = (Arc::clone(&replicas[at % 3]), Arc::clone(&runs));
        callers.spawn(async move {
            let work: FutureBytes<'static> = Box::pin(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(200)).await;
                Ok(b"dear".to_vec())
            });
            cache.get_or_compute("hot", LONG, work).await
        });
    }
    let answers = callers.join_all().await;
    println!("1,000 callers of 3 replicas: {:?}", begun.elapsed());
    for answer in answers {
        assert_eq!(answer.expect("is computed"), b"dear");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // One caller of each replica looked for all others; some may have come after its flight.
    let looked = |cache: &Arc<RedisCache>| cache.lookups().hits + cache.lookups().misses;
    let lookups: u64 = replicas.iter().map(looked).sum();
    assert!(lookups < 100, "{lookups} lookups");
}

#[tokio::test]
async fn a_replica_that_is_stuck_holds_up_the_others_for_two_seconds_at_most() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let (stuck, other) = (cache(&server).await, cache(&server).await);
    let begun_computing = Arc::new(Notify::new());
    let begins = Arc::clone(&begun_computing);
    let computing = tokio::spawn(async move {
        let work: FutureBytes<'static> = Box::pin(async move {
            begins.notify_one();
            std::future::pending().await
        });
        stuck.get_or_compute("a", LONG, work).await
    });
    begun_computing.notified().await;
    let begun = Instant::now();
    let answer = other.get_or_compute("a", LONG, ready(b"mine")).await;
    assert_eq!(answer.expect("is computed"), b"mine");
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(1_900), "{waited:?}");
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    computing.abort();
}

#[tokio::test]
async fn a_computation_that_fails_or_is_given_up_lets_other_replicas_go_on_at_once() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let (one, other) = (cache(&server).await, cache(&server).await);
    let failing: FutureBytes<'static> =
        Box::pin(async { Err(Arc::new(std::io::Error::other("broken")) as _) });
    assert!(one.get_or_compute("a", LONG, failing).await.is_err());
    let begun_computing = Arc::new(Notify::new());
    let begins = Arc::clone(&begun_computing);
    let given_up = tokio::spawn(async move {
        let work: FutureBytes<'static> = Box::pin(async move {
            begins.notify_one();
            std::future::pending().await
        });
        one.get_or_compute("b", LONG, work).await
    });
    begun_computing.notified().await;
    given_up.abort();
    for key in ["a", "b"] {
        let begun = Instant::now();
        let answer = other.get_or_compute(key, LONG, ready(b"mine")).await;
        assert_eq!(answer.expect("is computed"), b"mine");
        let waited = begun.elapsed();
        assert!(waited < Duration::from_millis(1_500), "{key}: {waited:?}");
    }
}

#[tokio::test]
async fn other_versions_and_other_environments_read_nothing_of_ours() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let ours = cache(&server).await;
    ours.set("a", b"ours".to_vec(), LONG)
        .await
        .expect("is kept");
    let newer = RedisSettings {
        values_version: 2,
        ..patient(&server.url())
    };
    let staging = RedisSettings {
        key_prefix: "staging".to_owned(),
        ..patient(&server.url())
    };
    for settings in [newer, staging] {
        let other = RedisCache::new(open(settings).await);
        assert_eq!(other.get("a").await.expect("answers"), None);
        other
            .set("a", b"theirs".to_vec(), LONG)
            .await
            .expect("is kept");
    }
    assert_eq!(
        ours.get("a").await.expect("answers"),
        Some(b"ours".to_vec())
    );
}

#[tokio::test]
async fn lookups_are_counted() {
    let mut server = PrivateRedis::start(RedisOptions::default()).await;
    let cache = cache(&server).await;
    assert_eq!(cache.get("a").await.expect("answers"), None);
    for _ in 0..2 {
        let computed = cache.get_or_compute("a", LONG, ready(b"x")).await;
        computed.expect("is computed");
    }
    assert!(cache.get("a").await.expect("answers").is_some());
    server.kill();
    assert!(cache.get("a").await.is_err());
    let never: FutureBytes<'static> = Box::pin(async { panic!("must not be begun") });
    assert!(cache.get_or_compute("a", LONG, never).await.is_err());
    let expected = CacheLookups {
        hits: 2,
        misses: 2,
        unavailable: 2,
        // From the computed value on.
        expected: 4,
        expected_hits: 2,
    };
    assert_eq!(cache.lookups(), expected);
}
