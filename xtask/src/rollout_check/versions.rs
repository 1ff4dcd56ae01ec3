//! Which two versions are compared, and since when.

use adapter_prometheus::RunningVersion;
use anyhow::bail;
use chrono::{DateTime, Utc};
use ports::Clock as _;

use crate::rollout::measuring::Meter;
use crate::system_clock::SystemClock;

#[derive(clap::Args, Debug)]
pub(super) struct VersionArguments {
    /// The new version. Without it: the one whose processes started last, where Prometheus knows two
    #[arg(
        long,
        value_name = "VERSION",
        requires = "stable",
        conflicts_with = "snapshot"
    )]
    canary: Option<String>,
    /// The version that it is held against
    #[arg(
        long,
        value_name = "VERSION",
        requires = "canary",
        conflicts_with = "snapshot"
    )]
    stable: Option<String>,
    /// When the stage began, as 2026-01-31T12:00:00Z or `now`. Without it: when the canary's oldest process started
    #[arg(long, value_name = "TIME", conflicts_with = "snapshot", value_parser = parse_time)]
    since: Option<DateTime<Utc>>,
}

pub(super) struct Subject {
    pub(super) canary: String,
    pub(super) stable: String,
    pub(super) since: DateTime<Utc>,
}

impl VersionArguments {
    /// # Errors
    ///
    /// When Prometheus does not know exactly two versions, and they were not named.
    pub(super) fn subject(&self, meter: &Meter) -> anyhow::Result<Subject> {
        if let (Some(canary), Some(stable), Some(since)) = (&self.canary, &self.stable, self.since)
        {
            return Ok(Subject {
                canary: canary.clone(),
                stable: stable.clone(),
                since,
            });
        }
        let found = meter.versions()?;
        let (canary, stable) = match (&self.canary, &self.stable) {
            (Some(canary), Some(stable)) => (canary.clone(), stable.clone()),
            _ => youngest_and_other(&found)?,
        };
        let started = found.iter().find(|one| one.version == canary);
        let since = match (self.since, started) {
            (Some(since), _) => since,
            (None, Some(found)) => found.started_at,
            (None, None) => bail!(
                "Prometheus knows no process of version {canary}: name --since, or look whether it is scraped"
            ),
        };
        Ok(Subject {
            canary,
            stable,
            since,
        })
    }
}

/// `now` is when this command began.
fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    if text == "now" {
        return Ok(SystemClock.now());
    }
    let time = text.parse::<DateTime<Utc>>();
    time.map_err(|_| "it must be like 2026-01-31T12:00:00Z, or now".to_owned())
}

fn youngest_and_other(found: &[RunningVersion]) -> anyhow::Result<(String, String)> {
    let mut found: Vec<&RunningVersion> = found.iter().collect();
    found.sort_by_key(|one| one.started_at);
    match found.as_slice() {
        [stable, canary] => Ok((canary.version.clone(), stable.version.clone())),
        [] => bail!(
            "Prometheus knows no process of the service: is the job's name right (--job), and is it scraped?"
        ),
        others => {
            let names = others.iter().map(|one| one.version.as_str());
            let names: Vec<&str> = names.collect();
            bail!(
                "Prometheus knows {} version(s) ({}), not two: name --canary and --stable",
                names.len(),
                names.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn found(version: &str, minute: i64) -> RunningVersion {
        RunningVersion {
            version: version.to_owned(),
            started_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute),
        }
    }

    #[test]
    fn a_stage_begins_at_a_time_or_now() {
        let time = parse_time("1970-01-01T00:03:00Z").unwrap();
        assert_eq!(time, DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(3));
        assert!((SystemClock.now() - parse_time("now").unwrap()).num_minutes() == 0);
        assert!(parse_time("yesterday").is_err());
    }

    #[test]
    fn the_canary_is_the_younger_of_two() {
        let (canary, stable) = youngest_and_other(&[found("2", 9), found("1", 3)]).unwrap();
        assert_eq!((canary.as_str(), stable.as_str()), ("2", "1"));
    }

    #[test]
    fn other_numbers_of_versions_must_be_named() {
        let none = youngest_and_other(&[]).unwrap_err().to_string();
        assert!(none.contains("--job"), "{none}");
        for versions in [vec!["1"], vec!["1", "2", "3"]] {
            let found: Vec<RunningVersion> =
                versions.iter().map(|version| found(version, 0)).collect();
            let error = youngest_and_other(&found).unwrap_err().to_string();
            assert!(error.contains("--canary and --stable"), "{error}");
            assert!(versions.iter().all(|version| error.contains(version)));
        }
    }
}
