//! Tools from PyPI, each in a virtual environment of its own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use super::{Tools, ensure_debian_packages, run};

pub(crate) struct PythonTool {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    pub(crate) executable: &'static str,
}

/// Written last, so that an environment cut short while it was made is made anew.
const COMPLETE: &str = "complete";

impl Tools {
    /// The path of the tool's executable, installed now if it is not there in this version.
    ///
    /// # Errors
    /// When there is no Python 3, or the package cannot be installed.
    pub(crate) fn ensure_python_tool(&self, tool: &PythonTool) -> anyhow::Result<PathBuf> {
        let environment = self
            .directory
            .join("python")
            .join(format!("{}-{}", tool.package, tool.version));
        let programs = environment.join("bin");
        let complete = environment.join(COMPLETE);
        // Tests run side by side, and the first one installs.
        fs::create_dir_all(self.directory.join("python"))?;
        let lock = File::create(environment.with_added_extension("lock"))?;
        lock.lock()?;
        if !complete.exists() {
            let mut make = Command::new("python3");
            make.args(["-m", "venv", "--clear"]).arg(&environment);
            if run(&mut make).is_err() {
                // Debian's python3 comes without the module.
                ensure_debian_packages(&["python3", "python3-venv"])?;
                run(&mut make)?;
            }
            run(Command::new(programs.join("pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("{}=={}", tool.package, tool.version)))?;
            fs::write(&complete, "")?;
        }
        Ok(programs.join(tool.executable))
    }
}
