//! What goes wrong in the drill, and which alerts must tell of it.

use std::collections::BTreeSet;

use clap::ValueEnum;
use testkit::openai_stub::Behaviour;

use super::alert::Alert;
use super::world::{Version, World};
use crate::reporting::name_of;

/// In the order in which they come. The burst is the last one: its errors stay in the long windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Fault {
    /// Three tenths of the stable version's requests take 400 ms more
    Latency,
    /// Redis is killed, and started again with nothing in it
    Redis,
    /// Every call to the language model fails
    Model,
    /// The only server of the new version is killed, and started again
    Kill,
    /// A fifth of the new version's requests fail
    Errors,
}

impl Fault {
    pub(super) fn name(self) -> String {
        name_of(self)
    }

    /// From what the alerts mean, by their runbooks. Consequences that the Alertmanager keeps back are among them: Prometheus does
    /// not know of that.
    pub(super) fn expected(self) -> BTreeSet<Alert> {
        let of_both = |names: &[&str]| -> Vec<Alert> {
            let versions = [Version::Stable, Version::Canary].into_iter();
            versions
                .flat_map(|version| names.iter().map(move |name| Alert::of(name, version)))
                .collect()
        };
        let alerts = match self {
            // Slower than 250 ms, and still answered well within the second that searches have.
            Self::Latency => vec![Alert::of("HighLatency", Version::Stable)],
            // Values that were written cannot be read back: the hit rate follows. Limits, tokens, money and tasks go on without.
            Self::Redis => of_both(&["RedisDown", "RedisHitRateLow"]),
            // Questions fail until the breaker opens, and rules answer all the while.
            Self::Model => of_both(&["OpenAIFailureRate", "OpenAIFallbackRateHigh"]),
            // One restart is no crash loop, and the other version serves everybody.
            Self::Kill => vec![
                Alert::of("TargetDown", Version::Canary),
                Alert::of("VersionDown", Version::Canary),
            ],
            // A fifth of every route: far above each limit for failures, and a tenth of the whole service, 100 times its budget.
            Self::Errors => {
                let of_canary = [
                    "AvailabilityCritical",
                    "AvailabilityLow",
                    "HighErrorRate",
                    "SearchErrorRateHigh",
                    "RecommendationErrorRateHigh",
                    "ErrorBudgetBurnFastest",
                    "ErrorBudgetBurnFast",
                ];
                let of_the_service = [
                    "ErrorBudgetBurnFastest",
                    "ErrorBudgetBurnFast",
                    "ErrorBudgetBurnSlow",
                    "ErrorBudgetBurnSlowest",
                    "ErrorBudgetNearlySpent",
                ];
                let of_canary = of_canary.map(|name| Alert::of(name, Version::Canary));
                let of_the_service = of_the_service.map(Alert::of_the_service);
                of_canary.into_iter().chain(of_the_service).collect()
            }
        };
        alerts.into_iter().collect()
    }

    /// # Errors
    ///
    /// When it cannot be made to happen.
    pub(super) fn begin(self, world: &mut World) -> anyhow::Result<()> {
        match self {
            Self::Latency => world.disturb(Version::Stable)?,
            Self::Redis => world.redis.kill(),
            Self::Model => world.model.always(Behaviour::server_error()),
            Self::Kill => world.kill_canary(),
            Self::Errors => world.disturb(Version::Canary)?,
        }
        Ok(())
    }

    /// # Errors
    ///
    /// When it goes on.
    pub(super) fn end(self, world: &mut World) -> anyhow::Result<()> {
        match self {
            Self::Latency => world.disturb(Version::Stable)?,
            Self::Redis => world.restart_redis(),
            Self::Model => world.model.always(Behaviour::Answer),
            Self::Kill => world.start_canary()?,
            Self::Errors => world.disturb(Version::Canary)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rollout::Policy;

    use super::*;

    #[test]
    fn every_fault_expects_alerts_of_the_policy() {
        let text = include_str!("../../../config/rollout.toml");
        let known = Policy::parse(text).unwrap().monitoring.alerts;
        for fault in Fault::value_variants() {
            let expected = fault.expected();
            assert!(!expected.is_empty(), "{}", fault.name());
            for alert in expected {
                assert!(known.contains_key(&alert.name), "{alert}");
            }
        }
    }
}
