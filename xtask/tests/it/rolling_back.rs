//! Releases that are taken back, through a real HAProxy, with and without a process that drives them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use adapter_haproxy::{HaProxy, Settings};
use rollout::traffic::{Controller as _, Weights};
use testkit::PrivateHaproxy;

use super::Ran;
use super::gates::wait_until;

/// Answers every request: 503 to `/readyz` while this file is not there, otherwise 200.
fn server(readiness: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let reader = BufReader::new(client.try_clone().expect("a socket"));
            let mut head = reader.lines().map_while(Result::ok);
            let first = head.next().unwrap_or_default();
            // To the empty line.
            let _ = head.find(String::is_empty);
            let is_away = first.contains(" /readyz ") && !readiness.exists();
            let status = if is_away { 503 } else { 200 };
            let _ = write!(
                client,
                "HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
            );
        }
    });
    port
}

/// Begins a release. Its telemetry is away.
const START: [&str; 12] = [
    "rollout",
    "start",
    "--canary",
    "2",
    "--stable",
    "1",
    "--reason",
    "a test",
    "--operator",
    "ada",
    "--prometheus",
    "http://127.0.0.1:1",
];

struct World {
    folder: tempfile::TempDir,
    haproxy: PrivateHaproxy,
    stable: u16,
}

impl World {
    /// Both versions are ready, and all traffic is the stable one's.
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["old-ready", "new-ready"] {
            std::fs::write(path(name), "").expect("is written");
        }
        let (stable, canary) = (server(path("old-ready")), server(path("new-ready")));
        // Both places of the stable version are its one server.
        let haproxy = PrivateHaproxy::start([stable; 2], canary, "100ms");
        let world = Self {
            folder,
            haproxy,
            stable,
        };
        wait_until(|| {
            let overview = world.router().overview();
            overview.is_ok_and(|found| found.stable.ready() == 2 && found.canary.ready() == 1)
        });
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn router(&self) -> HaProxy {
        let address = self.haproxy.socket();
        HaProxy::new(Settings::new(address.parse().expect("a path"))).expect("good settings")
    }

    fn weights(&self) -> Weights {
        self.router().weights().expect("HAProxy answers")
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .args(arguments)
            .arg("--directory")
            .arg(self.path("rollout"));
        command
    }

    fn through_haproxy(&self, arguments: &[&str]) -> Command {
        let mut command = self.xtask(arguments);
        command.arg("--haproxy").arg(self.haproxy.socket());
        command
    }

    /// A process that drives a release, in its first stage. Its telemetry is away.
    fn driven(&self) -> Child {
        let driver = self
            .through_haproxy(&START)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        wait_until(|| self.phase() == "running");
        assert_eq!(self.weights().canary(), 5);
        driver
    }

    /// A release that was left off in its first stage.
    fn left_off(&self) {
        let mut driver = self.driven();
        driver.kill().expect("is killed");
        driver.wait().expect("has ended");
    }

