//! Plain questions, for reports: nothing that a release is judged by.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::answer::Series;
use crate::promql::{millis, millis_of};
use crate::{Prometheus, TakeError};

impl Prometheus {
    /// The one number of a query at a moment; `None` where nobody knows one. `what` names it in errors.
    ///
    /// # Errors
    ///
    /// [`TakeError`] says what failed and what to do.
    pub async fn number(
        &self,
        what: &'static str,
        query: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<f64>, TakeError> {
        let found = self.at(millis(at), what, query).await?;
        Ok(found.first().and_then(value))
    }

    /// The numbers of a query at a moment by the value of a label, in the order of those.
    ///
    /// # Errors
    ///
    /// As [`Self::number`].
    pub async fn numbers_by(
        &self,
        what: &'static str,
        (query, label): (&str, &str),
        at: DateTime<Utc>,
    ) -> Result<Vec<(String, f64)>, TakeError> {
        let found = self.at(millis(at), what, query).await?;
        let numbers = found
            .iter()
            .filter_map(|series| Some((series.label(label).to_owned(), value(series)?)));
        let mut numbers: Vec<(String, f64)> = numbers.collect();
        numbers.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(numbers)
    }

    /// The one number of a query from moment to moment, where it is known.
    ///
    /// # Errors
    ///
    /// As [`Self::number`]; also when there are too many steps for Prometheus, which allows 11,000.
    pub async fn curve(
        &self,
        what: &'static str,
        query: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        step: Duration,
    ) -> Result<Vec<(DateTime<Utc>, f64)>, TakeError> {
        let bounds = (millis(from), millis(to));
        let found = self.client.range(bounds, millis_of(step), query).await;
        let found = found.map_err(|source| TakeError::Query { what, source })?;
        let samples = found.first().map_or(&[] as &[_], |series| &series.samples);
        let points = samples.iter().filter(|(_, value)| value.is_finite());
        Ok(points
            .filter_map(|(at, value)| Some((DateTime::from_timestamp_millis(*at)?, *value)))
            .collect())
    }
}

/// Shares of nothing are no numbers.
fn value(series: &Series) -> Option<f64> {
    let (_, value) = series.last()?;
    value.is_finite().then_some(value)
}
