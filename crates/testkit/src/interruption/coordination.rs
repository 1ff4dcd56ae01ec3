//! The ports that replicas share, interrupted when the test says so.

use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{Quota, RateDecision, Timestamp};
use ports::cache::futures::FutureBytes;
use ports::{
    Cache, CacheError, Claim, MicroUsd, RateLimiter, RateLimiterError, ReplayGuard,
    ReplayGuardError, Reservation, Reserve, Revocation, RevocationStore, RevocationStoreError,
    Settlement, SpendMeter, SpendMeterError,
};

use super::Interruptible;

impl<S> Interruptible<S> {
    fn cache(&self) -> Result<&S, CacheError> {
        match self.interruption.check() {
            Ok(()) => Ok(&self.store),
            Err(source) => Err(CacheError::Unavailable(source)),
        }
    }

    fn revoked(&self, operation: &'static str) -> Result<&S, RevocationStoreError> {
        match self.interruption.check() {
            Ok(()) => Ok(&self.store),
            Err(source) => Err(RevocationStoreError::Unavailable { operation, source }),
        }
    }

    fn meter(&self, operation: &'static str) -> Result<&S, SpendMeterError> {
        match self.interruption.check() {
            Ok(()) => Ok(&self.store),
            Err(source) => Err(SpendMeterError::Unavailable { operation, source }),
        }
    }
}

#[async_trait]
impl<S: Cache> Cache for Interruptible<S> {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        self.cache()?.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), CacheError> {
        self.cache()?.set(key, value, ttl).await
    }

    async fn get_or_compute(
        &self,
        key: &str,
        ttl: Duration,
        compute: FutureBytes<'_>,
    ) -> Result<Vec<u8>, CacheError> {
        self.cache()?.get_or_compute(key, ttl, compute).await
    }
}

#[async_trait]
impl<S: RateLimiter> RateLimiter for Interruptible<S> {
    async fn check(&self, key: &str, quota: Quota) -> Result<RateDecision, RateLimiterError> {
        let checked = self.interruption.check();
        checked.map_err(|source| RateLimiterError::Unavailable(source))?;
        self.store.check(key, quota).await
    }
}

#[async_trait]
impl<S: ReplayGuard> ReplayGuard for Interruptible<S> {
    async fn claim(
        &self,
        token_id: &str,
        purpose: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<Claim, ReplayGuardError> {
        let checked = self.interruption.check();
        checked.map_err(|source| ReplayGuardError::Unavailable(source))?;
        self.store.claim(token_id, purpose, expires_at).await
    }
}

#[async_trait]
impl<S: RevocationStore> RevocationStore for Interruptible<S> {
    async fn revoke(&self, revocation: Revocation) -> Result<(), RevocationStoreError> {
        self.revoked("revoke")?.revoke(revocation).await
    }

    async fn revocations(&self, now: Timestamp) -> Result<Vec<Revocation>, RevocationStoreError> {
        self.revoked("revocations")?.revocations(now).await
    }
}

#[async_trait]
impl<S: SpendMeter> SpendMeter for Interruptible<S> {
    async fn reserve(
        &self,
        day: NaiveDate,
        amount: MicroUsd,
        limit: MicroUsd,
    ) -> Result<Reserve, SpendMeterError> {
        let store = self.meter("reserve")?;
        store.reserve(day, amount, limit).await
    }

    async fn settle(
        &self,
        reservation: &Reservation,
        actual: MicroUsd,
    ) -> Result<Settlement, SpendMeterError> {
        self.meter("settle")?.settle(reservation, actual).await
    }

    async fn spent(&self, day: NaiveDate) -> Result<MicroUsd, SpendMeterError> {
        self.meter("spent")?.spent(day).await
    }
}
