//! Requests that were refused, and failures of our own that must never happen.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Metrics;

/// A failure of ours that a running process can notice. Attacks that were refused are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A handler answered on a route for which no policy says who may use it.
    RouteWithoutPolicy,
    /// A scholarship was changed past the audit log.
    AuditGap,
}

impl Violation {
    pub const ALL: [Self; 2] = [Self::RouteWithoutPolicy, Self::AuditGap];

    fn kind(self) -> &'static str {
        match self {
            Self::RouteWithoutPolicy => "route_without_policy",
            Self::AuditGap => "audit_gap",
        }
    }
}

pub(super) struct RefusalMetrics {
    limited: Family<ClassLabels, Counter>,
    unauthorized: Family<ReasonLabels, Counter>,
    violations: Family<KindLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassLabels {
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

impl RefusalMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            limited: Family::default(),
            unauthorized: Family::default(),
            violations: Family::default(),
        };
        registry.register(
            "rate_limit_rejections",
            "Requests beyond a limit, by class of caller",
            metrics.limited.clone(),
        );
        registry.register(
            "auth_rejections",
            "Requests refused for their token or for what it does not allow, by error code",
            metrics.unauthorized.clone(),
        );
        registry.register(
            "security_policy_violations",
            "Failures of the service's own that break its security policy, by kind",
            metrics.violations.clone(),
        );
        for violation in Violation::ALL {
            let kind = violation.kind();
            drop(metrics.violations.get_or_create(&KindLabels { kind }));
        }
        metrics
    }
}

impl Metrics {
    /// Makes the series of these classes of callers and codes of refusals.
    pub fn prepare_refusals(
        &self,
        classes: impl IntoIterator<Item = &'static str>,
        reasons: impl IntoIterator<Item = &'static str>,
    ) {
        self.with(|recorded| {
            let refusals = &recorded.refusals;
            for class in classes {
                drop(refusals.limited.get_or_create(&ClassLabels { class }));
            }
            for reason in reasons {
                drop(
                    refusals
                        .unauthorized
                        .get_or_create(&ReasonLabels { reason }),
                );
            }
        });
    }

    /// `class` is one of those that were prepared.
    pub fn request_limited(&self, class: &'static str) {
        self.with(|recorded| {
            let limited = &recorded.refusals.limited;
            limited.get_or_create(&ClassLabels { class }).inc();
        });
    }

    /// `reason` is one of the codes that were prepared.
    pub fn request_unauthorized(&self, reason: &'static str) {
        self.with(|recorded| {
            let unauthorized = &recorded.refusals.unauthorized;
            unauthorized.get_or_create(&ReasonLabels { reason }).inc();
        });
    }

    pub fn policy_violated(&self, violation: Violation, count: u64) {
        self.with(|recorded| {
            let kind = violation.kind();
            let violations = &recorded.refusals.violations;
            violations.get_or_create(&KindLabels { kind }).inc_by(count);
        });
    }
}
