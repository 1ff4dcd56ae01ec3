//! What the operators' commands for Postgres share: the URL, and the exit codes.

use adapter_postgres::{PoolMode, PostgresSettings};
use anyhow::{Context as _, bail, ensure};

/// Something is not as it should be: steps are missing, schemas or contents differ.
pub(crate) const DIFFERS: u8 = 3;
/// The command would destroy something, and was not told that it may.
pub(crate) const REFUSED: u8 = 4;

#[derive(clap::Args)]
pub(crate) struct Target {
    /// The database, as postgresql://user@host:5432/name; a password belongs into the variable, which nobody else can read
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    database_url: Option<String>,
}

impl Target {
    pub(crate) fn url(&self) -> &str {
        self.database_url.as_deref().map_or("", str::trim)
    }

    /// For commands that need a connection to themselves.
    ///
    /// # Errors
    /// There is no URL, or it is not one of Postgres.
    pub(crate) fn settings(&self) -> anyhow::Result<PostgresSettings> {
        settings(self.postgres_url()?, PoolMode::Session)
    }

    /// For commands that work through a pooler as well as without one.
    ///
    /// # Errors
    /// As [`Self::settings`].
    pub(crate) fn settings_through_poolers(&self) -> anyhow::Result<PostgresSettings> {
        settings_through_poolers(self.postgres_url()?)
    }

    fn postgres_url(&self) -> anyhow::Result<&str> {
        let url = self.url();
        ensure!(
            !url.is_empty(),
            "which database? Set DATABASE_URL, as in DATABASE_URL=postgresql://user:password@host:5432/scholarships"
        );
        if url.starts_with("sqlite:") {
            bail!(
                "the URL names a SQLite file; this command is for Postgres (SQLite migrates itself when it is opened, and \
                 is backed up with sqlite3 FILE \".backup COPY\")"
            );
        }
        Ok(url)
    }
}

/// For commands that work through a pooler as well as without one.
pub(crate) fn settings_through_poolers(url: &str) -> anyhow::Result<PostgresSettings> {
    settings(url, PoolMode::Transaction)
}

/// As the environment has them beside the URL.
fn settings(url: &str, default: PoolMode) -> anyhow::Result<PostgresSettings> {
    let mut settings = PostgresSettings::new(url);
    settings.pool_mode = match std::env::var("POSTGRES_POOL_MODE") {
        Ok(mode) if !mode.trim().is_empty() => mode.trim().parse().context("POSTGRES_POOL_MODE")?,
        _ => default,
    };
    Ok(settings)
}
