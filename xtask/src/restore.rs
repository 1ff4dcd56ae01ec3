//! `cargo xtask restore`: a backup into an empty database, compared with what was backed up.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use adapter_postgres::operations::{CHANGE_FEED, ClientEnvironment, Inspector, OperationError};
use adapter_postgres::{PostgresSettings, SessionError};
use anyhow::{Context as _, ensure};

use crate::backup_file::{Manifest, digest_of, manifest_path};
use crate::postgres::{DIFFERS, REFUSED, Target};
use crate::postgres_program::postgres_program;

/// A database that every server has.
const MAINTENANCE: &str = "postgres";

const HELP: &str = "\
The database is made when it is not there (the role needs CREATEDB); one that holds anything is never touched. All or nothing is
restored, the change log is made to go on behind all positions that were ever handed out, then every table is compared with what
was backed up. A restore that was cut off is finished by running it again.
Needs pg_restore (Debian: postgresql-client-15).

Exit codes: 0 restored, and equal; 1 it failed, and the database is as it was; 2 wrong arguments; 3 restored, but not equal;
4 refused, since the database is not empty.

Examples:
  export DATABASE_URL=postgresql://scholarship:secret@db.example.org:5432/scholarships_restored
  cargo xtask restore var/backups/scholarships-20261125T020000Z.dump
  cargo xtask migrate status                     whether this version of the program needs more steps
  cargo xtask restore --finish                   after pg_restore alone: let servers start on what it has filled";

#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Arguments {
    /// What `cargo xtask backup` wrote; FILE.json must stand beside it
    #[arg(required_unless_present = "finish")]
    file: Option<PathBuf>,
    /// Only let the change log go on, in a database that pg_restore has filled and that no server uses yet; nothing is compared
    #[arg(long, conflicts_with = "file")]
    finish: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    let settings = arguments.target.settings()?;
    runtime.block_on(async {
        match &arguments.file {
            Some(file) => restore(&settings, file).await,
            None => finish(&settings).await,
        }
    })
}

async fn finish(settings: &PostgresSettings) -> anyhow::Result<ExitCode> {
    let mut inspector = Inspector::connect(settings).await?;
    if inspector.is_log_ahead().await? {
        inspector.continue_log().await?;
        println!("the change log goes on; the servers may be started");
    } else {
        println!("nothing to do: the change log is not ahead of this Postgres");
    }
    Ok(ExitCode::SUCCESS)
}

async fn restore(settings: &PostgresSettings, file: &Path) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let client = ClientEnvironment::of(settings)?;
    let manifest = Manifest::read(&manifest_path(file))?;
    println!("checking {} ..", file.display());
    ensure!(
        digest_of(file)? == manifest.sha256,
        "{} is not the file that was written: it is damaged, or cut short",
        file.display()
    );

    let mut inspector = connect_or_make(settings, &client.database).await?;
    let outcome = if inspector.is_empty().await? {
        println!(
            "restoring what {} held on {} into {} ..",
            manifest.database, manifest.made_at, client.database
        );
        fill(&client, file)?;
        compare(&mut inspector, &manifest).await?
    } else {
        go_on(&mut inspector, &manifest, &client.database).await?
    };
    if let Some(code) = outcome {
        return Ok(ExitCode::from(code));
    }
    print!("{manifest}");
    println!(
        "restored in {:.1} s, every table equal. Next: cargo xtask migrate status; then point DATABASE_URL of the servers \
         here, and start them",
        begun.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}

/// Lets the log go on at once, since no server may start before, and compares then. Answers the exit code if they differ.
async fn compare(inspector: &mut Inspector, manifest: &Manifest) -> anyhow::Result<Option<u8>> {
    let mut log = None;
    if manifest.tables.iter().any(|sum| sum.table == CHANGE_FEED) {
        log = Some(inspector.log_sum().await?);
        inspector.continue_log().await?;
    }
    println!("comparing ..");
    let mut present = inspector.sums().await?;
    // The one table that is not as it was any more: what counts is how it was restored.
    present.retain(|sum| log.is_none() || sum.table != CHANGE_FEED);
    present.extend(log);
    let differences = manifest.differences(&present, &inspector.sequences().await?);
    if differences.is_empty() {
        return Ok(None);
    }
    for difference in &differences {
        eprintln!("{difference}");
    }
    eprintln!("restored, but not equal to what was backed up; do not use it");
    Ok(Some(DIFFERS))
}

/// Finishes a restore that was cut off behind `pg_restore`. Answers the exit code if the database holds anything else.
async fn go_on(
    inspector: &mut Inspector,
    manifest: &Manifest,
    database: &str,
) -> anyhow::Result<Option<u8>> {
    if !inspector.is_log_ahead().await? {
        eprintln!(
            "refused: the database {database} is not empty. Name a new one in DATABASE_URL; it is made for you"
        );
        return Ok(Some(REFUSED));
    }
    println!("{database} was restored before, and not finished; comparing ..");
    let (present, sequences) = (inspector.sums().await?, inspector.sequences().await?);
    if !manifest.differences(&present, &sequences).is_empty() {
        eprintln!(
            "refused: the database {database} is not empty, and holds something else than this backup. Name a new one in \
             DATABASE_URL; it is made for you"
        );
        return Ok(Some(REFUSED));
    }
    inspector.continue_log().await?;
    Ok(None)
}

async fn connect_or_make(settings: &PostgresSettings, name: &str) -> anyhow::Result<Inspector> {
    let error = match Inspector::connect(settings).await {
        Ok(inspector) => return Ok(inspector),
        Err(error @ OperationError::Session(SessionError::Connection(_))) => error,
        Err(error) => return Err(error.into()),
    };
    // Not there, or not reachable: another database of the same server tells.
    let Ok(mut maintenance) = Inspector::connect(&settings.with_database(MAINTENANCE)).await else {
        return Err(error.into());
    };
    if maintenance.has_database(name).await? {
        return Err(error.into());
    }
    maintenance.create_database(name).await.with_context(|| {
        format!("the database {name} cannot be made; make it yourself: createdb {name}")
    })?;
    Ok(Inspector::connect(settings).await?)
}

/// In one transaction: a database that holds only a part of a backup would be taken for a whole one. That transaction holds
/// back the logs of all databases of its cluster until it ends.
fn fill(client: &ClientEnvironment, file: &Path) -> anyhow::Result<()> {
    let mut program = postgres_program("pg_restore", client);
    program
        .args(["--exit-on-error", "--single-transaction", "--no-owner"])
        .args(["--no-privileges", "--no-password"])
        .arg(format!("--dbname={}", client.database))
        .arg(file);
    let status = program.status().context(
        "pg_restore cannot be started; install postgresql-client-15 (or newer, as the backup is)",
    )?;
    ensure!(
        status.success(),
        "pg_restore failed ({status}); it says why above, and the database is as it was"
    );
    Ok(())
}
