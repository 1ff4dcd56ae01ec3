//! Debian packages, installed without starting the services that they bring.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::{output_of, run};

/// Debian's maintainer scripts ask this program before they start a service.
const POLICY: &str = "/usr/sbin/policy-rc.d";
const REFUSE_ALL: &str =
    "#!/bin/sh\n# Written while test packages are installed; no service is started.\nexit 101\n";

/// Installs what is missing when we are root on Debian.
///
/// # Errors
/// Says exactly what to install when we may not or cannot.
pub(crate) fn ensure_debian_packages(packages: &[&str]) -> anyhow::Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing_list = missing.join(" ");
    if !Path::new("/etc/debian_version").exists() {
        bail!("install what Debian calls: {missing_list}");
    }
    if !is_root() {
        bail!(
            "install these packages: sudo apt-get install -y --no-install-recommends {missing_list}"
        );
    }
    let _no_services = ServiceGuard::set(Path::new(POLICY))?;
    run(apt_get().arg("update"))?;
    run(apt_get()
        .args(["install", "-y", "--no-install-recommends"])
        .args(&missing))?;
    stay_off(&missing);
    Ok(())
}

/// What was just installed would start with the machine next time, and take its port.
fn stay_off(packages: &[&str]) {
    for package in packages {
        let unit = format!("{package}.service");
        let is_there = ["/lib/systemd/system", "/usr/lib/systemd/system"]
            .into_iter()
            .any(|folder| Path::new(folder).join(&unit).exists());
        let disable = ["disable", "--quiet", unit.as_str()];
        if is_there && output_of(Command::new("systemctl").args(disable)).is_none() {
            println!("{unit} may start with the machine: systemctl disable {unit}");
        }
    }
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_installed(package: &str) -> bool {
    output_of(Command::new("dpkg-query").args(["-W", "-f=${Status}", package]))
        .is_some_and(|status| status == "install ok installed")
}

pub(crate) fn is_root() -> bool {
    output_of(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// Keeps services from being started while it lives. A policy that somebody else set stays theirs; one that an
/// interrupted run of ours left behind is taken over.
struct ServiceGuard {
    remove: Option<PathBuf>,
}

impl ServiceGuard {
    fn set(policy: &Path) -> anyhow::Result<Self> {
        match fs::read_to_string(policy) {
            Ok(text) if text != REFUSE_ALL => return Ok(Self { remove: None }),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::write(policy, REFUSE_ALL)
                    .and_then(|()| fs::set_permissions(policy, fs::Permissions::from_mode(0o755)))
                    .with_context(|| format!("cannot write {}", policy.display()))?;
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", policy.display()));
            }
        }
        Ok(Self {
            remove: Some(policy.to_owned()),
        })
    }
}

impl Drop for ServiceGuard {
    fn drop(&mut self) {
        if let Some(policy) = &self.remove
            && let Err(error) = fs::remove_file(policy)
        {
            eprintln!("remove {} yourself: {error}", policy.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let policy = directory.path().join("policy");
        let guard = ServiceGuard::set(&policy).unwrap();
        let refusal = Command::new(&policy).status().unwrap();
        assert_eq!(refusal.code(), Some(101));
        drop(guard);
        assert!(!policy.exists());
    }

    #[test]
    fn a_policy_of_somebody_else_stays() {
        let directory = tempfile::tempdir().unwrap();
        let policy = directory.path().join("policy");
        fs::write(&policy, "#!/bin/sh\nexit 0\n").unwrap();
        drop(ServiceGuard::set(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "#!/bin/sh\nexit 0\n");
    }

    #[test]
    fn what_an_interrupted_run_left_behind_is_cleared_away() {
        let directory = tempfile::tempdir().unwrap();
        let policy = directory.path().join("policy");
        fs::write(&policy, REFUSE_ALL).unwrap();
        drop(ServiceGuard::set(&policy).unwrap());
        assert!(!policy.exists());
    }
}
