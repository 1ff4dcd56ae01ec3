//! kubectl, which has kustomize in it.

use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::output_of;

/// The first whose components may change the kind of an object, and whose replacements come last.
const OLDEST: u32 = 5;

/// The version of kustomize in the kubectl on `PATH`.
///
/// # Errors
/// It is not there or too old. Debian 12 has only kubectl 1.20, which is; nobody here can install a newer one.
pub(crate) fn ensure_kubectl() -> anyhow::Result<String> {
    let text = output_of(Command::new("kubectl").args(["version", "--client", "--output", "json"]));
    let text =
        text.context("install kubectl 1.27 or newer; the package of Debian 12 is too old")?;
    let told: Value = serde_json::from_str(&text).context("kubectl tells no version")?;
    let version = told["kustomizeVersion"].as_str().unwrap_or("none");
    ensure!(
        major(version).is_some_and(|major| major >= OLDEST),
        "kubectl with kustomize {OLDEST} or newer is needed (kubectl 1.27), not {version}"
    );
    Ok(version.to_owned())
}

fn major(version: &str) -> Option<u32> {
    version
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_first_number() {
        assert_eq!(major("v5.5.0"), Some(5));
        assert!(major("none").is_none() && major("v4.5.7") < Some(OLDEST));
    }
}
