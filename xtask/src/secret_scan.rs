//! `cargo xtask secret-scan`: no secret may get into the repository. Found by detect-secrets, compared with a list of what only
//! looks like one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::tools::{DETECT_SECRETS, Tools};
use crate::workspace::Workspace;

/// What was looked at by a person: secrets of tests, examples, digests.
const KNOWN: &str = "xtask/known-secrets.json";
/// Nothing in these is written by a person.
const SKIPPED: &str = r"(^|/)(Cargo\.lock|known-secrets\.json|.*\.svg)$";
/// A key as nobody may commit it, put together so that it is none here: when this passes, the check is not one.
const PROBE: [&str; 2] = ["aws_key = \"AKIA", "QYLPMN5HHHFPZAM2\"\n"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Take everything that is found into the list; look at the difference before you commit it
    #[arg(long)]
    accept: bool,
}

/// One finding. The digest is of the text that was found, so that it may move within its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Finding {
    file: String,
    kind: String,
    digest: String,
}

/// With the line where it stands now.
type Found = Vec<(Finding, u64)>;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    if arguments.accept {
        let found = scan(&workspace, &workspace.root())?;
        let all: BTreeSet<Finding> = found.into_iter().map(|(finding, _)| finding).collect();
        fs::write(
            workspace.root().join(KNOWN),
            serde_json::to_string_pretty(&all)? + "\n",
        )?;
        println!("{KNOWN} lists {} findings", all.len());
    } else {
        check(&workspace)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("probe.txt"), PROBE.concat())?;
    let probe = scan(workspace, folder.path())?;
    ensure!(!probe.is_empty(), "detect-secrets does not find a key");

    let text = fs::read_to_string(workspace.root().join(KNOWN)).context(KNOWN)?;
    let known: BTreeSet<Finding> = serde_json::from_str(&text).context(KNOWN)?;
    let found = scan(workspace, &workspace.root())?;
    let new: Vec<String> = found
        .iter()
        .filter(|(finding, _)| !known.contains(finding))
        .map(|(finding, line)| format!("{}:{line}: {}", finding.file, finding.kind))
        .collect();
    ensure!(
        new.is_empty(),
        "these look like secrets; take them out, or, if they are none, run `cargo xtask secret-scan --accept`:\n  {}",
        new.join("\n  ")
    );
    let found: BTreeSet<Finding> = found.into_iter().map(|(finding, _)| finding).collect();
    let gone: Vec<&str> = known
        .difference(&found)
        .map(|gone| gone.file.as_str())
        .collect();
    ensure!(
        gone.is_empty(),
        "{KNOWN} lists what is not there any more, in {}; run `cargo xtask secret-scan --accept`",
        gone.join(", ")
    );
    Ok(())
}

/// Everything under a folder, or in the files that git knows where it is a repository.
fn scan(workspace: &Workspace, folder: &Path) -> anyhow::Result<Found> {
    let program = Tools::of(workspace).ensure_python_tool(&DETECT_SECRETS)?;
    let output = Command::new(program)
        .args(["scan", "--no-verify", "--exclude-files", SKIPPED])
        .args((folder != workspace.root()).then_some("--all-files"))
        .current_dir(folder)
        .output()
        .context("detect-secrets cannot be started")?;
    ensure!(
        output.status.success(),
        "detect-secrets failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Report = serde_json::from_slice(&output.stdout)?;
    let of_file = report.results.into_iter().flat_map(|(file, findings)| {
        findings.into_iter().map(move |found| {
            let finding = Finding {
                file: file.clone(),
                kind: found.kind,
                digest: found.hashed_secret,
            };
            (finding, found.line_number)
        })
    });
    Ok(of_file.collect())
}

/// What detect-secrets prints.
#[derive(Deserialize)]
struct Report {
    results: std::collections::BTreeMap<String, Vec<Raw>>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    hashed_secret: String,
    line_number: u64,
}
