//! Gates before a real server, and verdicts on a saved snapshot.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use testkit::supervised::{Supervised, free_port};

use super::Ran;

pub(crate) const SECRET: &str = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";

/// A server on the embedded default.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) admin_port: u16,
    _process: Supervised,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With settings as NAME=value.
    pub(crate) fn start_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Tests of the whole workspace build it beside this package's own programs.
        let programs = Path::new(env!("CARGO_BIN_EXE_xtask")).parent();
        let program = programs.expect("a folder").join("scholarship-api");
        let (port, admin_port) = (free_port(), free_port());
        let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
        let arguments = [
            format!("CONFIG_DIR={}", configuration.display()),
            format!("JWT_SECRET={SECRET}"),
            format!("PORT={port}"),
            format!("ADMIN_PORT={admin_port}"),
            "LOG_LEVEL=error".to_owned(),
            program.display().to_string(),
        ];
        let arguments = arguments.iter().map(String::as_str);
        let arguments: Vec<&str> = settings.iter().copied().chain(arguments).collect();
        let process = Supervised::start(None, folder.path(), "env", &arguments);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait_for(address);
        Self {
            address,
            admin_port,
            _process: process,
            _folder: folder,
        }
    }
}

fn wait_for(address: SocketAddr) {
    wait_until(|| is_ready(address));
}

#[expect(clippy::disallowed_methods, reason = "no runtime runs here")]
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        let is_late = begun.elapsed() > Duration::from_secs(60);
        assert!(!is_late, "it is never so");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn gates(target: &str, secret: Option<&str>, further: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["gates", "--target", target]).args(further);
    command.env_remove("JWT_SECRET");
    if let Some(secret) = secret {
        command.env("JWT_SECRET", secret);
    }
    Ran::of(command.output().expect("starts"))
}

#[test]
fn a_good_server_passes_all_gates_but_that_of_the_model_it_has_not() {
    let server = Server::start();
    let target = format!("http://{}", server.address);
    let waived = gates(&target, Some(SECRET), &["--waive", "ai"]).ended(0);
    assert!(
        waived.contains("GO: all gates") && waived.contains("ai waived"),
        "{waived}"
    );
    assert!(waived.contains("429 RATE_LIMITED after"), "{waived}");
    let json = gates(&target, Some(SECRET), &["--format", "json"]).ended(1);
    let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let failed: Vec<_> = report["gates"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|gate| gate["state"] == "failed")
        .map(|gate| gate["name"].clone())
        .collect();
    assert_eq!(failed, ["ai"], "{json}");
    // Nothing can be said with a secret that is not the server's, or with none.
    let strange = gates(&target, Some(&SECRET.replace('k', "K")), &[]).ended(30);
    assert!(strange.contains("JWT_SECRET"), "{strange}");
    let without = gates(&target, None, &[]).ended(30);
    assert!(without.contains("JWT_SECRET is not set"), "{without}");
}

#[test]
fn a_server_that_is_not_there_cannot_be_probed() {
    let target = format!("http://127.0.0.1:{}", free_port());
    let said = gates(&target, Some(SECRET), &[]).ended(30);
    assert!(said.contains("does not answer"), "{said}");
    gates("localhost:5000", Some(SECRET), &[]).ended(2);
    gates(&target, Some(SECRET), &["--waive", "everything"]).ended(2);
}

#[test]
fn a_plan_says_how_long_stages_must_last() {
    let plan = |rps: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        command.args(["rollout", "plan", "--rps", rps]);
        Ran::of(command.output().expect("starts"))
    };
    let plenty = plan("200").ended(0);
    assert!(
        plenty.contains("667") && plenty.contains("2995"),
        "{plenty}"
    );
    assert!(plan("1").ended(1).contains("TOO SHORT"));
}

#[test]
fn what_is_no_snapshot_is_broken_and_never_a_bad_canary() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("snapshot.json");
    std::fs::write(&file, "{}").expect("is written");
    let check = |stage: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        command
            .args(["rollout-check", "--stage", stage, "--snapshot"])
            .arg(&file);
        Ran::of(command.output().expect("starts"))
    };
    let said = check("canary").ended(30);
    assert!(said.contains("is no snapshot"), "{said}");
    let said = check("nowhere").ended(30);
    assert!(said.contains("canary, ramp, full"), "{said}");
}
