//! Whether open transactions hold the change log back: its readers get an entry once every older transaction of the whole
//! cluster has ended, in whatever database.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl as _;
use futures_util::FutureExt as _;
use ports::{Health, HealthProbe};
use tokio::time::timeout;

use crate::PostgresStore;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::Failure;
use crate::scholarships::SETTLED_BELOW;

/// Leaves the caller's second some room.
const DEADLINE: Duration = Duration::from_millis(900);

#[derive(diesel::QueryableByName)]
struct Extent {
    /// Of the newest entry.
    #[diesel(sql_type = Nullable<BigInt>)]
    transaction: Option<i64>,
    #[diesel(sql_type = BigInt)]
    settled_below: i64,
}

/// An entry that readers do not get yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    transaction: i64,
    since: Instant,
    /// The last check that found it: while Postgres is away, nobody knows.
    seen: Instant,
}

/// Each check is one look-up in the index of the log. Down when readers wait for longer than a bound.
pub struct SettlingProbe {
    store: PostgresStore,
    bound: Duration,
    waiting: Mutex<Option<Waiting>>,
}

impl SettlingProbe {
    pub fn new(store: PostgresStore, bound: Duration) -> Self {
        Self {
            store,
            bound,
            waiting: Mutex::default(),
        }
    }

    /// From the check that first found an entry that readers still wait for to the last one; nothing while there is none. Entries of whoever writes
    /// without a pause are looked at one after the other, so this may be half of what the oldest has waited.
    pub fn held_back(&self) -> Duration {
        let waiting = *self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.map_or(Duration::ZERO, |waiting| waiting.seen - waiting.since)
    }

    async fn look(&self) -> Result<(), Failure> {
        let extent = self
            .store
            .connections
            .run(Area::Health, Access::ReadFew, |connection| {
                async move {
                    let sql = format!(
                        "SELECT (SELECT max(transaction) FROM scholarship_changes) AS transaction, \
                       {SETTLED_BELOW} AS settled_below"
                    );
                    Ok(diesel::sql_query(sql)
                        .get_result::<Extent>(connection)
                        .await?)
                }
                .boxed()
            });
        let extent = timeout(DEADLINE, extent)
            .await
            .map_err(|_| Failure::Silent(DEADLINE))??;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = still_waiting(*waiting, &extent, Instant::now());
        Ok(())
    }
}

fn still_waiting(known: Option<Waiting>, extent: &Extent, now: Instant) -> Option<Waiting> {
    let is_unsettled = |transaction: i64| transaction >= extent.settled_below;
    known
        .filter(|waiting| is_unsettled(waiting.transaction))
        .map(|waiting| Waiting {
            seen: now,
            ..waiting
        })
        .or_else(|| {
            let transaction = extent.transaction.filter(|newest| is_unsettled(*newest))?;
            Some(Waiting {
                transaction,
                since: now,
                seen: now,
            })
        })
}

#[async_trait]
impl HealthProbe for SettlingProbe {
    fn name(&self) -> &'static str {
        "change_feed"
    }

    async fn check(&self) -> Health {
        // That Postgres is away is said by the store's own probe.
        if let Err(error) = self.look().await {
            tracing::debug!(%error, "whether the change log is held back is unknown");
        }
        let held_back = self.held_back();
        if held_back <= self.bound {
            return Health::Up;
        }
        Health::Down(format!(
            "an open transaction in this Postgres cluster has held back the change log for {} s",
            held_back.as_secs()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_waited_for_from_when_it_was_first_seen_until_it_is_settled() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let waiting = |transaction, since, seen| {
            Some(Waiting {
                transaction,
                since: at(since),
                seen: at(seen),
            })
        };
        let steps = [
            // Newest entry, what is settled, and what is waited for then.
            (None, 100, None),
            (Some(90), 100, None),
            (Some(105), 100, waiting(105, 2, 2)),
            // Others write on behind the same open transaction.
            (Some(140), 100, waiting(105, 2, 3)),
            (Some(140), 105, waiting(105, 2, 4)),
            // It has ended, and the next one is open.
            (Some(150), 106, waiting(150, 5, 5)),
            (Some(150), 151, None),
        ];
        let mut known = None;
        for (second, (transaction, settled_below, expected)) in (0..).zip(steps) {
            let extent = Extent {
                transaction,
                settled_below,
            };
            known = still_waiting(known, &extent, at(second));
            assert_eq!(known, expected, "second {second}");
        }
    }
}
