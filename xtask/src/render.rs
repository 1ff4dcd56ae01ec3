//! `cargo xtask render`: recording rules, alerts with their tests, routing, dashboards, the steps and the monitoring in a cluster, all
//! from the one policy.

mod alerts;
mod dashboards;
mod diff;
mod files;
mod kubernetes;
mod operator;
pub(crate) mod queries;
mod recording;
pub(crate) mod routing;
mod rule_tests;
mod scrape;
mod shares;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use rollout::Policy;

use crate::rollout::read_policy;
use crate::workspace::Workspace;
use files::OWN_FOLDERS;

pub(crate) use dashboards::queries as queries_of_dashboard;
pub(crate) use files::{File, files};

/// Of the workspace.
const POLICY: &str = "config/rollout.toml";

#[derive(clap::Args)]
#[command(
    after_help = "Ends with 1 when --check finds a file that is not what it would be made to."
)]
pub(crate) struct Arguments {
    /// Change nothing; fail when a file differs
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    if arguments.check {
        check(&workspace)?;
    } else {
        write(&workspace)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// Files are missing, differ or should not be there; each is named, with the first lines that differ.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let files = all_files(&root)?;
    let mut wrong: Vec<String> = files.iter().filter_map(|file| drift(&root, file)).collect();
    for path in strangers(&root, &files)? {
        wrong.push(format!("{path} is not made by this command"));
    }
    ensure!(
        wrong.is_empty(),
        "run `cargo xtask render`:\n{}",
        wrong.join("\n")
    );
    println!("{} files are what {POLICY} says", files.len());
    Ok(())
}

pub(crate) fn policy(workspace: &Workspace) -> anyhow::Result<Policy> {
    read_policy(&workspace.root().join(POLICY))
}

fn all_files(root: &Path) -> anyhow::Result<Vec<File>> {
    let text = fs::read_to_string(root.join(POLICY)).context(POLICY)?;
    let policy = Policy::parse(&text).context(POLICY)?;
    files(&policy, &text)
}

fn write(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let files = all_files(&root)?;
    for path in strangers(&root, &files)? {
        println!("removed {path}");
        fs::remove_file(root.join(&path)).with_context(|| format!("cannot remove {path}"))?;
    }
    for file in &files {
        if drift(&root, file).is_none() {
            continue;
        }
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &file.text).with_context(|| format!("cannot write {}", file.path))?;
        println!("wrote {}", file.path);
    }
    Ok(())
}

/// How the file differs from what it should be.
fn drift(root: &Path, file: &File) -> Option<String> {
    match fs::read_to_string(root.join(&file.path)) {
        Ok(found) if found == file.text => None,
        Ok(found) => Some(format!(
            "{} differs:\n{}",
            file.path,
            diff::of(&found, &file.text)
        )),
        Err(error) => Some(format!("{}: {error}", file.path)),
    }
}

/// Files in our folders that would stay for ever, and be loaded: rules of an earlier policy.
fn strangers(root: &Path, files: &[File]) -> anyhow::Result<Vec<String>> {
    let known: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut strangers = Vec::new();
    for folder in OWN_FOLDERS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if !known.contains(path.as_str()) {
                strangers.push(path);
            }
        }
    }
    strangers.sort();
    Ok(strangers)
}