    fn phase(&self) -> String {
        let output = self
            .xtask(&["rollout", "status", "--format", "json"])
            .output();
        let output = output.expect("starts").stdout;
        let status: serde_json::Value = serde_json::from_slice(&output).unwrap_or_default();
        status["phase"]["kind"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    fn rollback(&self, further: &[&str]) -> Ran {
        let old = format!("http://127.0.0.1:{}", self.stable);
        let mut command =
            self.through_haproxy(&["rollback", "--reason", "errors", "--operator", "eve"]);
        command.args(["--old", &old]).args(further);
        Ran::of(command.output().expect("starts"))
    }

    fn history(&self) -> String {
        let verified = self.xtask(&["rollout", "verify-history"]).output();
        Ran::of(verified.expect("starts")).ended(0);
        let shown = Ran::of(
            self.xtask(&["rollout", "history"])
                .output()
                .expect("starts"),
        );
        shown.ended(0)
    }
}

#[test]
fn the_process_that_drives_is_asked_and_ends() {
    let world = World::start();
    let mut driver = world.driven();
    let json = world.rollback(&["--format", "json"]).ended(0);
    let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["outcome"], "done");
    assert_eq!((&report["from"], &report["to"]), (&"2".into(), &"1".into()));
    let states: Vec<_> = report["steps"].as_array().expect("a list").iter().collect();
    let states: Vec<_> = states.iter().map(|step| step["state"].clone()).collect();
    assert_eq!(states, ["done", "done", "done", "to_do"], "{json}");
    assert!(report["seconds"].as_f64().expect("a number") < 60.0);
    assert_eq!(driver.wait().expect("has ended").code(), Some(20));
    assert_eq!(world.weights(), Weights::ALL_STABLE);
    let history = world.history();
    assert!(
        history.contains("by eve: errors") && history.contains("rolled back"),
        "{history}"
    );
}

#[test]
fn the_old_version_is_started_first_and_the_new_one_ended_last() {
    let world = World::start();
    world.left_off();
    std::fs::remove_file(world.path("old-ready")).expect("is there");
    let start = format!("touch {}", world.path("old-ready").display());
    let stop = format!(
        "cp {} {}",
        world.path("rollout/state.json").display(),
        world.path("ended").display()
    );
    let said = world
        .rollback(&["--start-old", &start, "--stop-new", &stop])
        .ended(0);
    assert!(
        said.contains("ROLLED BACK from 2 to 1 in ") && said.contains("(target: 15m)"),
        "{said}"
    );
    assert_eq!(world.weights(), Weights::ALL_STABLE);
    let when_ended = std::fs::read_to_string(world.path("ended")).expect("it was ended");
    assert!(when_ended.contains("\"rolled_back\""), "{when_ended}");
    // Once more changes nothing.
    let records = world.history().lines().count();
    world.rollback(&[]).ended(0);
    assert_eq!(world.history().lines().count(), records);
}

#[test]
fn without_an_old_version_nothing_is_moved_and_nothing_ended() {
    let world = World::start();
    world.left_off();
    std::fs::remove_file(world.path("old-ready")).expect("is there");
    let stop = format!("touch {}", world.path("ended").display());
    let said = world
        .rollback(&["--timeout", "2s", "--stop-new", &stop])
        .ended(1);
    assert!(said.contains("TO DO: start the old version"), "{said}");
    assert!(said.contains("NOT ROLLED BACK from 2 to 1"), "{said}");
    let said = world
        .rollback(&[
            "--timeout",
            "10s",
            "--start-old",
            "exit 3",
            "--stop-new",
            &stop,
        ])
        .ended(1);
    assert!(
        said.contains("--start-old ended with exit status: 3"),
        "{said}"
    );
    assert_eq!(world.weights().canary(), 5);
    assert!(!world.path("ended").exists());
    assert_eq!(world.phase(), "running");
}

#[test]
fn a_new_version_that_cannot_be_ended_is_said_after_the_traffic_was_moved() {
    let world = World::start();
    world.left_off();
    let said = world.rollback(&["--stop-new", "exit 4"]).ended(1);
    assert!(
        said.contains("FAILED  new version down")
            && said.contains("the old version has all traffic"),
        "{said}"
    );
    assert_eq!(world.weights(), Weights::ALL_STABLE);
}

#[test]
fn wrong_usage_and_a_release_that_is_not_there_are_told_apart() {
    let world = World::start();
    let said = world.rollback(&[]).ended(1);
    assert!(said.contains("no release was started"), "{said}");
    world.rollback(&["--old", "localhost:5000"]).ended(2);
    let without = world
        .through_haproxy(&["rollback", "--reason", "errors"])
        .output();
    Ran::of(without.expect("starts")).ended(2);
}

#[test]
fn a_person_who_splits_the_traffic_is_told_and_believed() {
    let world = World::start();
    let confirm = |percent: &str| {
        let mut command = world.xtask(&["rollout", "confirm", "--canary-percent", percent]);
        Ran::of(command.output().expect("starts")).ended(0)
    };
    let quiet = |command: &mut Command| {
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("starts")
    };
    let mut driver = quiet(world.xtask(&START).arg("--manual"));
    wait_until(|| world.phase() == "entering");
    confirm("5");
    wait_until(|| world.phase() == "running");
    driver.kill().expect("is killed");
    driver.wait().expect("has ended");
    let old = format!("http://127.0.0.1:{}", world.stable);
    let rollback = world
        .xtask(&[
            "rollback",
            "--reason",
            "errors",
            "--operator",
            "eve",
            "--old",
            &old,
            "--manual",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    wait_until(|| world.phase() == "rolling_back");
    confirm("0");
    let said = Ran::of(rollback.wait_with_output().expect("ends")).ended(0);
    assert_eq!(
        said.matches("TO DO: send 0 % of the traffic to the canary")
            .count(),
        1,
        "{said}"
    );
    assert!(
        said.contains("you confirmed that it has all traffic"),
        "{said}"
    );
}

#[test]
fn without_verdicts_there_is_nothing_to_judge_again() {
    let world = World::start();
    world.left_off();
    let backtest = world
        .xtask(&["rollout", "backtest"])
        .output()
        .expect("starts");
    let said = Ran::of(backtest).ended(1);
    assert!(said.contains("there is nothing to judge again"), "{said}");
    let unknown = world
        .through_haproxy(&[
            "rollout",
            "run",
            "--prometheus",
            "http://127.0.0.1:1",
            "--until",
            "lunch",
        ])
        .output();
    let said = Ran::of(unknown.expect("starts")).ended(1);
    assert!(said.contains("no stage lunch"), "{said}");
}
