//! Handles on a private Redis, and measuring how it fails.

use std::time::{Duration, Instant};

use adapter_redis::{Redis, RedisRateLimiter, RedisSettings};
use domain::Quota;
use ports::RateLimiter as _;
use tokio::time::sleep;

/// Much more than anything here should take; only tests that fail wait so long.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Deadlines that a busy machine keeps as well, for tests that are not about deadlines.
pub(crate) fn patient(url: &str) -> RedisSettings {
    RedisSettings {
        deadline: Duration::from_secs(5),
        guard_deadline: Duration::from_secs(5),
        ..RedisSettings::at(url)
    }
}

pub(crate) async fn open(settings: RedisSettings) -> Redis {
    Redis::open(settings).await.expect("the settings are right")
}

/// One limiter with the deadlines of production, and how long its answers take.
pub(crate) struct Client {
    pub(crate) redis: Redis,
    limiter: RedisRateLimiter,
}

impl Client {
    pub(crate) async fn open(url: &str) -> Self {
        let redis = open(RedisSettings::at(url)).await;
        let limiter = RedisRateLimiter::new(redis.clone());
        Self { redis, limiter }
    }

    /// Whether Redis answered, and after how long.
    pub(crate) async fn ask(&self) -> (bool, Duration) {
        let quota = Quota::per_minute(1_000_000).expect("is valid");
        let begun = Instant::now();
        let answered = self.limiter.check("anybody", quota).await.is_ok();
        (answered, begun.elapsed())
    }

    /// Asks until Redis answers several times in a row; answers how long that took.
    pub(crate) async fn recover(&self) -> Duration {
        let begun = Instant::now();
        let mut in_a_row = 0;
        while in_a_row < 5 {
            assert!(begun.elapsed() < LONG, "it never recovers");
            in_a_row = if self.ask().await.0 { in_a_row + 1 } else { 0 };
            sleep(Duration::from_millis(2)).await;
        }
        begun.elapsed()
    }

    /// What callers see of a fault that has just begun: one waits no longer than its deadline, the others not at all.
    #[expect(
        clippy::print_stdout,
        reason = "docs/reliability.md shows what was measured"
    )]
    pub(crate) async fn meets_a_fault(&self, fault: &str) {
        let (mut slowest, mut failed) = (Duration::ZERO, 0);
        let mut later = Vec::new();
        for at in 0..200 {
            let (answered, took) = self.ask().await;
            slowest = slowest.max(took);
            failed += u32::from(!answered);
            if at > 0 {
                later.push(took);
            }
            assert!(!answered, "Redis is away, yet it answered call {at}");
            sleep(Duration::from_millis(2)).await;
        }
        later.sort_unstable();
        let (median, p99) = (later[later.len() / 2], later[later.len() * 99 / 100]);
        println!(
            "{fault}: slowest call {slowest:?}, later ones median {median:?}, p99 {p99:?}, {failed} failed"
        );
        // The deadline is 50 ms; the rest is for a machine that is busy with other tests.
        assert!(slowest < Duration::from_millis(250), "{slowest:?}");
        assert!(median < Duration::from_millis(1), "{median:?}");
    }
}
