//! Policies in a fraction of their time: spans are changed where they stand, and everything else stays.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rollout::span;
use toml::{Table, Value};

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
