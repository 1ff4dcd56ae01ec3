//! The goals, with what was measured for each.

use anyhow::Context as _;

use super::super::relevance;
use super::in_process::{Searches, Summary};
use super::{LARGE, MIDDLE, Results, server};

/// Which side of its bounds a value has to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    Lower,
    Higher,
}

/// One row: `reach` must be reached, `aim` shows the direction.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    better: Better,
    pub(super) reach: f64,
    pub(super) aim: Option<f64>,
    /// `None`: this run has not measured it.
    pub(super) measured: Option<f64>,
}

impl Goal {
    /// Whether `reach` is; `None` when it was not measured.
    pub(super) fn is_met(&self) -> Option<bool> {
        self.measured.map(|value| self.holds(value, self.reach))
    }

    pub(super) fn is_aim_met(&self) -> Option<bool> {
        Some(self.holds(self.measured?, self.aim?))
    }

    fn holds(&self, value: f64, bound: f64) -> bool {
        match self.better {
            Better::Lower => value <= bound,
            Better::Higher => value >= bound,
        }
    }

    pub(super) fn bound(&self, bound: f64) -> String {
        let sign = match self.better {
            Better::Lower => "≤",
            Better::Higher => "≥",
        };
        format!("{sign} {bound} {}", self.unit)
            .trim_end()
            .to_owned()
    }
}

/// Held-out queries decide: nobody has tuned for them.
const HALF: &str = "held-out";

pub(super) fn of(results: &Results) -> anyhow::Result<Vec<Goal>> {
    let ours = |size| results.searches(size, "ours", "all", HALF);
    let summary = |searches: &Searches| -> Summary { searches.summary };
    let search = ours(MIDDLE).map(summary).context("no searches measured")?;
    let shared = |engine| {
        let searches = results.searches(MIDDLE, engine, "shared", HALF);
        searches.map(summary).context("no comparison measured")
    };
    let lead = shared("tantivy plain")?.cpu_mean / shared("ours")?.cpu_mean;
    let growth = ours(LARGE).map(|large| large.summary.cpu_mean / search.cpu_mean);
    let matching = results
        .operation(MIDDLE, "match, counts only")
        .context("no matching measured")?;
    let server = &results.server;
    let lower = |name, unit, reach, aim, measured| Goal {
        name,
        unit,
        better: Better::Lower,
        reach,
        aim,
        measured,
    };
    let higher = |name, unit, reach, aim, measured| Goal {
        name,
        unit,
        better: Better::Higher,
        reach,
        aim,
        measured,
    };
    Ok(vec![
        lower(
            "engine CPU per search with facets, correction, prefix, proximity: mean",
            "us",
            50.0,
            Some(25.0),
            Some(search.cpu_mean),
        ),
        lower("the same: p99", "us", 300.0, None, Some(search.cpu_p99)),
        higher(
            "HTTP search with facets, share of the ready-fragments ceiling",
            "%",
            20.0,
            Some(40.0),
            Some(server.search_to_fragments * 100.0),
        ),
        higher(
            "against tantivy plain with the same answers",
            "times",
            15.0,
            Some(30.0),
            Some(lead),
        ),
        lower(
            "growth: CPU with 1,000,000 over CPU with 100,000",
            "times",
            8.0,
            Some(5.0),
            growth,
        ),
        lower(
            "match a profile against the whole catalogue, with counts: mean",
            "us",
            200.0,
            Some(50.0),
            Some(matching.summary.cpu_mean),
        ),
        lower(
            "one change visible while searching at full load: p99",
            "ms",
            5.0,
            Some(1.0),
            Some(results.freshness[0].p99),
        ),
        lower(
            "memory per scholarship, all in, after the load",
            "KB",
            3.0,
            Some(1.5),
            Some(server::bytes_a_scholarship(server.megabytes_after_load)? / 1_000.0),
        ),
        lower(
            "restart to ready from a snapshot",
            "s",
            0.5,
            Some(0.1),
            Some(server.restart_seconds),
        ),
        lower(
            "start to first answer, sample catalogue",
            "s",
            1.0,
            None,
            Some(server.sample_start_seconds),
        ),
        lower(
            "import of 100,000 into an empty store",
            "s",
            60.0,
            None,
            Some(server.import_seconds),
        ),
        higher(
            "searches over HTTP against Postgres full text",
            "times",
            10.0,
            None,
            server.postgres.as_ref().map(|postgres| postgres.ratio),
        ),
        higher(
            "known-item search, MRR@10 (`cargo xtask bench relevance`)",
            "",
            0.97,
            Some(0.98),
            Some(relevance::least_known_item_rank()?),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_the_right_side_of_its_bound() {
        let mut goal = Goal {
            name: "fast",
            unit: "us",
            better: Better::Lower,
            reach: 50.0,
            aim: Some(25.0),
            measured: Some(40.0),
        };
        assert_eq!(
            (goal.is_met(), goal.is_aim_met()),
            (Some(true), Some(false))
        );
        assert_eq!(goal.bound(goal.reach), "≤ 50 us");
        goal.better = Better::Higher;
        assert_eq!(
            (goal.is_met(), goal.is_aim_met()),
            (Some(false), Some(true))
        );
        goal.measured = None;
        assert_eq!((goal.is_met(), goal.is_aim_met()), (None, None));
    }

    #[test]
    fn what_is_no_number_meets_nothing() {
        let goal = Goal {
            name: "broken",
            unit: "",
            better: Better::Higher,
            reach: 1.0,
            aim: None,
            measured: Some(f64::NAN),
        };
        assert_eq!(goal.is_met(), Some(false));
    }
}
