//! Where the workspace and its build output are, and cargo run inside it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

pub(crate) struct Workspace {
    metadata: Metadata,
    with_tests: bool,
}

impl Workspace {
    /// The workspace that contains the current directory.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new()
            .no_deps()
            .exec()
            .context("cannot read the workspace; run this command inside the repository")?;
        Ok(Self {
            metadata,
            with_tests: false,
        })
    }

    /// Programs are built together with all tests from now on. Once those are built this costs nothing; alone, programs would have their
    /// dependencies built with fewer features, and all again.
    pub(crate) fn with_tests(self) -> Self {
        Self {
            with_tests: true,
            ..self
        }
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Tools are kept below the build output: never committed, gone with it.
    pub(crate) fn tools_directory(&self) -> PathBuf {
        self.metadata
            .target_directory
            .join("tools")
            .into_std_path_buf()
    }

    pub(crate) fn target_directory(&self) -> PathBuf {
        self.metadata.target_directory.clone().into_std_path_buf()
    }

    /// Name and folder of each crate.
    pub(crate) fn crates(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .filter_map(|package| {
                let folder = package.manifest_path.parent()?;
                Some((package.name.as_str(), folder.as_std_path().to_owned()))
            })
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.metadata.workspace_root.clone().into_std_path_buf()
    }

    /// The same cargo as the one that started us, at the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.command(cargo)
    }

    /// The server's binary, built now in the profile of the tests.
    ///
    /// # Errors
    ///
    /// When it cannot be built.
    pub(crate) fn built_server(&self) -> anyhow::Result<PathBuf> {
        Ok(self.built_servers()?.join("scholarship-api"))
    }

    /// The folder with the server and the one for rehearsals. Always both: one alone would have its dependencies built with other
    /// features, and again.
    ///
    /// # Errors
    ///
    /// When they cannot be built.
    pub(crate) fn built_servers(&self) -> anyhow::Result<PathBuf> {
        let arguments: &[&str] = if self.with_tests {
            &["test", "--workspace", "--no-run", "--quiet"]
        } else {
            &[
                "build",
                "--package",
                "server",
                "--package",
                "rehearsal-server",
            ]
        };
        let status = self.cargo().args(arguments).status()?;
        ensure!(status.success(), "the servers cannot be built");
        let folder = self.metadata.target_directory.join("debug");
        Ok(folder.into_std_path_buf())
    }

    /// Where release binaries are after `cargo build --release` of the packages, which happens now.
    pub(crate) fn built_release(&self, packages: &[&str]) -> anyhow::Result<PathBuf> {
        let mut command = self.cargo();
        command.args(["build", "--release"]);
        for package in packages {
            command.args(["--package", package]);
        }
        ensure!(
            command.status()?.success(),
            "the release binaries cannot be built"
        );
        Ok(self
            .metadata
            .target_directory
            .join("release")
            .into_std_path_buf())
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.metadata.workspace_root);
        command
    }
}
