//! Tools from crates.io, in the exact versions that the checks were written for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Tools, output_of, run};

pub(crate) struct CargoTool {
    /// The package and its executable.
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The arguments for which it prints its version.
    pub(crate) tells_version: &'static [&'static str],
}

impl Tools {
    /// The path of the tool: ours, else one on `PATH` of the same version, else one compiled now.
    ///
    /// # Errors
    /// When the tool has to be compiled and that fails.
    pub(crate) fn ensure_cargo_tool(&self, tool: &CargoTool) -> anyhow::Result<PathBuf> {
        let own = self.directory.join("bin").join(tool.name);
        for candidate in [own.as_path(), Path::new(tool.name)] {
            if tool.is(candidate) {
                return Ok(candidate.to_owned());
            }
        }
        // A folder of its own, so that a build cut short goes on where it stopped, whatever CARGO_TARGET_DIR says.
        let build = self.directory.join("build");
        // They run for seconds: what optimising them costs is never earned back.
        run(Command::new("cargo")
            .args(["install", "--locked", "--force", "--debug", "--root"])
            .arg(&self.directory)
            .arg("--target-dir")
            .arg(&build)
            .arg(format!("{}@{}", tool.name, tool.version))
            .env("CARGO_PROFILE_DEV_DEBUG", "none"))?;
        fs::remove_dir_all(&build)?;
        Ok(own)
    }
}

impl CargoTool {
    fn is(&self, executable: &Path) -> bool {
        output_of(Command::new(executable).args(self.tells_version))
            .is_some_and(|text| text.split_whitespace().any(|word| word == self.version))
    }
}
