//! The store that `DATABASE_URL` names, on Postgres or in a SQLite file, for commands that work on either.

use std::path::PathBuf;

use adapter_postgres::{PostgresSettings, PostgresStore};
use adapter_sqlite::{SqliteSettings, SqliteStore, path_from_url};
use anyhow::{Context as _, ensure};

use crate::postgres;

/// As the server has it.
const DEFAULT_DATABASE_URL: &str = "sqlite://var/scholarship-api.db";

#[derive(clap::Args)]
pub(crate) struct StoreArguments {
    /// The server's store; a password belongs into the variable, which nobody else can read
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true, default_value = DEFAULT_DATABASE_URL)]
    database_url: String,
}

/// Where a store is.
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(PostgresSettings),
}

pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl StoreArguments {
    /// # Errors
    /// The URL cannot be read.
    pub(crate) fn place(&self) -> anyhow::Result<Place> {
        let url = match self.database_url.trim() {
            "" => DEFAULT_DATABASE_URL,
            url => url,
        };
        if url.starts_with("postgresql://") || url.starts_with("postgres://") {
            return Ok(Place::Postgres(postgres::settings_through_poolers(url)?));
        }
        let path = path_from_url(url).with_context(|| format!("the database URL {url:?}"))?;
        Ok(Place::Sqlite(path))
    }

    /// For commands that make no store.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub(crate) async fn open_existing(&self) -> anyhow::Result<Store> {
        let place = self.place()?;
        if let Place::Sqlite(path) = &place {
            ensure!(
                path.exists(),
                "there is no store {}; set DATABASE_URL to the one that the server runs with",
                path.display()
            );
        }
        Store::open(place).await
    }
}

impl Store {
    /// Makes a SQLite file that is not there.
    ///
    /// # Errors
    /// It cannot be used, or has not the schema of this version.
    pub(crate) async fn open(place: Place) -> anyhow::Result<Self> {
        match place {
            Place::Sqlite(path) => {
                let store = SqliteStore::open(SqliteSettings::at(&path))
                    .with_context(|| format!("the store {} cannot be opened", path.display()))?;
                Ok(Self::Sqlite(store))
            }
            Place::Postgres(settings) => {
                let store = PostgresStore::open(&settings)?;
                store.verify().await?;
                Ok(Self::Postgres(store))
            }
        }
    }

    /// To be called at the end.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            // Its connections end with the process; nothing waits in them.
            Self::Postgres(_) => {}
        }
    }
}
