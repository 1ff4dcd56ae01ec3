//! Everything that is in an image, and nothing else: this is the one list of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::Variant;
use crate::tools::quiet;

/// Folders that an engine mounts something on.
const MOUNTED: [&str; 3] = ["dev", "proc", "sys"];
/// Where anybody may write, where a volume makes it possible.
pub(super) const WRITABLE: [&str; 2] = ["data", "tmp"];
pub(super) const PROGRAMS: &str = "usr/local/bin";
const CONFIGURATION: &str = "etc/scholarship-api";
const DOCUMENTS: &str = "usr/share/doc/scholarship-api";
/// Whom the programs trust, at the place where they look.
const AUTHORITIES: &str = "etc/ssl/certs/ca-certificates.crt";
/// Who the user is, for programs that ask; and how names are found.
const TEXTS: [(&str, &str); 3] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/:/sbin/nologin\nscholarship:x:65532:65532:scholarship:/data:/sbin/nologin\n",
    ),
    ("etc/group", "root:x:0:\nscholarship:x:65532:\n"),
    (
        "etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files dns\n",
    ),
];

pub(super) fn program(variant: Variant) -> &'static str {
    match variant {
        Variant::Server => "scholarship-api",
        Variant::Tools => "xtask",
    }
}

/// Of the repository's folder `config`.
fn configuration(variant: Variant) -> &'static [&'static str] {
    match variant {
        Variant::Server => &[
            "default.toml",
            "development.toml",
            "models.toml",
            "production.toml",
            "search.toml",
            "staging.toml",
            "synonyms.txt",
        ],
        Variant::Tools => &["rollout.toml"],
    }
}

/// Puts the root file system of an image into a folder that does not exist or is empty. The program is copied without its symbols,
/// with the shared libraries that it needs on this machine.
///
/// # Errors
/// Something that belongs into it is not there, or the folder holds something.
pub(super) fn assemble(
    root: &Path,
    folder: &Path,
    variant: Variant,
    binary: &Path,
    sbom: Option<&Path>,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    ensure!(
        fs::read_dir(folder)?.next().is_none(),
        "{} is not empty",
        folder.display()
    );
    for name in MOUNTED {
        fs::create_dir(folder.join(name))?;
    }
    for name in WRITABLE {
        fs::create_dir(folder.join(name))?;
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o1777))?;
    }
    for (path, text) in TEXTS {
        fs::write(made(folder, path)?, text)?;
    }
    let program = format!("{PROGRAMS}/{}", program(variant));
    copy(binary, &made(folder, &program)?, 0o755)?;
    quiet(Command::new("strip").arg(folder.join(program)))?;
    for library in libraries(binary)? {
        let path = library.to_str().context("no UTF-8")?;
        copy(
            &library,
            &made(folder, path.trim_start_matches('/'))?,
            0o755,
        )?;
    }
    copy(
        &Path::new("/").join(AUTHORITIES),
        &made(folder, AUTHORITIES)?,
        0o644,
    )?;
    for name in configuration(variant) {
        let target = made(folder, &format!("{CONFIGURATION}/{name}"))?;
        copy(&root.join("config").join(name), &target, 0o644)?;
    }
    copy(
        &root.join("LICENSE"),
        &made(folder, &format!("{DOCUMENTS}/LICENSE"))?,
        0o644,
    )?;
    if let Some(sbom) = sbom {
        copy(
            sbom,
            &made(folder, &format!("{DOCUMENTS}/sbom.cdx.json"))?,
            0o644,
        )?;
    }
    Ok(())
}

/// A path below the folder, whose own folders exist from now on.
fn made(folder: &Path, path: &str) -> anyhow::Result<PathBuf> {
    let target = folder.join(path);
    let parent = target.parent().context("it is no path")?;
    fs::create_dir_all(parent)?;
    Ok(target)
}

fn copy(from: &Path, to: &Path, mode: u32) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("{} cannot be copied", from.display()))?;
    fs::set_permissions(to, Permissions::from_mode(mode))?;
    Ok(())
}

/// What the dynamic loader would load, the loader itself included; nothing for a static program.
fn libraries(binary: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(binary).output().context("ldd")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    if [&text, &said]
        .iter()
        .any(|text| text.contains("statically linked") || text.contains("not a dynamic"))
    {
        return Ok(Vec::new());
    }
    ensure!(output.status.success(), "ldd {}: {said}", binary.display());
    paths(&text)
}

/// Of lines such as `libm.so.6 => /lib/libm.so.6 (0x7f..)` and `/lib64/ld-linux.so.2 (0x7f..)`.
fn paths(ldd: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for line in ldd.lines() {
        if line.contains("not found") {
            bail!("a library is missing: {}", line.trim());
        }
        let path = line.split_whitespace().find(|word| word.starts_with('/'));
        paths.extend(path.map(PathBuf::from));
    }
    ensure!(!paths.is_empty(), "ldd names no library");
    Ok(paths)
}

/// What the files take, in millions of bytes.
pub(super) fn megabytes(folder: &Path) -> anyhow::Result<f64> {
    let mut bytes: u64 = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += about.len();
            }
        }
    }
    // Exact up to 2^53 bytes.
    #[expect(clippy::cast_precision_loss, reason = "no image is that large")]
    let bytes = bytes as f64;
    Ok(bytes / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_and_missing_ones_refused() {
        let text = "\tlinux-vdso.so.1 (0x00007f)\n\tlibm.so.6 => /lib/x/libm.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let wanted = ["/lib/x/libm.so.6", "/lib64/ld-linux-x86-64.so.2"].map(PathBuf::from);
        assert_eq!(paths(text).unwrap(), wanted);
        let error = paths("\tlibpq.so.5 => not found\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("libpq"), "{error}");
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "12345").unwrap();
        let error = assemble(
            folder.path(),
            folder.path(),
            Variant::Server,
            Path::new("/bin/true"),
            None,
        );
        assert!(error.unwrap_err().to_string().contains("is not empty"));
        assert!((megabytes(folder.path()).unwrap() - 5e-6).abs() < 1e-12);
    }
}
