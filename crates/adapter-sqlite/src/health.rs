//! How the file is doing.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Text;
use ports::{Health, HealthProbe, ScholarshipStore as _, StoreHealth};
use tokio::time::timeout;

use crate::SqliteStore;
use crate::database_file::migration_name;
use crate::failure::Failure;

/// Leaves the caller's second some room.
const DEADLINE: Duration = Duration::from_millis(900);

#[derive(QueryableByName)]
struct Newest {
    #[diesel(sql_type = Text)]
    version: String,
}

impl SqliteStore {
    /// The reading connections and the writing one, and how long a trivial query takes, waiting for a connection included.
    pub(crate) async fn look(&self) -> Result<StoreHealth, Failure> {
        if !self.writer.is_running() {
            return Err(Failure::Closed);
        }
        self.writer.file().check()?;
        let begun = Instant::now();
        let query = self.readers.read(|connection| {
            diesel::sql_query(
                "SELECT version FROM __diesel_schema_migrations ORDER BY version DESC LIMIT 1",
            )
            .get_result::<Newest>(connection)
            .map_err(Failure::from)
        });
        let newest = timeout(DEADLINE, query)
            .await
            .map_err(|_| Failure::Silent(DEADLINE))??;
        let pool_size = self.readers.size() + 1;
        let in_use = self.readers.in_use() + u32::from(self.writer.is_busy());
        Ok(StoreHealth {
            pool_size,
            in_use,
            idle: pool_size.saturating_sub(in_use),
            latency_ms: begun.elapsed().as_secs_f64() * 1_000.0,
            migration: migration_name(&newest.version).unwrap_or(newest.version),
        })
    }
}

#[async_trait]
impl HealthProbe for SqliteStore {
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
