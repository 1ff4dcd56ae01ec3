//! `cargo xtask migrate`: makes, takes back, lists and verifies the schema of a Postgres database.

mod files;
mod rehearsal;

use std::process::ExitCode;
use std::time::Duration;

use adapter_postgres::PostgresSettings;
use adapter_postgres::migrations::{MigrationStatus, Migrator, status};
use anyhow::Context as _;

use crate::postgres::{DIFFERS, REFUSED, Target};
use crate::workspace::Workspace;
use files::MigrationFiles;
pub(crate) use files::without_comments;

const HELP: &str = "\
Exit codes:
  0  done, or there was nothing to do
  1  it failed; the message says why, and the steps before the one that failed are made
  2  wrong arguments
  3  status: steps are missing; verify, rehearse: the schema is not what it should be
  4  down: rows would be destroyed, and --yes was not given

Several at once are safe: one works, the others wait. status and --dry-run only look: they wait for nobody, and work through a
pooler. The others need a direct connection; rehearse starts a Postgres of its own, and needs none.

Examples:
  export DATABASE_URL=postgresql://scholarship:secret@db.example.org:5432/scholarships
  cargo xtask migrate status              which steps the database has
  cargo xtask migrate up --dry-run        show the SQL of the missing ones, change nothing
  cargo xtask migrate up                  make them
  cargo xtask migrate verify              compare with a database made anew beside it (the role needs CREATEDB)
  cargo xtask migrate down --dry-run      show what would be taken back
  cargo xtask migrate down                take back the newest step
  cargo xtask migrate rehearse            whether all of them can be made, taken back and made again";

#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    target: Target,
    /// How long to wait for another process that migrates the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60, global = true)]
    wait: u64,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make every step that is missing
    Up {
        /// Show the SQL, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take back the newest steps
    Down {
        /// How many
        #[arg(long, default_value_t = 1)]
        steps: usize,
        /// Destroy rows, if need be
        #[arg(long)]
        yes: bool,
        /// Show the SQL, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the steps, and which of them the database has
    Status,
    /// Compare the schema with what the steps make, and with what this program was compiled for
    Verify,
    /// Make every step, take each back, make them again and verify, on a Postgres that ends with the command
    Rehearse,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // Only what shows or weighs SQL needs the repository: in a container there is none.
    let files = || Workspace::load().map(|workspace| MigrationFiles::of(&workspace));
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(async {
        match &arguments.command {
            Command::Up { dry_run: true } => show_missing(&look(arguments).await?, &files()?),
            Command::Up { dry_run: false } => up(migrator(arguments).await?).await,
            Command::Down {
                steps,
                dry_run: true,
                ..
            } => show_newest(&look(arguments).await?, *steps, &files()?),
            Command::Down { steps, yes, .. } => {
                down(migrator(arguments).await?, *steps, *yes, &files()?).await
            }
            Command::Status => Ok(list_status(&look(arguments).await?)),
            Command::Verify => {
                let settings = arguments.target.settings()?;
                verify(migrator(arguments).await?, &settings).await
            }
            Command::Rehearse => rehearsal::hold(patience(arguments)).await,
        }
    })
}

/// What there is, without a lock: nothing is changed.
async fn look(arguments: &Arguments) -> anyhow::Result<Vec<MigrationStatus>> {
    Ok(status(&arguments.target.settings_through_poolers()?).await?)
}

async fn migrator(arguments: &Arguments) -> anyhow::Result<Migrator> {
    let settings = arguments.target.settings()?;
    Ok(Migrator::connect(&settings, patience(arguments)).await?)
}

fn patience(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.wait)
}

async fn up(migrator: Migrator) -> anyhow::Result<ExitCode> {
    let (_, made) = migrator.up().await?;
    list(&made, "made");
    Ok(ExitCode::SUCCESS)
}

fn list(versions: &[String], word: &str) {
    for version in versions {
        println!("{word}: {version}");
    }
    if versions.is_empty() {
        println!("nothing to do");
    }
}

fn show_missing(steps: &[MigrationStatus], files: &MigrationFiles) -> anyhow::Result<ExitCode> {
    let missing: Vec<_> = steps.iter().filter(|step| !step.applied).collect();
    for step in &missing {
        println!("-- {}\n{}", step.name, files.up(&step.name)?);
    }
    println!(
        "-- {} steps are missing; nothing was changed",
        missing.len()
    );
    Ok(ExitCode::SUCCESS)
}

fn newest(steps: &[MigrationStatus], count: usize) -> impl Iterator<Item = &MigrationStatus> {
    let applied = steps.iter().rev().filter(|step| step.applied);
    applied.take(count)
}

fn show_newest(
    steps: &[MigrationStatus],
    count: usize,
    files: &MigrationFiles,
) -> anyhow::Result<ExitCode> {
    for step in newest(steps, count) {
        println!("-- {}\n{}", step.name, files.down(&step.name)?);
    }
    println!("-- nothing was changed");
    Ok(ExitCode::SUCCESS)
}

async fn down(
    mut migrator: Migrator,
    count: usize,
    yes: bool,
    files: &MigrationFiles,
) -> anyhow::Result<ExitCode> {
    if !yes {
        let steps = migrator.status().await?;
        let mut destroyed = Vec::new();
        for step in newest(&steps, count) {
            for table in files.tables_that_lose(&step.name)? {
                let rows = migrator.rows(&table).await?;
                if rows > 0 {
                    destroyed.push(format!("{table} ({rows} rows)"));
                }
            }
        }
        if !destroyed.is_empty() {
            eprintln!(
                "refused: this would destroy what is in {}. Make a backup (cargo xtask backup), then add --yes",
                destroyed.join(", ")
            );
            return Ok(ExitCode::from(REFUSED));
        }
    }
    let (_, undone) = migrator.down(count).await?;
    list(&undone, "taken back");
    Ok(ExitCode::SUCCESS)
}

fn list_status(steps: &[MigrationStatus]) -> ExitCode {
    for step in steps {
        println!(
            "{}  {}",
            if step.applied { "made   " } else { "missing" },
            step.name
        );
    }
    if steps.iter().all(|step| step.applied) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DIFFERS)
    }
}

async fn verify(migrator: Migrator, settings: &PostgresSettings) -> anyhow::Result<ExitCode> {
    let (_, differences) = migrator.verify(settings).await?;
    for difference in &differences {
        println!("{difference}");
    }
    Ok(if differences.is_empty() {
        println!("the schema is what the migrations make and what this program was compiled for");
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DIFFERS)
    })
}
