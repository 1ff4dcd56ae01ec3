//! Rate limits: a burst of N, refilled evenly at N per period (the generic cell rate algorithm), in whole numbers only.
//!
//! A bucket's level is measured in shares of a request so small that one microsecond drains a whole number of them: a request
//! adds as many as the period has microseconds, and a microsecond drains as many as the limit. Nothing is ever rounded, so
//! `T` seconds after a full rest exactly `N + floor(T * N / period)` requests pass.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::Timestamp;

/// Whole numbers up to here are exact in IEEE doubles, which is what scripts in other places calculate with.
const MAX_CAPACITY: u64 = 1 << 53;

/// At most `limit` requests at once, and as many again evenly over each `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: NonZeroU32,
    period_us: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuota {
    #[error("a limit must be at least 1")]
    NoRequests,
    #[error("a period must be at least one millisecond")]
    PeriodTooShort,
    #[error("limit times period is too large; 150 million per minute is about the most")]
    TooLarge,
}

/// What is remembered of one key: how full its bucket was, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    level: u64,
    /// Microseconds since 1970.
    at_us: i64,
}

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    pub allowed: bool,
    /// The burst: requests that pass at once after a rest.
    pub limit: u32,
    /// Further requests that would pass right now.
    pub remaining: u32,
    /// Until the whole burst is there again, if nothing more is asked.
    pub reset_after: Duration,
    /// Until one request passes again; `None` when this one did.
    pub retry_after: Option<Duration>,
}

impl Quota {
    pub const ONE_PER_SECOND: Self = Self {
        limit: NonZeroU32::MIN,
        period_us: 1_000_000,
    };

    /// A period has at least one millisecond.
    ///
    /// # Errors
    /// [`InvalidQuota`].
    pub fn new(limit: u32, period: Duration) -> Result<Self, InvalidQuota> {
        let limit = NonZeroU32::new(limit).ok_or(InvalidQuota::NoRequests)?;
        if period < Duration::from_millis(1) {
            return Err(InvalidQuota::PeriodTooShort);
        }
        let period_us = u64::try_from(period.as_micros()).map_err(|_| InvalidQuota::TooLarge)?;
        match period_us.checked_mul(u64::from(limit.get())) {
            Some(capacity) if capacity <= MAX_CAPACITY => Ok(Self { limit, period_us }),
            _ => Err(InvalidQuota::TooLarge),
        }
    }

    /// # Errors
    /// [`InvalidQuota`].
    pub fn per_minute(limit: u32) -> Result<Self, InvalidQuota> {
        Self::new(limit, Duration::from_secs(60))
    }

    pub fn limit(self) -> u32 {
        self.limit.get()
    }

    pub fn period(self) -> Duration {
        Duration::from_micros(self.period_us)
    }

    /// The share of one of `replicas`; never less than one request.
    pub fn divided_by(self, replicas: NonZeroU32) -> Self {
        Self {
            limit: NonZeroU32::new(self.limit.get() / replicas).unwrap_or(NonZeroU32::MIN),
            ..self
        }
    }

    /// The level of a bucket that lets nothing through.
    fn capacity(self) -> u64 {
        self.period_us * u64::from(self.limit.get())
    }

    /// Decides on one request and answers what to remember; `None` stands for a key that rested for a period or longer.
    /// A clock that steps back drains nothing, and is followed.
    pub fn decide(self, bucket: Option<Bucket>, now: Timestamp) -> (RateDecision, Bucket) {
        let at_us = now.timestamp_micros();
        let level = bucket.map_or(0, |bucket| {
            let elapsed = u64::try_from(at_us.saturating_sub(bucket.at_us)).unwrap_or(0);
            let drained = elapsed.min(self.period_us) * u64::from(self.limit.get());
            bucket.level.saturating_sub(drained)
        });
        let allowed = level + self.period_us <= self.capacity();
        let level = if allowed {
            level + self.period_us
        } else {
            level
        };
        (self.decision(allowed, level), Bucket { level, at_us })
    }

