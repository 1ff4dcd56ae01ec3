//! `cargo xtask manifests`: what goes to a cluster, built by kustomize and checked without one. Any warning is an error, and so is
//! anything that no check knows.

mod checks;
mod documentation;
mod objects;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::process::{Command, ExitCode, Output, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::tools::{self, KUBERNETES_VALIDATE, Tools};
use crate::workspace::Workspace;
use documentation::Documentation;
use objects::Objects;

const FOLDER: &str = "deploy/kubernetes/overlays";
/// Everything that somebody applies, below [`FOLDER`].
const APPLIED: [&str; 7] = [
    "production",
    "production/migration",
    "production/namespace",
    "small",
    "staging",
    "staging/migration",
    "staging/namespace",
];
/// The oldest version of Kubernetes that the manifests are for: `preStop.sleep` without a feature gate.
const KUBERNETES: &str = "1.34";
const SCHEMAS: &str = "xtask/schemas";
const VALIDATOR: &str = include_str!("manifests/validate.py");

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?)?;
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// Everything that is wrong, of all that is applied.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    tools::ensure_kubectl()?;
    let documentation = Documentation::of(workspace)?;
    let (mut count, mut wrong) = (0, Vec::new());
    for applied in APPLIED {
        let text = built(workspace, applied)?;
        let objects = Objects::parse(&text)?;
        count += objects.len();
        let complaints = complaints_of_schemas(workspace, &text, objects.len())?;
        let complaints = complaints
            .into_iter()
            .chain(checks::complaints(&objects, &documentation));
        wrong.extend(complaints.map(|complaint| format!("{applied}: {complaint}")));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{count} objects in {} folders are what Kubernetes {KUBERNETES} and its operators accept, and fit each other",
        APPLIED.len()
    );
    Ok(())
}

/// What `kubectl apply -k` would send.
fn built(workspace: &Workspace, applied: &str) -> anyhow::Result<String> {
    let mut command = workspace.command("kubectl");
    let folder = format!("{FOLDER}/{applied}");
    let output = command.args(["kustomize", &folder]).output();
    let output = output.context("kubectl")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && said.trim().is_empty(),
        "kubectl kustomize {folder}: {said}"
    );
    String::from_utf8(output.stdout).context("kubectl writes no UTF-8")
}

/// What kubernetes-validate and the schemas of custom resources find.
fn complaints_of_schemas(
    workspace: &Workspace,
    text: &str,
    documents: usize,
) -> anyhow::Result<Vec<String>> {
    let program = Tools::of(workspace).ensure_python_tool(&KUBERNETES_VALIDATE)?;
    // Beside the tool is the Python that has its libraries.
    let mut command = workspace.command(program.with_file_name("python"));
    command.args(["-W", "error", "-c", VALIDATOR, KUBERNETES, SCHEMAS]);
    let output = fed(&mut command, text)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && said.trim().is_empty(),
        "the validator failed: {said}"
    );
    let lines = String::from_utf8(output.stdout).context("the validator writes no UTF-8")?;
    let mut lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    // Otherwise it has not looked at all of them.
    if lines.pop() != Some(format!("documents: {documents}")) {
        bail!("the validator did not see {documents} documents");
    }
    Ok(lines)
}

fn fed(command: &mut Command, text: &str) -> anyhow::Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    // It reads everything before it writes anything, so that neither waits for the other.
    input.write_all(text.as_bytes())?;
    drop(input);
    Ok(child.wait_with_output()?)
}
