//! How Postgres is doing.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use ports::{Health, HealthProbe, ScholarshipStore as _, StoreHealth};
use tokio::time::timeout;

use crate::applied::applied_on_conn;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::Failure;
use crate::{PostgresStore, migrations};

/// Leaves the caller's second some room.
const DEADLINE: Duration = Duration::from_millis(900);

impl PostgresStore {
    /// How long two trivial queries in one transaction take, waiting for a connection included.
    pub(crate) async fn look(&self) -> Result<StoreHealth, Failure> {
        let begun = Instant::now();
        let query = self
            .connections
            .run(Area::Health, Access::ReadFew, |connection| {
                applied_on_conn(connection).boxed()
            });
        let applied = timeout(DEADLINE, query)
            .await
            .map_err(|_| Failure::Silent(DEADLINE))??;
        let newest = applied.into_iter().next().ok_or(Failure::WithoutSchema)?;
        let pool = self.connections.state();
        Ok(StoreHealth {
            pool_size: pool.size,
            in_use: pool.in_use,
            idle: pool.size.saturating_sub(pool.in_use),
            latency_ms: begun.elapsed().as_secs_f64() * 1_000.0,
            migration: migrations::name(&newest).unwrap_or(newest),
        })
    }
}

#[async_trait]
impl HealthProbe for PostgresStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Health {
        match self.health().await {
            Ok(_) => Health::Up,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                Health::Down(cause.unwrap_or_else(|| error.to_string()))
            }
        }
    }
}
