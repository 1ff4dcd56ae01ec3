//! The last scrape of each process that ended.

use futures_util::future::try_join_all;

use super::{Prometheus, asking};
use crate::{TakeError, lifetimes::Lifetime, promql::Millis, subject::Subject};

/// A value may be shown this long after its scrape.
const LOOK_BACK: Millis = 300_000;

impl Prometheus {
    /// Of processes that do not live any more, the youngest first, as many as are allowed. Those that ended before are left out, and
    /// told by the moment since which all are known.
    pub(super) async fn with_ends(
        &self,
        subject: &Subject,
        mut lives: Vec<Lifetime>,
        now: Millis,
        step: Millis,
    ) -> Result<(Vec<Lifetime>, Option<Millis>), TakeError> {
        let ended = lives.iter().filter(|life| life.end < now);
        let mut ends: Vec<Millis> = ended.map(|life| life.end).collect();
        ends.sort_unstable_by(|left, right| right.cmp(left));
        // Of those that ended in the same step, either all or none.
        let known_since = ends.get(self.limits.ended_processes).map(|end| end + step);
        lives.retain(|life| known_since.is_none_or(|since| life.end >= since));
        let asked = lives.into_iter().map(|life| async {
            if life.is_exact {
                return Ok(life);
            }
            self.with_end(subject, life, (now, step)).await
        });
        Ok((try_join_all(asked).await?, known_since))
    }

    async fn with_end(
        &self,
        subject: &Subject,
        mut life: Lifetime,
        (now, step): (Millis, Millis),
    ) -> Result<Lifetime, TakeError> {
        let until = (life.end + step).min(now);
        let over = until - life.end + LOOK_BACK;
        let text = subject.starts_of(&life.place.group, &life.place.instance, over);
        let found = self.client.at(Some(until), &text).await;
        let found = found.map_err(asking("the last scrape of a process"))?;
        let samples = found.iter().flat_map(|series| &series.samples);
        let own = samples
            .filter(|(_, start)| life.began(*start))
            .map(|(at, _)| *at);
        if let Some(last) = own.max() {
            life.end = last;
            life.is_exact = true;
        }
        Ok(life)
    }
}
