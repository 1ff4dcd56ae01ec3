//! The highest values in a window, and restarts: of gauges, every sample of which must be read.

use std::collections::BTreeMap;

use rollout::snapshot::Component;

use crate::{answer::Series, promql::Millis, subject::Subject};

const POOL: (&str, &str) = ("postgres_connections_active", "postgres_connections_max");
const MEMORY: (&str, &str) = (
    "process_resident_memory_bytes",
    "process_memory_limit_bytes",
);
const STARTS: &str = "process_start_time_seconds";

/// In one window, by metric, version and instance.
#[derive(Debug, Default)]
pub(crate) struct Peaks(BTreeMap<(String, String), Vec<(String, f64)>>);

/// One question for a window that ends when it is asked for.
pub(crate) fn query(subject: &Subject, over: Millis) -> String {
    let scope = subject.scope(None);
    let part = |how: &str, function: &str, metric: &str| {
        format!(
            "label_replace({how} by (version, instance) ({function}({metric}{{{scope}}}[{over}ms])), \"count\", \"{metric}\", \"\", \"\")"
        )
    };
    [
        part("max", "max_over_time", POOL.0),
        part("min", "min_over_time", POOL.1),
        part("max", "max_over_time", MEMORY.0),
        part("min", "min_over_time", MEMORY.1),
        part("sum", "changes", STARTS),
    ]
    .join("\nor ")
}

impl Peaks {
    pub(crate) fn read(found: &[Series]) -> Self {
        let mut peaks = Self::default();
        for series in found {
            let key = (
                series.label("count").to_owned(),
                series.label("version").to_owned(),
            );
            let values = peaks.0.entry(key).or_default();
            values.extend(
                series
                    .last()
                    .map(|(_, value)| (series.label("instance").to_owned(), value)),
            );
        }
        peaks
    }

    fn of(&self, metric: &str, version: &str) -> &[(String, f64)] {
        let key = (metric.to_owned(), version.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Postgres tells of its pool only where it is the store.
    pub(crate) fn pool(&self, version: &str, is_seen: bool) -> Component<f64> {
        let has_none = self.of(POOL.0, version).is_empty() && self.of(POOL.1, version).is_empty();
        if has_none && is_seen {
            return Component::NotConfigured;
        }
        self.part(POOL, version)
    }

    /// Without a limit there is no part of it.
    pub(crate) fn memory(&self, version: &str) -> Component<f64> {
        if self.of(MEMORY.1, version).is_empty() && !self.of(MEMORY.0, version).is_empty() {
            return Component::NotConfigured;
        }
        self.part(MEMORY, version)
    }

    /// The highest of all instances; at most 1, as a limit may have been lowered in the window.
    fn part(&self, (used, limit): (&str, &str), version: &str) -> Component<f64> {
        let limits: BTreeMap<&str, f64> = self
            .of(limit, version)
            .iter()
            .map(|(instance, limit)| (instance.as_str(), *limit))
            .collect();
        let parts = self
            .of(used, version)
            .iter()
            .filter_map(|(instance, used)| {
                let part = used / limits.get(instance.as_str())?;
                (part.is_finite() && part >= 0.0).then_some(part.min(1.0))
            });
        parts.reduce(f64::max).into()
    }

    /// None when no process was seen.
    pub(crate) fn restarts(&self, version: &str) -> Option<u64> {
        let changes = self.of(STARTS, version);
        let sum: f64 = changes.iter().map(|(_, changes)| changes).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "casting saturates"
        )]
        let sum = (!changes.is_empty()).then_some(sum as u64);
        sum
    }
}

/// The texts of the queries for one version, by the name of the count.
pub(crate) fn texts(
    subject: &Subject,
    version: &str,
    over: Millis,
    at: &str,
) -> [(&'static str, String); 3] {
    let scope = subject.scope(Some(version));
    let part = |(used, limit): (&str, &str)| {
        format!(
            "max(max by (instance) (max_over_time({used}{{{scope}}}[{over}ms] @ {at})) / min by (instance) (min_over_time({limit}{{{scope}}}[{over}ms] @ {at})))"
        )
    };
    [
        ("pool_peak", part(POOL)),
        ("memory_peak", part(MEMORY)),
        (
            "restarts",
            format!("sum(changes({STARTS}{{{scope}}}[{over}ms] @ {at}))"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peaks(values: &[(&str, &str, f64)]) -> Peaks {
        let series = values.iter().map(|(metric, instance, value)| Series {
            labels: [
                ("count", *metric),
                ("version", "2"),
                ("instance", *instance),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            samples: vec![(0, *value)],
        });
        Peaks::read(&series.collect::<Vec<_>>())
    }

    #[test]
    fn the_fullest_instance_counts() {
        let found = peaks(&[
            (POOL.0, "a", 3.0),
            (POOL.1, "a", 10.0),
            (POOL.0, "b", 30.0),
            (POOL.1, "b", 40.0),
        ]);
        assert_eq!(found.pool("2", true), Component::Present(0.75));
    }

    #[test]
    fn nothing_zero_and_not_configured_differ() {
        assert_eq!(peaks(&[]).pool("2", true), Component::NotConfigured);
        assert_eq!(peaks(&[]).pool("2", false), Component::Missing);
        assert_eq!(
            peaks(&[(POOL.0, "a", 0.0), (POOL.1, "a", 0.0)]).pool("2", true),
            Component::Missing
        );
        assert_eq!(
            peaks(&[(POOL.1, "a", 5.0)]).pool("2", true),
            Component::Missing
        );
        assert_eq!(
            peaks(&[(MEMORY.0, "a", 5.0)]).memory("2"),
            Component::NotConfigured
        );
        assert_eq!(peaks(&[]).memory("2"), Component::Missing);
        let lowered = peaks(&[(MEMORY.0, "a", 5.0), (MEMORY.1, "a", 4.0)]);
        assert_eq!(lowered.memory("2"), Component::Present(1.0));
        assert_eq!(peaks(&[]).restarts("2"), None);
        assert_eq!(
            peaks(&[(STARTS, "a", 0.0), (STARTS, "b", 2.0)]).restarts("2"),
            Some(2)
        );
    }
}
