//! `cargo xtask backup`: everything that a Postgres database holds in one file, with what each table comes to beside it.
//!
//! The sums are taken from the very state that is dumped, while others go on writing, so that a restore can be compared
//! with them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use adapter_postgres::operations::{ClientEnvironment, Inspector};
use anyhow::{Context as _, ensure};

use crate::backup_file::{Manifest, digest_of, manifest_path, with_ending};
use crate::postgres::Target;
use crate::postgres_program::postgres_program;
use crate::private_file::new_private_file;

const HELP: &str = "\
Beside FILE, FILE.json says how many rows each table holds and what they come to; keep both. The server may go on writing.
Needs pg_dump, at least as new as the server (Debian: postgresql-client-15).

Exit codes: 0 done; 1 it failed, and no FILE is left; 2 wrong arguments.

Examples:
  export DATABASE_URL=postgresql://scholarship:secret@db.example.org:5432/scholarships
  cargo xtask backup                             to var/backups/scholarships-<time>.dump
  cargo xtask backup --file /srv/tonight.dump";

#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Arguments {
    /// Where to write; must not be there yet
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(back_up(arguments))
}

async fn back_up(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let settings = arguments.target.settings()?;
    let client = ClientEnvironment::of(&settings)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "time enters a command-line tool here"
    )]
    let now = chrono::Utc::now();
    let file = arguments.file.clone().unwrap_or_else(|| {
        let name = format!("{}-{}.dump", client.database, now.format("%Y%m%dT%H%M%SZ"));
        Path::new("var/backups").join(name)
    });
    ensure!(
        !file.exists(),
        "{} is there already; name another file",
        file.display()
    );
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }

    let mut inspector = Inspector::connect(&settings).await?;
    let snapshot = inspector.hold_still().await?;
    println!("adding up the tables of {} ..", client.database);
    let tables = inspector.sums().await?;
    let sequences = inspector.sequences().await?;
    println!("dumping to {} ..", file.display());
    let unfinished = with_ending(&file, "unfinished");
    let dumped = dump(&client, &snapshot, &unfinished).and_then(|()| {
        let manifest = Manifest {
            database: client.database.clone(),
            made_at: now,
            sha256: digest_of(&unfinished)?,
            tables,
            sequences,
        };
        manifest.write(&manifest_path(&file))?;
        // The last step: where there is a file, it is whole, and so is what stands beside it.
        std::fs::rename(&unfinished, &file)?;
        File::open(
            file.parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new(".")),
        )?
        .sync_all()?;
        Ok(manifest)
    });
    drop(inspector);
    let manifest = match dumped {
        Ok(manifest) => manifest,
        Err(error) => {
            // Nothing of a failed backup may be taken for one.
            let _ = std::fs::remove_file(&unfinished);
            let _ = std::fs::remove_file(manifest_path(&file));
            return Err(error);
        }
    };
    print!("{manifest}");
    println!(
        "backed up to {} ({} bytes) in {:.1} s; keep {} with it",
        file.display(),
        file.metadata()?.len(),
        begun.elapsed().as_secs_f64(),
        manifest_path(&file).display()
    );
    Ok(ExitCode::SUCCESS)
}

fn dump(client: &ClientEnvironment, snapshot: &str, file: &Path) -> anyhow::Result<()> {
    // Made by us: `pg_dump` would let others read it.
    new_private_file(file)?;
    let mut program = postgres_program("pg_dump", client);
    program
        .args([
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--no-password",
        ])
        .arg("--lock-wait-timeout=10s")
        .arg(format!("--snapshot={snapshot}"))
        .arg("--file")
        .arg(file)
        .arg(&client.database);
    let status = program.status().context(
        "pg_dump cannot be started; install postgresql-client-15 (or newer, as the server is)",
    )?;
    ensure!(
        status.success(),
        "pg_dump failed ({status}); it says why above"
    );
    File::open(file)?.sync_all()?;
    Ok(())
}
