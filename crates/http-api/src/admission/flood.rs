//! The first line: refuses in this process, before the exact limit is asked, what comes far too often.
//!
//! One guard a class, since a guard has one quota. A request passes those of other classes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_governor::governor::clock::{Clock as _, DefaultClock, QuantaInstant};
use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::governor::{self, DefaultKeyedRateLimiter, NotUntil};
use actix_governor::{
    Governor, GovernorConfig, GovernorConfigBuilder, KeyExtractor, SimpleKeyExtractionError,
};
use actix_web::dev::ServiceRequest;
use actix_web::{HttpMessage, HttpResponse, HttpResponseBuilder};
use app::limits::{CallerClass, LimitSettings};
use domain::Quota;

use super::headers;
use super::identity::{CallerKey, Identity};

/// Of the quota that a class is granted.
const TIMES: u32 = 10;

/// Takes part in the requests of one class.
#[derive(Clone)]
pub(crate) struct OfClass {
    class: CallerClass,
    /// What the class is granted, which callers are told.
    quota: Option<Quota>,
}

impl KeyExtractor for OfClass {
    /// `None`: the request is not of this class, or the class has no limit.
    type Key = Option<CallerKey>;
    type KeyExtractionError = SimpleKeyExtractionError<&'static str>;

    fn extract(&self, request: &ServiceRequest) -> Result<Self::Key, Self::KeyExtractionError> {
        let extensions = request.extensions();
        let identity = extensions.get::<Identity>();
        Ok(identity
            .filter(|identity| self.quota.is_some() && identity.class == self.class)
            .map(|identity| identity.key))
    }

    fn whitelisted_keys(&self) -> Vec<Self::Key> {
        vec![None]
    }

    /// Without a body: problems are rendered where the request is at hand.
    fn exceed_rate_limit_response(
        &self,
        refusal: &NotUntil<QuantaInstant>,
        mut response: HttpResponseBuilder,
    ) -> HttpResponse {
        let mut response = response.finish();
        let answered = response.headers_mut();
        answered.remove("x-ratelimit-after");
        let wait = refusal.wait_time_from(DefaultClock::default().now());
        if let Some(quota) = self.quota {
            headers::refused(answered, self.class, quota, wait);
        }
        response
    }
}

pub(crate) type FloodGuard = Governor<OfClass, NoOpMiddleware<QuantaInstant>>;
type GuardSettings = GovernorConfig<OfClass, NoOpMiddleware<QuantaInstant>>;

/// Shared by all workers.
#[derive(Clone)]
pub(crate) struct FloodGuards {
    guards: [GuardSettings; CallerClass::ALL.len()],
    /// Who was refused within the last minute.
    refused: Arc<DefaultKeyedRateLimiter<CallerKey>>,
}

impl FloodGuards {
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        let once_a_minute = governor::Quota::per_minute(NonZeroU32::MIN);
        Self {
            guards: CallerClass::ALL.map(|class| guard_settings(class, limits.quota(class))),
            refused: Arc::new(DefaultKeyedRateLimiter::keyed(once_a_minute)),
        }
    }

    pub(crate) fn guards(&self) -> [FloodGuard; CallerClass::ALL.len()] {
        self.guards.each_ref().map(Governor::new)
    }

    /// Forgets whoever rested long enough to be granted everything again.
    pub(crate) fn forget_rested(&self) {
        for guard in &self.guards {
            let limiter = guard.limiter();
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        self.refused.retain_recent();
        self.refused.shrink_to_fit();
    }

    /// How many callers are remembered.
    pub(crate) fn remembered(&self) -> usize {
        let guarded: usize = self.guards.iter().map(|guard| guard.limiter().len()).sum();
        guarded + self.refused.len()
    }

    /// Whether the caller was not refused within the last minute: the audit log wants to hear of each once.
    pub(crate) fn is_first_refusal(&self, caller: CallerKey) -> bool {
        self.refused.check_key(&caller).is_ok()
    }
}

#[expect(
    clippy::expect_used,
    reason = "a guard needs a burst and a period above zero, and both are at least 1"
)]
fn guard_settings(class: CallerClass, quota: Option<Quota>) -> GuardSettings {
    let burst = quota.map_or(1, |quota| quota.limit().saturating_mul(TIMES));
    let period = quota.map_or(Duration::from_secs(1), Quota::period);
    GovernorConfigBuilder::default()
        .key_extractor(OfClass { class, quota })
        .burst_size(burst)
        .period((period / burst).max(Duration::from_nanos(1)))
        .finish()
        .expect("burst and period are above zero")
}
