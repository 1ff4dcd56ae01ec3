//! `cargo xtask lint-migrations`: steps of the Postgres schema must be safe on a database that is in use: checked by squawk, and by rules of our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::migrate::without_comments;
use crate::tools::{SQUAWK, Tools};
use crate::workspace::Workspace;

const VERSION: &str = "--pg-version=15";
/// A step as nobody may make it: when this passes, the check is not one.
const UNSAFE: &str = "ALTER TABLE interactions ADD COLUMN channel text NOT NULL;\n\
                      CREATE INDEX interactions_by_channel ON interactions (channel);\n\
                      ALTER TABLE interactions DROP COLUMN kind;\n";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let squawk = Tools::of(workspace).ensure_python_tool(&SQUAWK)?;
    let probe = tempfile::Builder::new().suffix(".sql").tempfile()?;
    fs::write(&probe, UNSAFE)?;
    let refused = Command::new(&squawk)
        .args([VERSION, "--assume-in-transaction"])
        .arg(probe.path())
        .output()
        .context("squawk cannot be started")?;
    ensure!(
        !refused.status.success(),
        "squawk accepts a step that is not safe"
    );

    let mut folders: Vec<PathBuf> = fs::read_dir(workspace.root().join("migrations/postgres"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    ensure!(!folders.is_empty(), "there are no migrations");
    for folder in &folders {
        check_step(&squawk, folder).with_context(|| format!("{} is not safe", folder.display()))?;
    }
    Ok(())
}

fn check_step(squawk: &Path, folder: &Path) -> anyhow::Result<()> {
    let in_transaction = runs_in_transaction(folder)?;
    for file in ["up.sql", "down.sql"] {
        let sql = fs::read_to_string(folder.join(file))
            .with_context(|| format!("{file} cannot be read; each step has one, for a way back"))?;
        let code = without_comments(&sql);
        for limit in ["lock_timeout", "statement_timeout"] {
            ensure!(
                code.contains(limit),
                "{file} sets no {limit}: what waits for a lock on a table holds up everybody behind it"
            );
        }
    }
    let mut command = Command::new(squawk);
    command.arg(VERSION);
    if in_transaction {
        command.arg("--assume-in-transaction");
    }
    let status = command.arg(folder.join("up.sql")).status()?;
    ensure!(status.success(), "squawk found what it says above");
    Ok(())
}

/// As Diesel reads it; a step that makes indexes concurrently says no.
fn runs_in_transaction(folder: &Path) -> anyhow::Result<bool> {
    let path = folder.join("metadata.toml");
    if !path.exists() {
        return Ok(true);
    }
    let metadata: toml::Table = fs::read_to_string(&path)?.parse()?;
    let value = metadata
        .get("run_in_transaction")
        .and_then(toml::Value::as_bool);
    Ok(value.unwrap_or(true))
}
