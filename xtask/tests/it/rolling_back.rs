//! Releases that are taken back, through a real HAProxy, with and without a process that drives them.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use adapter_haproxy::{HaProxy, Settings};
use rollout::traffic::{Controller as _, Weights};
use testkit::PrivateHaproxy;

use super::Ran;
use super::gates::wait_until;

/// Answers every request with the version that the file `<name>-version` says, if it is there: with 503 to `/readyz` while there is no
/// `<name>-ready`, with 421 to `/` while there is a `<name>-refuses`, otherwise with 200.
pub(crate) fn server(folder: &Path, name: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    let port = listener.local_addr().expect("it is bound").port();
    let [readiness, version, refuses] =
        ["ready", "version", "refuses"].map(|what| folder.join(format!("{name}-{what}")));
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let reader = BufReader::new(client.try_clone().expect("a socket"));
            let mut head = reader.lines().map_while(Result::ok);
            let first = head.next().unwrap_or_default();
            // To the empty line.
            let _ = head.find(String::is_empty);
            let is_away = first.contains(" /readyz ") && !readiness.exists();
            let is_refused = first.starts_with("GET / ") && refuses.exists();
            let (status, version) = match (is_away, is_refused) {
                (true, _) => (503, None),
                (false, true) => (421, None),
                (false, false) => (200, std::fs::read_to_string(&version).ok()),
            };
            let body = serde_json::json!({ "version": version }).to_string();
            let length = body.len();
            let _ = write!(
                client,
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    port
}

/// Begins a release. Its telemetry is away.
pub(crate) const START: [&str; 12] = [
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

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) haproxy: PrivateHaproxy,
    stable: u16,
}

impl World {
    /// Both versions are ready, and all traffic is the stable one's.
    fn start() -> Self {
        // Both places of the stable version are its one server.
        Self::with_stable(["old", "old"])
    }

    /// With servers of these names in the places of the stable version.
    pub(crate) fn with_stable(names: [&str; 2]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let begin = |name: &str, version: &str| {
            for (what, text) in [("ready", ""), ("version", version)] {
                let path = folder.path().join(format!("{name}-{what}"));
                std::fs::write(path, text).expect("is written");
            }
            server(folder.path(), name)
        };
        let stable = names.map(|name| begin(name, "1"));
        let canary = begin("new", "2");
        let world = Self {
            haproxy: PrivateHaproxy::start(&stable, canary, "100ms"),
            folder,
            stable: stable[0],
        };
        world.wait_until_all_are_ready();
        world
    }

    pub(crate) fn wait_until_all_are_ready(&self) {
        wait_until(|| {
            let overview = self.router().overview();
            overview.is_ok_and(|found| found.stable.ready() == 2 && found.canary.ready() == 1)
        });
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn router(&self) -> HaProxy {
        let address = self.haproxy.socket();
        HaProxy::new(Settings::new(address.parse().expect("a path"))).expect("good settings")
    }

    pub(crate) fn weights(&self) -> Weights {
        self.router().weights().expect("HAProxy answers")
    }

    pub(crate) fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .args(arguments)
            .arg("--directory")
            .arg(self.path("rollout"));
        command
    }

    pub(crate) fn through_haproxy(&self, arguments: &[&str]) -> Command {
        let mut command = self.xtask(arguments);
        command.arg("--haproxy").arg(self.haproxy.socket());
        command
    }

    /// A process that drives a release, in its first stage. Its telemetry is away.
    fn driven(&self) -> Child {
        let driver = self.begun(&mut self.through_haproxy(&START));
        assert_eq!(self.weights().canary(), 5);
        driver
    }

    /// The process that this command starts, once the release is in its first stage.
    fn begun(&self, start: &mut Command) -> Child {
        let path = self.path("driver.log");
        let log = File::create(&path).expect("is made");
        let mut driver = (start.stdout(Stdio::null()).stderr(log))
            .spawn()
            .expect("starts");
        wait_until(|| {
            let ended = driver.try_wait().expect("can be asked");
            let said = || std::fs::read_to_string(&path).unwrap_or_default();
            assert!(ended.is_none(), "{ended:?}: {}", said());
            self.phase() == "running"
        });
        driver
    }

