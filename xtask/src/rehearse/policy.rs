//! The shipped policy in a fraction of its time: the same rules and thresholds over shorter windows.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rollout::span;
use toml::{Table, Value};

/// How often Prometheus asks.
pub(super) const SCRAPE: Duration = Duration::from_secs(1);
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
    change(monitoring, &["scrape_every", "evaluate_every"], |_| SCRAPE)?;
    change(table(&mut policy, "statistics")?, &["look_every"], look)?;
    for (index, stage) in tables(&mut policy, "stages")?.enumerate() {
        let lasts = STAGES[index.min(STAGES.len() - 1)];
        let stage = stage?;
        change(stage, &["at_least"], |_| lasts)?;
        change(stage, &["at_most"], |_| lasts * 4)?;
    }
    Ok(toml::to_string(&policy)?)
}

/// Changes every window that the judge looks at.
///
/// # Errors
///
/// When it is no policy that has such keys.
pub(crate) fn shorten_windows(
    policy: &mut Table,
    window: impl Fn(Duration) -> Duration + Copy,
) -> anyhow::Result<()> {
    change(table(policy, "telemetry")?, &["stale_after"], window)?;
    shorten_each(policy, "triggers", &["for"], window)?;
    shorten_each(policy, "criteria", &["window"], window)?;
    for rate in tables(policy, "burn_rates")? {
        change(rate?, &["short", "long"], window)?;
    }
    Ok(())
}

/// The same of the tables in one, by their keys.
///
/// # Errors
///
/// When there is no such table, or a value is no duration.
pub(crate) fn shorten_each(
    policy: &mut Table,
    group: &str,
    keys: &[&str],
    window: impl Fn(Duration) -> Duration + Copy,
) -> anyhow::Result<()> {
    for (_, rule) in table(policy, group)?.iter_mut() {
        let rule = rule.as_table_mut().context("a rule is no table")?;
        change(rule, keys, window)?;
    }
    Ok(())
}

/// # Errors
///
/// When there is none.
pub(crate) fn table<'a>(policy: &'a mut Table, name: &str) -> anyhow::Result<&'a mut Table> {
    policy
        .get_mut(name)
        .and_then(Value::as_table_mut)
        .with_context(|| format!("the policy has no table `{name}`"))
}

/// # Errors
///
/// When there is no such list. An entry that is no table is an error, too.
pub(crate) fn tables<'a>(
    policy: &'a mut Table,
    name: &str,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<&'a mut Table>>> {
    let array = policy.get_mut(name).and_then(Value::as_array_mut);
    let array = array.with_context(|| format!("the policy has no list `{name}`"))?;
    Ok(array
        .iter_mut()
        .map(|entry| entry.as_table_mut().context("an entry is no table")))
}

/// Changes those of the keys that are there: a duration, or each of a list.
///
/// # Errors
///
/// When a value is no duration.
pub(crate) fn change(
    table: &mut Table,
    keys: &[&str],
    changed: impl Fn(Duration) -> Duration,
) -> anyhow::Result<()> {
    for key in keys {
        let spans = match table.get_mut(*key) {
            None => continue,
            Some(Value::Array(spans)) => spans.as_mut_slice(),
            Some(span) => std::slice::from_mut(span),
        };
        for value in spans {
            let Some(before) = value.as_str().and_then(span::parse) else {
                bail!("`{key}` is {value}, which is no duration");
            };
            *value = Value::String(span::text(changed(before)));
        }
    }
    Ok(())
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
