//! Whether everything that is recorded has data, and every query of the dashboards something to show.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::Value;

use super::watch::Watch;
use super::world::{Version, World};
use crate::render::{File, queries_of_dashboard};

/// What is asked of a dashboard and what is recorded.
pub(super) struct Coverage {
    recorded: Count,
    drawn: Count,
    alerts: Count,
}

/// How many there are, and what is missing.
struct Count {
    what: &'static str,
    all: usize,
    missing: Vec<String>,
}

/// # Errors
///
/// When Prometheus does not answer, or a dashboard is no JSON.
pub(super) fn look(world: &World, files: &[File]) -> anyhow::Result<Coverage> {
    let mut recorded = Count::of("recording rules have data");
    let mut alerts = Count::of("alerts are evaluated");
    for rule in world.watch.rules()? {
        let count = if rule.is_alert {
            &mut alerts
        } else {
            &mut recorded
        };
        let selector = format!("{}{}", rule.name, rule.labels);
        let is_fine = rule.error.is_none() && (rule.is_alert || world.watch.series(&selector)? > 0);
        count.add(is_fine, || match rule.error {
            Some(error) => format!("{selector}: {error}"),
            None => selector.clone(),
        });
    }
    let mut drawn = Count::of("queries of dashboards return series");
    for file in files {
        if !file.path.contains("/dashboards/") {
            continue;
        }
        let board: Value = serde_json::from_str(&file.text)
            .with_context(|| format!("{} is no JSON", file.path))?;
        for query in queries_of_dashboard(&board) {
            look_at(&world.watch, &board, &query, &mut drawn)?;
        }
    }
    Ok(Coverage {
        recorded,
        drawn,
        alerts,
    })
}

fn look_at(watch: &Watch, board: &Value, query: &str, drawn: &mut Count) -> anyhow::Result<()> {
    let filled_in = filled_in(query);
    let shows_something = watch.series(&filled_in)? > 0;
    drawn.add(shows_something, || {
        format!("{}: {filled_in}", board["title"])
    });
    Ok(())
}

/// As somebody looks at a dashboard: at all versions, or at the new one beside the old one.
fn filled_in(query: &str) -> String {
    query
        .replace("$version", ".*")
        .replace("$canary", Version::Canary.label())
        .replace("$stable", Version::Stable.label())
}

impl Coverage {
    pub(super) fn is_whole(&self) -> bool {
        let counts = [&self.recorded, &self.drawn, &self.alerts];
        counts
            .iter()
            .all(|count| count.all > 0 && count.missing.is_empty())
    }

    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        for count in [&self.recorded, &self.drawn, &self.alerts] {
            let fine = count.all - count.missing.len();
            let _ = writeln!(table, "{fine} of {} {}", count.all, count.what);
            for missing in &count.missing {
                let _ = writeln!(table, "  no: {missing}");
            }
        }
        table
    }
}

impl Count {
    fn of(what: &'static str) -> Self {
        Self {
            what,
            all: 0,
            missing: Vec::new(),
        }
    }

    fn add(&mut self, is_fine: bool, name: impl FnOnce() -> String) {
        self.all += 1;
        if !is_fine {
            self.missing.push(name());
        }
    }
}
