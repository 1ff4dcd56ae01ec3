//! Which versions run.

use chrono::{DateTime, TimeDelta, Utc};

use crate::promql::{millis, quoted};
use crate::{Prometheus, TakeError};

/// A version of which Prometheus knows a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningVersion {
    /// The label `version`.
    pub version: String,
    /// When its oldest process started.
    pub started_at: DateTime<Utc>,
}

impl Prometheus {
    /// Those with a process that was scraped a short while before, by their names.
    ///
    /// # Errors
    ///
    /// [`TakeError`] says what failed and what to do.
    pub async fn versions(&self, at: DateTime<Utc>) -> Result<Vec<RunningVersion>, TakeError> {
        let query = format!(
            "min by (version) (process_start_time_seconds{{job={}}})",
            quoted(&self.service.job)
        );
        let found = self.at(millis(at), "versions", &query).await?;
        let mut versions: Vec<RunningVersion> = found
            .iter()
            .filter_map(|series| {
                let (_, seconds) = series.last()?;
                let version = series.label("version");
                Some(RunningVersion {
                    version: version.to_owned(),
                    started_at: time_of(seconds)?,
                })
            })
            .filter(|running| !running.version.is_empty())
            .collect();
        versions.sort_by(|one, other| one.version.cmp(&other.version));
        Ok(versions)
    }
}

/// `None` for what is no time.
fn time_of(seconds: f64) -> Option<DateTime<Utc>> {
    let is_time = (0.0..1e11).contains(&seconds);
    let since = is_time.then(|| std::time::Duration::from_secs_f64(seconds))?;
    DateTime::<Utc>::UNIX_EPOCH.checked_add_signed(TimeDelta::from_std(since).ok()?)
}
