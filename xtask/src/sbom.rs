//! `cargo xtask sbom`: what the programs of images are made of, for whoever must know: CycloneDX documents by cargo-cyclonedx.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::tools::{CARGO_CYCLONEDX, Tools};
use crate::workspace::Workspace;

/// The tool writes a document into the folder of each crate of the workspace.
const SUFFIX: &str = "cdx.json";
/// Crates and the programs that images hold of them.
const PROGRAMS: [(&str, &str); 2] = [("server", "scholarship-api"), ("xtask", "xtask")];

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    let program = Tools::of(&workspace).ensure_cargo_tool(&CARGO_CYCLONEDX)?;
    let status = Command::new(program)
        .args(["cyclonedx", "--format", "json", "--spec-version", "1.5"])
        .current_dir(workspace.root())
        .status()
        .context("cargo-cyclonedx cannot be started")?;
    ensure!(status.success(), "cargo-cyclonedx failed: {status}");
    let folder = workspace.target_directory().join("sbom");
    fs::create_dir_all(&folder)?;
    let mut made = 0;
    for (name, of_crate) in workspace.crates() {
        let document = of_crate.join(format!("{name}.{SUFFIX}"));
        let text = fs::read_to_string(&document)
            .with_context(|| format!("{} was not written", document.display()))?;
        fs::remove_file(&document)?;
        let Some((_, program)) = PROGRAMS.iter().find(|(of, _)| *of == name) else {
            continue;
        };
        let components = serde_json::from_str::<Value>(&text)?["components"]
            .as_array()
            .map_or(0, Vec::len);
        ensure!(components > 0, "the document of {name} names no components");
        let file = folder.join(format!("{program}.{SUFFIX}"));
        fs::write(&file, text)?;
        println!("{}: {components} components", file.display());
        made += 1;
    }
    ensure!(
        made == PROGRAMS.len(),
        "one of {PROGRAMS:?} is no crate any more"
    );
    Ok(ExitCode::SUCCESS)
}
