//! `cargo xtask retention`: exports interactions that have become old into a file, then removes them from the store.

mod archive_file;
mod archive_folder;
mod job;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use adapter_postgres::PostgresStore;
use adapter_sqlite::{SqliteSettings, SqliteStore, path_from_url};
use anyhow::{Context as _, ensure};
use app::{analytics, retention};
use chrono::TimeDelta;
use configuration::read_settings;
use ports::{InteractionArchive, InteractionStore};
use sha2::{Digest as _, Sha256};

use crate::postgres::Target;
use domain::hexadecimal;
use job::{Job, Outcome};

const HELP: &str = "\
Interactions that occurred longer ago than INTERACTIONS_RETENTION_DAYS, from the environment or the server's configuration files
(CONFIG_DIR, APP_ENV), go into FOLDER/interactions-<instant>.ndjson.gz, one
JSON object a line, and only when that file is complete and on the disk are they removed, a thousand at a time. A run that was
cut off, even by kill -9, is finished by the next one into the same folder: nothing is lost, and nothing is exported twice. One run
works at a time, whatever its folder. The files hold pseudonyms: keep them as you keep the database.
Works on Postgres and on SQLite, while the server runs.

Exit codes: 0 done, or nothing was old enough; 1 it failed, run it again; 2 wrong arguments.

Examples:
  export DATABASE_URL=postgresql://scholarship:secret@db.example.org:5432/scholarships
  cargo xtask retention --dry-run            say how many would go
  cargo xtask retention --folder /srv/old    from cron, once a day";

#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Arguments {
    /// How many days are kept, instead of INTERACTIONS_RETENTION_DAYS
    #[arg(long, value_name = "DAYS")]
    days: Option<String>,
    /// Where the files go; one folder for each database
    #[arg(long, value_name = "FOLDER", default_value = "var/old-interactions")]
    folder: PathBuf,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let days = days(arguments.days.clone())?;
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(retain(arguments, days))
}

/// What the server would find in its configuration, unless somebody says otherwise.
fn days(given: Option<String>) -> anyhow::Result<i64> {
    let variable = move |name: &str| {
        let given = given.clone().filter(|_| name == retention::SETTING);
        given.or_else(|| std::env::var(name).ok())
    };
    let days = read_settings(variable, |reader| {
        reader.number(
            retention::SETTING,
            retention::FEWEST_DAYS,
            retention::MOST_DAYS,
        )
    })?;
    let days = i64::try_from(days)?;
    if days < analytics::MOST_DAYS {
        eprintln!(
            "note: analytics can be asked for {} days, and will show no more than the last {days}",
            analytics::MOST_DAYS
        );
    }
    Ok(days)
}

async fn retain(arguments: &Arguments, days: i64) -> anyhow::Result<ExitCode> {
    #[expect(
        clippy::disallowed_methods,
        reason = "time enters a command-line tool here"
    )]
    let until = chrono::Utc::now() - TimeDelta::days(days);
    let url = arguments.target.url();
    if url.starts_with("sqlite:") {
        let path = path_from_url(url)?;
        ensure!(path.exists(), "there is no store {}", path.display());
        let store = SqliteStore::open(SqliteSettings::at(&path))
            .with_context(|| format!("the store {} cannot be opened", path.display()))?;
        let done = retain_in(arguments, until, Arc::new(store.clone()), &store).await;
        store.close().await;
        done
    } else {
        let store = PostgresStore::open(&arguments.target.settings_through_poolers()?)?;
        retain_in(arguments, until, Arc::new(store.clone()), &store).await
    }
}

async fn retain_in(
    arguments: &Arguments,
    until: domain::Timestamp,
    archive: Arc<dyn InteractionArchive>,
    store: &dyn InteractionStore,
) -> anyhow::Result<ExitCode> {
    let job = Job {
        archive,
        store: identity(store).await?,
        until,
    };
    if arguments.dry_run {
        let rows = job.count().await?;
        println!("{rows} interactions occurred before {until}; nothing was changed");
        return Ok(ExitCode::SUCCESS);
    }
    let outcomes = job.run(&arguments.folder).await?;
    for Outcome {
        file,
        exported,
        removed,
    } in &outcomes
    {
        println!(
            "{exported} interactions are in {}; {removed} were removed now",
            file.display()
        );
    }
    if outcomes.is_empty() {
        println!("no interaction occurred before {until}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells stores apart, and gives nothing of their secret away.
async fn identity(store: &dyn InteractionStore) -> anyhow::Result<String> {
    let key = store.pseudonym_key().await?;
    let digest = Sha256::new_with_prefix("old interactions of a store").chain_update(key);
    Ok(hexadecimal(&digest.finalize()))
}
