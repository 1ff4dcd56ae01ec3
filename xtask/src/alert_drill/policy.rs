//! The shipped policy in minutes: the same rules, limits and samples over windows that are short enough to be filled and left again.

use std::time::Duration;

use anyhow::Context as _;
use toml::Table;

use crate::rig::scraping::EVERY;
use crate::rig::shortening::{change, shorten_each, shorten_windows, table, tables};

/// For rules with long windows.
const EVERY_LONG: Duration = Duration::from_secs(2);

/// Long spans shrink far more than short ones, and none becomes longer than another that it was shorter than: five minutes are
/// 14 s, an hour is 29 s and 30 days are 210 s. So each window holds enough scrapes, and the longest is left again within minutes.
fn short(span: Duration) -> Duration {
    Duration::from_secs_f64((2.5 * span.as_secs_f64().powf(0.3)).round())
}

/// The policy's text with every span shortened but the ages of certificates and secrets, which are compared with the calendar.
///
/// # Errors
///
/// When it is no policy that has such keys.
pub(super) fn shortened(text: &str) -> anyhow::Result<String> {
    let mut policy: Table = toml::from_str(text).context("the policy is no TOML")?;
    shorten_windows(&mut policy, short)?;
    change(table(&mut policy, "statistics")?, &["look_every"], short)?;
    for stage in tables(&mut policy, "stages")? {
        change(stage?, &["at_least", "at_most"], short)?;
    }
    shorten_each(&mut policy, "objectives", &["window"], short)?;
    shorten_each(&mut policy, "alerts", &["window", "for"], short)?;
    let monitoring = table(&mut policy, "monitoring")?;
    let spans = ["long_window", "windows", "autoscaling_window"];
    change(monitoring, &spans, short)?;
    change(monitoring, &["scrape_every", "evaluate_every"], |_| EVERY)?;
    let long = ["evaluate_long_windows_every"];
    change(monitoring, &long, |_| EVERY_LONG)?;
    Ok(toml::to_string(&policy)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rollout::Policy;
    use rollout::policy::Condition;

    use super::*;

    const SHIPPED: &str = include_str!("../../../config/rollout.toml");

    #[test]
    fn only_spans_differ_and_their_order_stays() {
        let shipped = Policy::parse(SHIPPED).unwrap();
        let short = Policy::parse(&shortened(SHIPPED).unwrap()).unwrap();
        let (before, after) = (&shipped.monitoring, &short.monitoring);
        let windows: BTreeSet<Duration> = after.windows.iter().copied().collect();
        assert_eq!(windows.len(), before.windows.len());
        assert!(after.windows[0] > EVERY * 8, "{:?}", after.windows);
        assert!(*windows.last().unwrap() < Duration::from_secs(240));
        for (name, alert) in &before.alerts {
            let drilled = &after.alerts[name];
            assert_eq!(drilled.severity, alert.severity, "{name}");
            match (&drilled.condition, &alert.condition) {
                (Condition::Own(drilled), Condition::Own(own)) => {
                    assert_eq!(
                        (drilled.above, drilled.minimum_sample, drilled.age),
                        (own.above, own.minimum_sample, own.age),
                        "{name}"
                    );
                    assert!(drilled.pending <= own.pending, "{name}");
                }
                (Condition::BurnRate { .. }, _) => {
                    assert_eq!(drilled.condition, alert.condition, "{name}");
                }
                _ => {}
            }
        }
        for (name, rule) in &shipped.triggers {
            let drilled = &short.triggers[name];
            assert!(drilled.window < rule.window, "{name}");
            assert_eq!(
                (drilled.limit, drilled.minimum_sample, drilled.measure),
                (rule.limit, rule.minimum_sample, rule.measure),
                "{name}"
            );
        }
    }
}
