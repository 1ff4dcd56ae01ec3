//! The shipped policy in a fraction of its time: the same rules and thresholds over shorter windows.

use std::time::Duration;

use anyhow::Context as _;
use toml::Table;

use crate::rig::scraping;
use crate::rig::shortening::{change, shorten_windows, table, tables};

/// A shorter window holds too few scrapes to tell anything.
const SHORTEST_WINDOW: Duration = Duration::from_secs(5);
/// A look asks Prometheus some dozens of questions.
const SHORTEST_LOOK: Duration = Duration::from_secs(2);

/// How long each stage lasts at least, by its place. A canary gets a twentieth of the traffic, so it needs longest.
const STAGES: [Duration; 3] = [
    Duration::from_secs(60),
    Duration::from_secs(35),
    Duration::from_secs(35),
];

/// The policy's text with every window of the judge shortened so many times, and with stages of about a minute.
///
/// # Errors
///
/// When it is no policy that has such keys.
pub(super) fn shortened(text: &str, times: u32) -> anyhow::Result<String> {
    let mut policy: Table = toml::from_str(text).context("the policy is no TOML")?;
    let divided = |span: Duration| span / times.max(1);
    let window = |span: Duration| divided(span).max(SHORTEST_WINDOW);
    let look = |span: Duration| divided(span).max(SHORTEST_LOOK);
    shorten_windows(&mut policy, window)?;
    let monitoring = table(&mut policy, "monitoring")?;
    change(monitoring, &["scrape_every", "evaluate_every"], |_| {
        scraping::EVERY
    })?;
    change(table(&mut policy, "statistics")?, &["look_every"], look)?;
    for (index, stage) in tables(&mut policy, "stages")?.enumerate() {
        let lasts = STAGES[index.min(STAGES.len() - 1)];
        let stage = stage?;
        change(stage, &["at_least"], |_| lasts)?;
        change(stage, &["at_most"], |_| lasts * 4)?;
    }
    Ok(toml::to_string(&policy)?)
}

#[cfg(test)]
mod tests {
    use rollout::Policy;

    use super::*;

    const SHIPPED: &str = include_str!("../../../config/rollout.toml");

    #[test]
    fn a_shortened_policy_keeps_every_rule_and_threshold() {
        let shipped = Policy::parse(SHIPPED).unwrap();
        let short = Policy::parse(&shortened(SHIPPED, 120).unwrap()).unwrap();
        assert_eq!(short.objectives, shipped.objectives);
        assert_eq!(short.comparisons, shipped.comparisons);
        assert_eq!(
            short.planned_sample().unwrap(),
            shipped.planned_sample().unwrap()
        );
        for (name, rule) in &shipped.triggers {
            let rehearsed = &short.triggers[name];
            assert!(rehearsed.window <= rule.window, "{name}");
            assert_eq!(
                (rehearsed.limit, rehearsed.action, rehearsed.measure),
                (rule.limit, rule.action, rule.measure),
                "{name}"
            );
        }
        let weights = |policy: &Policy| -> Vec<u8> {
            let stages = policy.stages.iter();
            stages.map(|stage| stage.weight_percent).collect()
        };
        assert_eq!(weights(&short), weights(&shipped));
        let seconds: u64 = short
            .stages
            .iter()
            .map(|stage| stage.at_least.as_secs())
            .sum();
        assert!(seconds < 180, "{seconds} s");
    }

    #[test]
    fn what_is_no_policy_is_said_to_be_none() {
        for (text, missing) in [
            ("", "telemetry"),
            ("[telemetry]", "triggers"),
            ("=", "TOML"),
        ] {
            let error = format!("{:#}", shortened(text, 120).unwrap_err());
            assert!(error.contains(missing), "{error}");
        }
    }
}
