//! `cargo xtask lint-migrations`: steps of the Postgres schema must be safe on a database that is in use: checked by squawk, and by rules of our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::migrate::without_comments;
use crate::tools::{SQUAWK, Tools};
use crate::workspace::Workspace;

const VERSION: &str = "--pg-version=15";
/// A way back drops what its step has added. All else that squawk knows holds there, too.
const OF_A_WAY_BACK: &str = "--exclude=ban-drop-table,ban-drop-column,ban-drop-sequence";
/// Steps as nobody may make them, one for each direction: when they pass, the check is not one.
const UNSAFE: [(&str, &str); 2] = [
    ("up.sql", "ALTER TABLE interactions DROP COLUMN kind;"),
    (
        "down.sql",
        "ALTER TABLE interactions ALTER COLUMN kind TYPE varchar(10);",
    ),
];
/// Without these, squawk would refuse any step.
const LIMITS: &str = "SET LOCAL lock_timeout = '2s';\nSET LOCAL statement_timeout = '60s';\n";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let squawk = Tools::of(workspace).ensure_python_tool(&SQUAWK)?;
    let probes = tempfile::tempdir()?;
    for (file, sql) in UNSAFE {
        let path = probes.path().join(file);
        fs::write(&path, format!("{LIMITS}{sql}\n"))?;
        let refused = linting(&squawk, &path, true).output();
        let refused = refused.context("squawk cannot be started")?;
        ensure!(
            !refused.status.success(),
            "squawk accepts an {file} that is not safe"
        );
    }

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
    for file in ["up.sql", "down.sql"] {
        let status = linting(squawk, &folder.join(file), in_transaction).status()?;
        ensure!(
            status.success(),
            "squawk found in {file} what it says above"
        );
    }
    Ok(())
}

fn linting(squawk: &Path, file: &Path, in_transaction: bool) -> Command {
    let mut command = Command::new(squawk);
    command.arg(VERSION);
    if in_transaction {
        command.arg("--assume-in-transaction");
    }
    if file.ends_with("down.sql") {
        command.arg(OF_A_WAY_BACK);
    }
    command.arg(file);
    command
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
