//! `cargo xtask container`: the root file systems of the images, put together by the same code wherever they are built, and started
//! where no container engine runs.

mod compose;
mod image;
mod rootfs;
#[cfg(test)]
mod tests;
mod trial;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};

use crate::tools::{HADOLINT, Tools, quiet};
use crate::workspace::Workspace;
use image::Image;

const DOCKERFILE: &str = "deploy/container/Dockerfile";

/// Which of the two images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Variant {
    /// What answers requests
    Server,
    /// What operators run
    Tools,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask container --lint                        the Dockerfile and the compose file
  cargo xtask container --check                       build the release binary, put it together, start it
  cargo xtask container --image tools --check         the same for the commands of operators; DATABASE_URL: migrate that database
  cargo xtask container --rootfs target/image         only put it together

--check mounts and changes the root directory, so it must be run by root.")]
pub(crate) struct Arguments {
    #[arg(long, value_enum, default_value_t = Variant::Server)]
    image: Variant,
    /// Lint the Dockerfile and the compose file
    #[arg(long)]
    lint: bool,
    /// Start what was put together: read-only, as the image's user, without any right
    #[arg(long)]
    check: bool,
    /// Where to put it together: a folder that does not exist, or is empty
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["check", "lint"])]
    rootfs: Option<PathBuf>,
    /// The program; built for release when it is not given
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// What it is made of, as `cargo xtask sbom` writes it
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
    /// The most that the root file system may take, in millions of bytes
    #[arg(long, value_name = "MB", default_value_t = 60.0)]
    most_megabytes: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    if arguments.lint {
        lint(&workspace)?;
    }
    if arguments.check || arguments.rootfs.is_some() {
        make(&workspace, arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// What hadolint, the compose file's parser or a test of ours finds.
pub(crate) fn lint(workspace: &Workspace) -> anyhow::Result<()> {
    let hadolint = Tools::of(workspace).ensure_python_tool(&HADOLINT)?;
    quiet(workspace.command(hadolint).args(["--no-color", DOCKERFILE]))?;
    compose::lint(workspace)?;
    println!("{DOCKERFILE} and {} are well-formed", compose::FILE);
    Ok(())
}

fn make(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = match &arguments.rootfs {
        Some(folder) => folder.clone(),
        None => temporary.path().join("rootfs"),
    };
    let variant = arguments.image;
    let binary = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => built(workspace, variant)?,
    };
    rootfs::assemble(
        &workspace.root(),
        &folder,
        variant,
        &binary,
        arguments.sbom.as_deref(),
    )?;
    let megabytes = rootfs::megabytes(&folder)?;
    println!("{}: {megabytes:.1} MB", folder.display());
    ensure!(
        megabytes <= arguments.most_megabytes,
        "that is more than {} MB",
        arguments.most_megabytes
    );
    if arguments.check {
        let image = image_of(&workspace.root(), variant)?;
        trial::run(&image, &folder, variant)?;
    }
    Ok(())
}

fn built(workspace: &Workspace, variant: Variant) -> anyhow::Result<PathBuf> {
    // Both, as the Dockerfile does.
    let folder = workspace.built_release(&["server", "xtask"])?;
    Ok(folder.join(rootfs::program(variant)))
}

/// What the Dockerfile says of the image.
fn image_of(root: &Path, variant: Variant) -> anyhow::Result<Image> {
    let path = root.join(DOCKERFILE);
    let text = std::fs::read_to_string(&path).context(DOCKERFILE)?;
    Image::parse(&text, stage(variant)).context(DOCKERFILE)
}

fn stage(variant: Variant) -> &'static str {
    match variant {
        Variant::Server => "server",
        Variant::Tools => "tools",
    }
}
