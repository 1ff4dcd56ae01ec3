//! What the operators' commands for Postgres share: the URL, and the exit codes.

use adapter_postgres::PostgresSettings;
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

    /// # Errors
    /// There is no URL, or it is not one of Postgres.
    pub(crate) fn settings(&self) -> anyhow::Result<PostgresSettings> {
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
        settings(url)
    }
}

/// As the environment has them beside the URL.
pub(crate) fn settings(url: &str) -> anyhow::Result<PostgresSettings> {
    let mut settings = PostgresSettings::new(url);
    if let Ok(mode) = std::env::var("POSTGRES_POOL_MODE")
        && !mode.trim().is_empty()
    {
        settings.pool_mode = mode.trim().parse().context("POSTGRES_POOL_MODE")?;
    }
    Ok(settings)
}
