//! How Postgres is doing.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use ports::{Health, HealthProbe, ScholarshipStore as _, StoreHealth};
use tokio::time::timeout;

use crate::connections::Access;
use crate::failure::Failure;
use crate::{PostgresStore, migrations};

/// Leaves the caller's second some room.
const DEADLINE: Duration = Duration::from_millis(900);

#[derive(QueryableByName)]
struct Newest {
    #[diesel(sql_type = Text)]
    version: String,
}

impl PostgresStore {
    /// How long a trivial query takes, waiting for a connection included.
    pub(crate) async fn look(&self) -> Result<StoreHealth, Failure> {
        let begun = Instant::now();
        let query = self.connections.run(Access::Read, |connection| {
            async move {
                diesel::sql_query(
                    "SELECT version FROM __diesel_schema_migrations ORDER BY version DESC LIMIT 1",
                )
                .get_result::<Newest>(connection)
                .await
                .optional()?
                .ok_or(Failure::WithoutSchema)
            }
            .boxed()
        });
        let newest = timeout(DEADLINE, query)
            .await
            .map_err(|_| Failure::Silent(DEADLINE))??;
        let pool = self.connections.state();
        Ok(StoreHealth {
            pool_size: pool.size,
            in_use: pool.in_use,
            idle: pool.size.saturating_sub(pool.in_use),
            latency_ms: begun.elapsed().as_secs_f64() * 1_000.0,
            migration: migrations::name(&newest.version).unwrap_or(newest.version),
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
