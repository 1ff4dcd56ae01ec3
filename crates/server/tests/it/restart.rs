//! The index on disk: a restart goes on from it, and never trusts one that is damaged, nor what is ahead of the store.

use std::path::Path;
use std::time::Duration;

use auth::Role;
use serde_json::{Value, json};

use crate::client::{ask, get};
use crate::process::{Process, command, token};

async fn post(server: &Process, name: &str) {
    let body = json!({"name": name, "organization": "Example Orchestra"});
    let admin = token(Role::Admin, "editor");
    let path = "/api/v1/scholarships";
    let made = ask(server.address, "POST", path, Some(&admin), Some(&body)).await;
    assert_eq!(made.expect("answered").status, 201);
}

async fn total(server: &Process, query: &str) -> Value {
    let answer = get(server.address, &format!("/api/v1/search?q={query}")).await;
    answer.json()["page"]["total"].clone()
}

async fn stop(mut server: Process) {
    server.signal("TERM");
    assert!(server.ended(Duration::from_secs(20)).await.success());
}

/// What a server that has just started logged about the index at the level `info`.
fn start_with_log(folder: &Path) -> (Process, std::path::PathBuf) {
    let log = folder.join("log");
    let file = std::fs::File::create(&log).expect("a file");
    let mut command = command(folder);
    let server = Process::spawn(command.env("LOG_LEVEL", "info").stderr(file));
    (server, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_from_the_index_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(folder.path());
    post(&server, "Xylophone Award").await;
    stop(server).await;
    let file = folder.path().join("var/scholarship-api.db.index");
    assert!(file.exists());

    // Killed after a write that the file does not have.
    let mut server = Process::start(folder.path());
    assert_eq!(total(&server, "xylophone").await, 1);
    post(&server, "Glockenspiel Award").await;
    server.kill();

    let (server, log) = start_with_log(folder.path());
    assert_eq!(total(&server, "xylophone").await, 1);
    assert_eq!(total(&server, "glockenspiel").await, 1);
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("was restored from its file"), "{log}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_has_not_changed_is_not_written_again() {
    let folder = tempfile::tempdir().expect("a folder");
    stop(Process::start(folder.path())).await;
    let file = folder.path().join("var/scholarship-api.db.index");
    let written = || {
        let metadata = std::fs::metadata(&file).expect("a file");
        metadata.modified().expect("a time")
    };
    let before = written();
    // It is written at the start and at the end, or never.
    stop(Process::start(folder.path())).await;
    assert_eq!(written(), before);
    let server = Process::start(folder.path());
    post(&server, "Xylophone Award").await;
    stop(server).await;
    assert!(written() > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_filled_from_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(folder.path());
    post(&server, "Xylophone Award").await;
    stop(server).await;
    let file = folder.path().join("var/scholarship-api.db.index");
    let mut bytes = std::fs::read(&file).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    let (server, log) = start_with_log(folder.path());
    assert_eq!(total(&server, "xylophone").await, 1);
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("is damaged"), "{log}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ahead_of_a_store_that_was_put_back_is_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("var/scholarship-api.db");
    stop(Process::start(folder.path())).await;
    let backup = std::fs::read(&database).expect("a store");
    let server = Process::start(folder.path());
    post(&server, "Xylophone Award").await;
    stop(server).await;
    std::fs::write(&database, backup).expect("put back");
    let (server, log) = start_with_log(folder.path());
    assert_eq!(total(&server, "xylophone").await, 0);
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("put back to an earlier state"), "{log}");
    drop(server);
}
