//! How often somebody may ask, by what they are.

use std::sync::Arc;

use domain::{Quota, RateDecision};
use ports::RateLimiter;

/// Callers that share a quota of one size; each of them has a count of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerClass {
    /// Without a token, by address.
    Public,
    /// Students and partners, by subject.
    Authenticated,
    Agent,
    Admin,
    /// Requests whose token was refused, by address.
    AuthFailure,
}

impl CallerClass {
    pub const ALL: [Self; 5] = [
        Self::Public,
        Self::Authenticated,
        Self::Agent,
        Self::Admin,
        Self::AuthFailure,
    ];

    /// As it stands in the headers of answers and in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Authenticated => "authenticated",
            Self::Agent => "agent",
            Self::Admin => "admin",
            Self::AuthFailure => "auth-failure",
        }
    }
}

/// What each class is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    pub public: Quota,
    pub authenticated: Quota,
    pub agent: Quota,
    pub admin: Quota,
    pub auth_failure: Quota,
    /// Questions that reach the language model, by whoever asks: counted beside the request itself.
    pub model: Quota,
    /// Whether those without a token are limited.
    pub per_ip: bool,
    /// Whether those with a token are limited.
    pub per_token: bool,
}

impl LimitSettings {
    /// `None`: as often as one likes.
    pub fn quota(&self, class: CallerClass) -> Option<Quota> {
        let (quota, limited) = match class {
            CallerClass::Public => (self.public, self.per_ip),
            CallerClass::Authenticated => (self.authenticated, self.per_token),
            CallerClass::Agent => (self.agent, self.per_token),
            CallerClass::Admin => (self.admin, self.per_token),
            CallerClass::AuthFailure => (self.auth_failure, self.per_ip),
        };
        limited.then_some(quota)
    }
}

/// Counts requests against the quotas.
pub struct Limits {
    settings: LimitSettings,
    limiter: Arc<dyn RateLimiter>,
}

impl Limits {
    pub fn new(settings: LimitSettings, limiter: Arc<dyn RateLimiter>) -> Self {
        Self { settings, limiter }
    }

    pub fn settings(&self) -> &LimitSettings {
        &self.settings
    }

    /// Counts one request of a caller, named by a text that tells it from all others of its class. `None`: it is not limited, or
    /// nothing can be known now, and then the request goes on.
    pub async fn count(&self, class: CallerClass, caller: &str) -> Option<RateDecision> {
        let quota = self.settings.quota(class)?;
        self.check(class.name(), caller, quota).await
    }

    /// Counts one question to the language model, as [`Self::count`] counts requests.
    pub async fn count_model_question(&self, caller: &str) -> Option<RateDecision> {
        let limited = self.settings.per_ip || self.settings.per_token;
        let quota = limited.then_some(self.settings.model)?;
        self.check("model", caller, quota).await
    }

    async fn check(&self, kind: &str, caller: &str, quota: Quota) -> Option<RateDecision> {
        let key = format!("{kind}:{caller}");
        match self.limiter.check(&key, quota).await {
            Ok(decision) => Some(decision),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a request was not counted"
                );
                None
            }
        }
    }
}
