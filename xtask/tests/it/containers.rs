//! The images' root file systems, put together and started. Release binaries are smaller; those of the tests stand in for them.

use std::path::{Path, PathBuf};

use testkit::DatabaseServer;
use testkit::supervised::is_root;

use super::run;

fn program(name: &str) -> String {
    // Tests of the whole workspace build it beside this package's own programs.
    let folder = Path::new(env!("CARGO_BIN_EXE_xtask")).parent();
    folder.expect("a folder").join(name).display().to_string()
}

fn check(database: &str, image: &str, binary: &str, more: &[&str]) -> super::Ran {
    let program = program(binary);
    let mut arguments = vec![
        "container",
        "--image",
        image,
        "--check",
        "--binary",
        &program,
    ];
    arguments.extend(more);
    run(database, &arguments)
}

#[test]
fn the_server_starts_read_only_without_rights_and_ends_in_order() {
    let ran = check(
        "",
        "server",
        "scholarship-api",
        &["--most-megabytes", "120"],
    );
    if !is_root() {
        let said = ran.ended(1);
        assert!(said.contains("run this as root"), "{said}");
        return;
    }
    let said = ran.ended(0);
    for line in [
        "ready after",
        "user 65532:65532, no capabilities, read-only root",
        "after SIGTERM",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn the_tools_migrate_a_database_without_the_repository() {
    if !is_root() {
        let said = check("", "tools", "xtask", &["--most-megabytes", "120"]).ended(1);
        assert!(said.contains("run this as root"), "{said}");
        return;
    }
    let server = DatabaseServer::shared();
    let url = server.url(&server.database());
    let first = check(&url, "tools", "xtask", &["--most-megabytes", "120"]).ended(0);
    assert!(first.contains("made: "), "{first}");
    let again = check(&url, "tools", "xtask", &["--most-megabytes", "120"]).ended(0);
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn an_image_that_is_too_large_is_refused() {
    let said = check("", "server", "scholarship-api", &["--most-megabytes", "5"]).ended(1);
    assert!(said.contains("that is more than 5 MB"), "{said}");
}

#[test]
fn only_what_is_listed_is_in_the_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let rootfs = folder.path().join("rootfs");
    let path = rootfs.display().to_string();
    let server = program("scholarship-api");
    let arguments = [
        "container",
        "--rootfs",
        &path,
        "--binary",
        &server,
        "--most-megabytes",
        "120",
    ];
    run("", &arguments).ended(0);
    let mut found = Vec::new();
    files(&rootfs, &mut found);
    for file in [
        "usr/local/bin/scholarship-api",
        "etc/ssl/certs/ca-certificates.crt",
        "etc/scholarship-api/production.toml",
        "etc/passwd",
        "usr/share/doc/scholarship-api/LICENSE",
    ] {
        assert!(found.contains(&rootfs.join(file)), "{file}: {found:?}");
    }
    // No shell, no package manager, no secret: a program, its libraries, and texts.
    let programs = found
        .iter()
        .filter(|file| file.parent().is_some_and(|folder| folder.ends_with("bin")));
    assert_eq!(programs.count(), 1, "{found:?}");
    assert!(found.len() < 25, "{found:?}");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}
