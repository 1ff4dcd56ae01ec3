//! `cargo xtask sbom`: what the server is made of, for whoever must know: a CycloneDX document by cargo-cyclonedx.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::tools::{CARGO_CYCLONEDX, Tools};
use crate::workspace::Workspace;

/// The tool writes a document into the folder of each crate of the workspace.
const SUFFIX: &str = "cdx.json";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    let program = Tools::of(&workspace).ensure_cargo_tool(&CARGO_CYCLONEDX)?;
    let status = Command::new(program)
        .args(["cyclonedx", "--format", "json", "--spec-version", "1.5"])
        .current_dir(workspace.root())
        .status()
        .context("cargo-cyclonedx cannot be started")?;
    ensure!(status.success(), "cargo-cyclonedx failed: {status}");
    let mut of_server = None;
    for (name, folder) in workspace.crates() {
        let document = folder.join(format!("{name}.{SUFFIX}"));
        let text = fs::read_to_string(&document)
            .with_context(|| format!("{} was not written", document.display()))?;
        fs::remove_file(&document)?;
        if name == "server" {
            of_server = Some(text);
        }
    }
    let text = of_server.context("there is no crate `server`")?;
    let components = serde_json::from_str::<Value>(&text)?["components"]
        .as_array()
        .map_or(0, Vec::len);
    ensure!(components > 0, "the document names no components");
    let target = workspace.target_directory().join("sbom");
    fs::create_dir_all(&target)?;
    let file = target.join(format!("scholarship-api.{SUFFIX}"));
    fs::write(&file, text)?;
    println!("{}: {components} components", file.display());
    Ok(ExitCode::SUCCESS)
}
