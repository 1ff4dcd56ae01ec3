//! Exit codes and messages of a start that cannot be.

use std::process::Output;

use crate::process::{Process, SECRET, command};

fn run(folder: &std::path::Path, variables: &[(&str, &str)], argument: Option<&str>) -> Output {
    let mut command = command(folder);
    command.envs(variables.iter().copied()).args(argument);
    command.output().expect("the binary starts")
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_bad_configuration_ends_with_2_and_tells_every_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &[("PORT", "x"), ("LOG_FORMAT", "xml")], None);
    assert_eq!(output.status.code(), Some(2));
    let text = error(&output);
    assert!(
        text.contains("PORT: must be a port")
            && text.contains("LOG_FORMAT: must be one of json, pretty"),
        "{text}"
    );
}

#[test]
fn check_config_prints_everything_but_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(
        folder.path(),
        &[("APP_ENV", "production")],
        Some("check-config"),
    );
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("HOST=0.0.0.0\n") && text.contains("JWT_SECRET=(set)\n"),
        "{text}"
    );
    assert!(!text.contains(SECRET));
    assert!(
        !folder.path().join("var").exists(),
        "checking makes no store"
    );
}

#[test]
fn a_taken_port_ends_with_1_and_names_the_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Process::start(folder.path());
    let other = tempfile::tempdir().expect("a folder");
    let output = run(
        other.path(),
        &[("PORT", &first.address.port().to_string())],
        None,
    );
    assert_eq!(output.status.code(), Some(1));
    let text = error(&output);
    assert!(
        text.contains(&format!(
            "cannot listen on 127.0.0.1:{}",
            first.address.port()
        )) && text.contains("set PORT"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_no_store_ends_with_1_and_stays_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("letter.txt");
    std::fs::write(
        &path,
        "Dear Sir, this is not a database, however long it may become.",
    )
    .expect("written");
    let output = run(
        folder.path(),
        &[("DATABASE_URL", "sqlite://letter.txt")],
        None,
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("letter.txt"), "{}", error(&output));
    assert!(
        std::fs::read_to_string(&path)
            .expect("there")
            .starts_with("Dear Sir")
    );
}
