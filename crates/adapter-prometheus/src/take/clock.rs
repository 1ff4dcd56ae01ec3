//! Windows are measured by our clock, and scrapes are dated by that of Prometheus.

use super::{Prometheus, Request, asking};
use crate::{TakeError, answer::Series, promql::millis};

impl Prometheus {
    /// Our clock is the one that windows are measured by.
    pub(super) async fn compare_clocks(&self, request: &Request) -> Result<(), TakeError> {
        let found = self.client.at(None, "vector(time())").await;
        let found = found.map_err(asking("the time"))?;
        let Some((_, theirs)) = found.first().and_then(Series::last) else {
            return Ok(());
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since 1970 are exact for long"
        )]
        let ours = millis(request.taken_at) as f64 / 1_000.0;
        let ahead = ours - theirs;
        let most = self.limits.clock_difference.as_secs_f64();
        if ahead > most || (ahead < -most && !request.replays) {
            return Err(TakeError::Clock {
                seconds: ahead.abs(),
            });
        }
        Ok(())
    }
}