    /// What a bucket's level after the decision means to the caller.
    pub fn decision(self, allowed: bool, level: u64) -> RateDecision {
        let capacity = self.capacity();
        let limit = u64::from(self.limit.get());
        let free = capacity.saturating_sub(level) / self.period_us;
        let missing = (level + self.period_us).saturating_sub(capacity);
        RateDecision {
            allowed,
            limit: self.limit.get(),
            remaining: u32::try_from(free).unwrap_or(u32::MAX),
            reset_after: Duration::from_micros(level.div_ceil(limit)),
            retry_after: (!allowed).then(|| Duration::from_micros(missing.div_ceil(limit))),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn quota(limit: u32, period: Duration) -> Quota {
        Quota::new(limit, period).expect("is valid")
    }

    /// Requests as fast as one each `step`, for `length` after a rest; answers how many passed.
    fn admitted(quota: Quota, step: TimeDelta, length: TimeDelta) -> u64 {
        let start = Timestamp::UNIX_EPOCH + TimeDelta::days(20_000);
        let (mut bucket, mut now, mut passed) = (None, start, 0);
        while now - start <= length {
            let (decision, left) = quota.decide(bucket, now);
            passed += u64::from(decision.allowed);
            bucket = Some(left);
            now += step;
        }
        passed
    }

    #[test]
    fn after_a_rest_the_burst_and_what_was_refilled_pass() {
        for (limit, seconds) in [(1, 0), (60, 0), (60, 30), (7, 100), (300, 61), (1_000, 10)] {
            let quota = quota(limit, Duration::from_secs(60));
            // Millisecond by millisecond; the burst itself needs `limit` of them.
            let length = TimeDelta::seconds(seconds);
            let step = TimeDelta::microseconds(if seconds == 0 { 0 } else { 1_000 });
            let passed = if seconds == 0 {
                let now = Timestamp::UNIX_EPOCH;
                let mut bucket = None;
                (0..2 * limit)
                    .filter(|_| {
                        let (decision, left) = quota.decide(bucket, now);
                        bucket = Some(left);
                        decision.allowed
                    })
                    .count() as u64
            } else {
                admitted(quota, step, length)
            };
            let expected = u64::from(limit) + seconds.unsigned_abs() * u64::from(limit) / 60;
            assert_eq!(passed, expected, "{limit} per minute, {seconds} s");
        }
    }

    #[test]
    fn a_refused_request_says_exactly_when_to_come_back() {
        let quota = quota(7, Duration::from_secs(60));
        let now = Timestamp::UNIX_EPOCH;
        let mut bucket = None;
        for left in (0..7).rev() {
            let (decision, next) = quota.decide(bucket, now);
            assert!(decision.allowed);
            assert_eq!((decision.remaining, decision.retry_after), (left, None));
            bucket = Some(next);
        }
        let (refused, left) = quota.decide(bucket, now);
        let wait = refused.retry_after.expect("is refused");
        assert_eq!(wait, Duration::from_micros(8_571_429));
        assert_eq!(refused.reset_after, Duration::from_secs(60));
        let early = now + TimeDelta::microseconds(8_571_428);
        assert!(!quota.decide(Some(left), early).0.allowed);
        let in_time = now + TimeDelta::microseconds(8_571_429);
        assert!(quota.decide(Some(left), in_time).0.allowed);
    }

    #[test]
    fn a_clock_that_steps_back_neither_refills_nor_blocks() {
        let quota = quota(2, Duration::from_secs(60));
        let now = Timestamp::UNIX_EPOCH + TimeDelta::days(2);
        let (_, first) = quota.decide(None, now);
        let (_, second) = quota.decide(Some(first), now);
        let back = now - TimeDelta::days(1);
        let (refused, left) = quota.decide(Some(second), back);
        assert!(!refused.allowed);
        let later = back + TimeDelta::seconds(30);
        assert!(quota.decide(Some(left), later).0.allowed);
    }

    #[test]
    fn a_share_is_never_nothing() {
        let replicas = NonZeroU32::new(3).expect("is not zero");
        let minute = Duration::from_secs(60);
        assert_eq!(quota(50, minute).divided_by(replicas), quota(16, minute));
        assert_eq!(quota(2, minute).divided_by(replicas), quota(1, minute));
    }

    #[test]
    fn what_cannot_be_counted_exactly_is_refused() {
        assert_eq!(Quota::per_minute(0), Err(InvalidQuota::NoRequests));
        let short = Quota::new(1, Duration::from_micros(999));
        assert_eq!(short, Err(InvalidQuota::PeriodTooShort));
        assert_eq!(Quota::per_minute(u32::MAX), Err(InvalidQuota::TooLarge));
        assert_eq!(Quota::new(1, Duration::MAX), Err(InvalidQuota::TooLarge));
        assert!(Quota::per_minute(150_000_000).is_ok());
    }

    proptest! {
        #[test]
        fn no_pattern_of_requests_gets_more_than_the_formula(
            limit in 1_u32..50,
            steps in proptest::collection::vec(0_i64..5_000_000, 1..400),
        ) {
            let quota = quota(limit, Duration::from_secs(60));
            let start = Timestamp::UNIX_EPOCH;
            let (mut bucket, mut now, mut passed) = (None, start, 0_u64);
            for step in steps {
                now += TimeDelta::microseconds(step);
                let (decision, left) = quota.decide(bucket, now);
                passed += u64::from(decision.allowed);
                bucket = Some(left);
                prop_assert_eq!(decision.allowed, decision.retry_after.is_none());
                let elapsed = u64::try_from((now - start).num_microseconds().unwrap_or(0)).unwrap_or(0);
                prop_assert!(passed <= u64::from(limit) + elapsed * u64::from(limit) / 60_000_000);
            }
        }
    }
}
