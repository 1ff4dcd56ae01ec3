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
    for tool in [
        &tools::DETECT_SECRETS,
        &tools::HADOLINT,
        &tools::KUBERNETES_VALIDATE,
        &tools::SCHEMATHESIS,
        &tools::SQUAWK,
    ] {
        let path = tools.ensure_python_tool(tool)?;
        println!("{} {}: {}", tool.package, tool.version, path.display());
    }
    for packages in [
        tools::SERVER_PACKAGES,
        tools::BROWSER_PACKAGES,
        tools::COMPOSE_PACKAGES,
    ] {
        tools::ensure_debian_packages(packages)?;
        println!("Debian packages: {}", packages.join(" "));
    }
    println!("kubectl with kustomize {}", tools::ensure_kubectl()?);
    Ok(ExitCode::SUCCESS)
}
