//! How fast the budget of failures is spent: in a long window, and still in a short one.

use anyhow::Context as _;
use rollout::policy::Policy;
use rollout::span;
use rollout::verdict::Action;

use super::{Rule, count};
use crate::render::dashboards::Dashboard;
use crate::render::recording::number;
use crate::render::shares::{Level, rate};

/// One for the service, whose budget it is, and where it sends a release back one for each version: a canary at 5 % that fails
/// is not seen in the whole.
pub(super) fn rules(
    policy: &Policy,
    times: f64,
    minimum_sample: u64,
    minimum_bad: u64,
) -> anyhow::Result<Vec<Rule>> {
    let burn = policy
        .burn_rates
        .iter()
        .find(|rate| rate.times.to_bits() == times.to_bits())
        .context("its burn rate is not there")?;
    let levels: &[Level] = match burn.action {
        Action::Hold => &[Level::Service],
        Action::Rollback | Action::RollbackAtOnce => &[Level::Service, Level::Version],
    };
    let (short, long) = (span::text(burn.short), span::text(burn.long));
    let limit = number(times * policy.budget());
    let rules = levels.iter().map(|level| {
        let bad = |window| rate(*level, "http_server_errors", window);
        let all = |window| rate(*level, "http_requests", window);
        let beyond = |window| format!("{} / ({} > 0) > {limit}", bad(window), all(window));
        let expr = format!(
            "{}\nand {}\nand {} >= {minimum_sample}\nand {} >= {minimum_bad}",
            beyond(burn.long),
            beyond(burn.short),
            count(&all(burn.long), burn.long),
            count(&bad(burn.long), burn.long),
        );
        let whose = match level {
            Level::Service => "the service".to_owned(),
            Level::Version => "version {{ $labels.version }}".to_owned(),
        };
        Rule {
            expr,
            pending: std::time::Duration::ZERO,
            component: "availability",
            scope: Some(*level),
            dashboard: Dashboard::Slo,
            summary: format!("The error budget burns at more than {times} times its pace, by {whose}"),
            description: format!(
                "{{{{ $value | humanizePercentage }}}} of requests to {whose} failed (5xx) in the last {long}, and it goes on in \
                 the last {short}; {} % is {times} times what the objective allows.",
                number(times * policy.budget() * 100.0)
            ),
        }
    });
    Ok(rules.collect())
}