    /// A release that was left off in its first stage.
    pub(crate) fn left_off(&self) {
        let mut driver = self.driven();
        driver.kill().expect("is killed");
        driver.wait().expect("has ended");
    }

    pub(crate) fn phase(&self) -> String {
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

    pub(crate) fn rollback(&self, further: &[&str]) -> Ran {
        let old = format!("http://127.0.0.1:{}", self.stable);
        let mut command =
            self.through_haproxy(&["rollback", "--reason", "errors", "--operator", "eve"]);
        command.args(["--old", &old]).args(further);
        Ran::of(command.output().expect("starts"))
    }

    pub(crate) fn history(&self) -> String {
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

#[test]
fn a_version_that_was_rolled_back_begins_again_only_when_that_is_meant() {
    let world = World::start();
    world.left_off();
    world.rollback(&[]).ended(0);
    let run = world
        .through_haproxy(&["rollout", "run", "--prometheus", "http://127.0.0.1:1"])
        .output();
    let said = Ran::of(run.expect("starts")).ended(20);
    assert!(said.contains("the release of 2 is rolled back"), "{said}");
    let start = world.through_haproxy(&START).output().expect("starts");
    let said = Ran::of(start).ended(1);
    assert!(
        said.contains("the last release of 2 was rolled back"),
        "{said}"
    );
    let records = world.history().lines().count();
    let mut again = world.begun(world.through_haproxy(&START).arg("--again"));
    again.kill().expect("is killed");
    again.wait().expect("has ended");
    assert!(world.history().lines().count() > records);
}

#[test]
fn servers_of_another_version_are_no_way_back() {
    let world = World::start();
    world.left_off();
    std::fs::write(world.path("old-version"), "0.9").expect("is written");
    let stop = format!("touch {}", world.path("ended").display());
    let said = world.rollback(&["--stop-new", &stop]).ended(2);
    assert!(
        said.contains("is 0.9, but the old version of this release is 1"),
        "{said}"
    );
    assert_eq!(world.weights().canary(), 5);
    assert_eq!(world.phase(), "running");
    assert!(!world.path("ended").exists());
    std::fs::write(world.path("old-version"), "1").expect("is written");
    world.rollback(&[]).ended(0);
}

/// As those with `ALLOWED_HOSTS` do, which are asked by their address here.
#[test]
fn servers_that_refuse_everything_but_probes_are_gone_back_to() {
    let world = World::start();
    world.left_off();
    std::fs::write(world.path("old-refuses"), "").expect("is written");
    let said = world.rollback(&[]).ended(0);
    assert!(said.contains("1 of 1 ready with 1"), "{said}");
    assert!(!said.contains("WARNING"), "{said}");
    assert_eq!(world.weights(), Weights::ALL_STABLE);
}

#[test]
fn servers_that_do_not_say_their_version_are_gone_back_to_with_a_warning() {
    let world = World::start();
    world.left_off();
    std::fs::remove_file(world.path("old-version")).expect("is there");
    let json = world.rollback(&["--format", "json"]).ended(0);
    let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["outcome"], "done");
    let warnings: Vec<&str> = report["warnings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    // The one of `--old`, and both places.
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings.iter().all(|one| one.contains("is 1 is unknown")),
        "{warnings:?}"
    );
    assert_eq!(world.weights(), Weights::ALL_STABLE);
}

#[test]
fn a_release_beside_another_version_than_it_names_does_not_begin() {
    let world = World::start();
    std::fs::write(world.path("old-version"), "0.9").expect("is written");
    let start = world.through_haproxy(&START).output().expect("starts");
    let said = Ran::of(start).ended(1);
    assert!(
        said.contains("--stable is 1, but stable-1") && said.contains("0.9"),
        "{said}"
    );
    assert!(!world.path("rollout/state.json").exists());
    assert_eq!(world.weights(), Weights::ALL_STABLE);
}
