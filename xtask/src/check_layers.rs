//! `cargo xtask check-layers`: the dependency table of docs/architecture.md, enforced.

mod crates;
mod table;
mod violation;

use std::process::ExitCode;

use anyhow::ensure;

use crate::workspace::Workspace;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints each violation.
///
/// # Errors
/// When there is any.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let crates = crates::of_workspace(workspace.metadata())?;
    let violations = violation::violations(&crates);
    for violation in &violations {
        println!("{violation}");
    }
    ensure!(
        violations.is_empty(),
        "{} violations of the table in docs/architecture.md (in code: xtask/src/check_layers/table.rs)",
        violations.len()
    );
    println!("{} crates keep to their layers", crates.len());
    Ok(())
}
