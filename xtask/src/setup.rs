//! `cargo xtask setup`: installs beforehand what `cargo xtask test` would install when it first needs it.

use std::process::ExitCode;

use crate::tools::{self, Tools};
use crate::workspace::Workspace;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let tools = Tools::of(&Workspace::load()?);
    for tool in [&tools::CARGO_DENY, &tools::CARGO_MACHETE] {
        let path = tools.ensure_cargo_tool(tool)?;
        println!("{} {}: {}", tool.name, tool.version, path.display());
    }
    let schemathesis = tools.ensure_python_tool(&tools::SCHEMATHESIS)?;
    println!(
        "{} {}: {}",
        tools::SCHEMATHESIS.package,
        tools::SCHEMATHESIS.version,
        schemathesis.display()
    );
    for packages in [tools::SERVER_PACKAGES, tools::BROWSER_PACKAGES] {
        tools::ensure_debian_packages(packages)?;
        println!("Debian packages: {}", packages.join(" "));
    }
    Ok(ExitCode::SUCCESS)
}
