//! What a promotion asks, watched between releases as well.

use std::time::Duration;

use anyhow::Context as _;
use rollout::policy::{Criterion, MeasureKind, Policy};
use rollout::span;

use super::triggers::{Words, increase};
use super::{Rule, count};
use crate::render::recording::number;
use crate::render::shares::{Level, Share, rate};

pub(super) fn rule(
    policy: &Policy,
    criterion: &Criterion,
    window: Duration,
    pending: Duration,
) -> anyhow::Result<Rule> {
    let words = Words::of(criterion.measure);
    let limit = number(criterion.limit.bad_at_most);
    let over = span::text(window);
    let (expr, value, shown_limit) = match criterion.measure.kind() {
        MeasureKind::Share => {
            let share = Share::of(criterion.measure).context("its measure is no share")?;
            let (bad, all) = (
                rate(Level::Version, &share.bad, window),
                rate(Level::Version, &share.all, window),
            );
            let sample = count(&all, window);
            (
                format!(
                    "{bad} / ({all} > 0) > {limit}\nand {sample} >= {}",
                    criterion.minimum_sample
                ),
                "{{ $value | humanizePercentage }}",
                format!("{} %", number(criterion.limit.bad_at_most * 100.0)),
            )
        }
        MeasureKind::Count => (
            increase(policy, "security_policy_violations_total", window, &limit),
            "{{ $value | printf \"%.0f\" }}",
            limit.clone(),
        ),
        MeasureKind::Peak => anyhow::bail!("a peak is watched by a trigger"),
    };
    Ok(Rule {
        expr,
        pending,
        component: words.component,
        scope: None,
        dashboard: words.dashboard,
        summary: format!("{} of version {{{{ $labels.version }}}}", words.title),
        description: format!(
            "{value} {} in the last {over}; at most {shown_limit} may be.",
            words.what
        ),
    })
}
