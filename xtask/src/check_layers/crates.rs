//! The facts about our crates that the rules are applied to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{DependencyKind, Metadata};

pub(super) struct Crate {
    pub(super) name: String,
    /// The last part of the path of its folder.
    pub(super) folder: String,
    pub(super) dependencies: Vec<Dependency>,
    /// Files named `mod.rs`.
    pub(super) mod_files: Vec<PathBuf>,
}

pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) ours: bool,
    /// Used by tests, benches and examples only.
    pub(super) development: bool,
}

pub(super) fn of_workspace(metadata: &Metadata) -> anyhow::Result<Vec<Crate>> {
    let packages = metadata.workspace_packages();
    let ours: HashSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    packages
        .iter()
        .map(|package| {
            let directory = package
                .manifest_path
                .parent()
                .context("a manifest lies in a folder")?;
            let dependencies = package.dependencies.iter().map(|dependency| Dependency {
                name: dependency.name.clone(),
                // A crate of other people may be called like ours; only ours has a path.
                ours: dependency.path.is_some() && ours.contains(dependency.name.as_str()),
                development: dependency.kind == DependencyKind::Development,
            });
            Ok(Crate {
                name: package.name.to_string(),
                folder: directory.file_name().unwrap_or_default().to_owned(),
                dependencies: dependencies.collect(),
                mod_files: mod_files(directory.as_std_path())?,
            })
        })
        .collect()
}

fn mod_files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = directory
            .read_dir()
            .with_context(|| format!("cannot list {}", directory.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                let name = entry.file_name();
                if name != "target" && name != ".git" {
                    directories.push(entry.path());
                }
            } else if entry.file_name() == "mod.rs" {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
