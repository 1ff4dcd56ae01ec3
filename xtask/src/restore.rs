//! `cargo xtask restore`: a backup into an empty database, compared with what was backed up.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use adapter_postgres::PostgresSettings;
use adapter_postgres::operations::{ClientEnvironment, Inspector, OperationError};
use anyhow::{Context as _, ensure};

use crate::backup_file::{Manifest, digest_of, manifest_path};
use crate::postgres::{DIFFERS, REFUSED, Target};
use crate::postgres_program::postgres_program;

/// A database that every server has.
const MAINTENANCE: &str = "postgres";

const HELP: &str = "\
The database is made when it is not there (the role needs CREATEDB); one that holds anything is never touched. All or nothing is
restored, then every table is compared with what was backed up, and the change log is made to go on behind all positions that
were ever handed out.
Needs pg_restore (Debian: postgresql-client-15).

Exit codes: 0 restored, and equal; 1 it failed, and the database is as it was; 2 wrong arguments; 3 restored, but not equal;
4 refused, since the database is not empty.

Examples:
  export DATABASE_URL=postgresql://scholarship:secret@db.example.org:5432/scholarships_restored
  cargo xtask restore var/backups/scholarships-20261125T020000Z.dump
  cargo xtask migrate status                     whether this version of the program needs more steps";

#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Arguments {
    /// What `cargo xtask backup` wrote; FILE.json must stand beside it
    file: PathBuf,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(restore(arguments))
}

async fn restore(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let settings = arguments.target.settings()?;
    let client = ClientEnvironment::of(&settings)?;
    let file = &arguments.file;
    let manifest = Manifest::read(&manifest_path(file))?;
    println!("checking {} ..", file.display());
    ensure!(
        digest_of(file)? == manifest.sha256,
        "{} is not the file that was written: it is damaged, or cut short",
        file.display()
    );

    let mut inspector = connect_or_make(&settings, &client.database).await?;
    if !inspector.is_empty().await? {
        eprintln!(
            "refused: the database {} is not empty. Name a new one in DATABASE_URL; it is made for you",
            client.database
        );
        return Ok(ExitCode::from(REFUSED));
    }
    println!(
        "restoring what {} held on {} into {} ..",
        manifest.database, manifest.made_at, client.database
    );
    fill(&client, file)?;
    println!("comparing ..");
    let differences = manifest.differences(&inspector.sums().await?);
    if !differences.is_empty() {
        for difference in &differences {
            eprintln!("{difference}");
        }
        eprintln!("restored, but not equal to what was backed up; do not use it");
        return Ok(ExitCode::from(DIFFERS));
    }
    if manifest.tables.iter().any(|sum| sum.table == "change_feed") {
        inspector.continue_log().await?;
    }
    print!("{manifest}");
    println!(
        "restored in {:.1} s, every table equal. Next: cargo xtask migrate status; then point DATABASE_URL of the servers \
         here, and start them",
        begun.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}

async fn connect_or_make(settings: &PostgresSettings, name: &str) -> anyhow::Result<Inspector> {
    let error = match Inspector::connect(settings).await {
        Ok(inspector) => return Ok(inspector),
        Err(error @ OperationError::Connection(_)) => error,
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
