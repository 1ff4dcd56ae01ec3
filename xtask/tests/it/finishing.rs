//! Releases that are done and become the stable version, through a real HAProxy that starts again afterwards.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use chrono::{DateTime, Utc};
use rollout::Policy;
use rollout::history::Head;
use rollout::machine::{Phase, Plan, Release, State};
use rollout::traffic::{Controller as _, Weights};

use super::Ran;
use super::gates::wait_until;
use super::rolling_back::{START, World};

const POLICY: &str = include_str!("../../../config/rollout.toml");
/// HAProxy's names for the places of the stable version.
const PLACES: [&str; 2] = ["stable-1", "stable-2"];

/// Both places run the old version, and the canary has all traffic of a release that is done.
fn done() -> World {
    let world = World::with_stable(PLACES);
    let release = Release {
        canary: "2".to_owned(),
        stable: "1".to_owned(),
    };
    let plan = Plan::of(&Policy::parse(POLICY).expect("it is shipped"));
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let before = (Head::default(), Weights::ALL_STABLE);
    let mut state = State::started(release, plan, ("ada", "a test"), before, at);
    state.phase = Phase::Done { at };
    let directory = world.path("rollout");
    std::fs::create_dir(&directory).expect("is made");
    std::fs::write(directory.join("state.json"), state.to_json()).expect("is written");
    let all = world.router().set(Weights::ALL_CANARY);
    all.expect("HAProxy does it");
    world
}

impl World {
    fn finish(&self, further: &[&str]) -> Ran {
        let mut command = self.through_haproxy(&["rollout", "finish", "--operator", "eve"]);
        command.args(["--reason", "it is good"]).args(further);
        Ran::of(command.output().expect("starts"))
    }

    /// A finish that is upgrading its first place now, and would take a minute for it.
    fn finishing(&self) -> Child {
        let begun = self.path("begun");
        let upgrade = format!("touch {}; sleep 60; {}", begun.display(), self.upgrade());
        let mut command = self.through_haproxy(&["rollout", "finish", "--operator", "eve"]);
        let finish = command
            .args(["--reason", "it is good", "--upgrade", &upgrade])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        wait_until(|| begun.exists());
        finish
    }

    /// Installs whatever is asked for, and writes down for whom.
    fn upgrade(&self) -> String {
        let folder = self.path("").display().to_string();
        format!(
            "printf %s $VERSION > {folder}/$SERVER-version; echo $SERVER $ADDRESS >> {folder}/upgraded"
        )
    }

    fn upgraded(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("upgraded")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The versions that answer some requests of users.
    fn answering(&self) -> Vec<String> {
        let mut versions: Vec<String> = (0..20).map(|_| self.ask()).collect();
        versions.sort();
        versions.dedup();
        versions
    }

    fn ask(&self) -> String {
        let mut client =
            TcpStream::connect(("127.0.0.1", self.haproxy.public())).expect("HAProxy listens");
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("it answers");
        answer
            .split('"')
            .rev()
            .nth(1)
            .expect("a version")
            .to_owned()
    }
}

#[test]
fn the_new_version_takes_the_places_of_the_old_one_and_stays_when_haproxy_starts_again() {
    let mut world = done();
    let start = |world: &World, canary: &str| {
        let mut words = START;
        words[3] = canary;
        Ran::of(world.through_haproxy(&words).output().expect("starts"))
    };
    let early = start(&world, "3").ended(1);
    assert!(
        early.contains("the canary has 100 % of the traffic") && early.contains("rollout finish"),
        "{early}"
    );
    let stop = format!("touch {}", world.path("ended").display());
    let upgrade = world.upgrade();
    let options = [
        "--upgrade",
        upgrade.as_str(),
        "--stop-canary",
        stop.as_str(),
    ];
    let said = world.finish(&options).ended(0);
    assert!(said.contains("FINISHED: 2 is the stable version"), "{said}");
    let upgraded = world.upgraded();
    let overview = world.router().overview().expect("HAProxy answers");
    let expected = overview.stable.servers.iter().map(|server| {
        let address = server.address.expect("this socket may know");
        format!("{} {address}", server.name)
    });
    assert_eq!(upgraded, expected.collect::<Vec<_>>());
    assert!(world.path("ended").exists());
    assert_eq!(world.weights(), Weights::ALL_STABLE);
    assert_eq!(world.answering(), ["2"]);
    assert!(world.history().contains("settled by eve: it is good"));

    world.haproxy.restart();
    world.wait_until_all_are_ready();
    assert_eq!(world.weights(), Weights::ALL_STABLE);
    assert_eq!(world.answering(), ["2"]);

    // Once more changes nothing, and there is no way back but another release.
    let records = world.history().lines().count();
    world.finish(&options).ended(0);
    assert_eq!(world.upgraded(), upgraded);
    assert_eq!(world.history().lines().count(), records);
    let run = world
        .through_haproxy(&["rollout", "run", "--prometheus", "http://127.0.0.1:1"])
        .output();
    let said = Ran::of(run.expect("starts")).ended(0);
    assert!(said.contains("done and finished"), "{said}");
    let said = world.rollback(&[]).ended(1);
    assert!(said.contains("rollout start --canary 1"), "{said}");
}

#[test]
fn a_place_that_is_not_the_new_version_gets_no_traffic() {
    let world = done();
    let said = world.finish(&["--upgrade", "exit 3"]).ended(1);
    assert!(
        said.contains("--upgrade ended with exit status: 3") && said.contains("stable-1"),
        "{said}"
    );
    // It claims to have upgraded the second one.
    let half = format!("[ $SERVER = stable-2 ] || {{ {}; }}", world.upgrade());
    let said = world
        .finish(&["--upgrade", &half, "--timeout", "1s"])
        .ended(1);
    assert!(
        said.contains("stable-1 (") && said.contains("is 1: the traffic was left as it is"),
        "{said}"
    );
    assert_eq!(world.weights(), Weights::ALL_CANARY);
    assert_eq!(world.answering(), ["2"]);
    assert_eq!(world.phase(), "done");
    // The first one is not upgraded again.
    world.finish(&["--upgrade", &world.upgrade()]).ended(0);
    let upgraded = world.upgraded();
    let places: Vec<_> = upgraded.iter().map(|line| line.split(' ').next()).collect();
    assert_eq!(places, PLACES.map(Some));
}

/// It sends everything to the old version then: that must not be upgraded under its users.
#[test]
fn a_haproxy_that_started_again_before_gives_the_canary_all_traffic_first() {
    let mut world = done();
    world.haproxy.restart();
    world.wait_until_all_are_ready();
    assert_eq!(world.answering(), ["1"]);
    let said = world.finish(&["--upgrade", "exit 3"]).ended(1);
    assert!(
        said.contains("the canary did not have all traffic"),
        "{said}"
    );
    assert_eq!(world.weights(), Weights::ALL_CANARY);
    world.finish(&["--upgrade", &world.upgrade()]).ended(0);
    assert_eq!(world.answering(), ["2"]);
}

#[test]
fn a_person_who_splits_the_traffic_is_waited_for() {
    let world = done();
    let confirm = |percent: &str| {
        let mut command = world.xtask(&["rollout", "confirm", "--canary-percent", percent]);
        Ran::of(command.output().expect("starts")).ended(0);
    };
    confirm("100");
    let mut finish = world.xtask(&["rollout", "finish", "--operator", "eve", "--manual"]);
    let finish = finish
        .args(["--reason", "it is good"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let lock = world.path("rollout/lock");
    wait_until(|| std::fs::read_to_string(&lock).is_ok_and(|id| !id.is_empty()));
    confirm("0");
    let said = Ran::of(finish.wait_with_output().expect("ends")).ended(0);
    assert!(said.contains("FINISHED: 2 is the stable version"), "{said}");
}

#[test]
fn a_release_that_goes_on_is_not_finished() {
    let world = World::with_stable(PLACES);
    world.left_off();
    let said = world.finish(&["--upgrade", &world.upgrade()]).ended(1);
    assert!(
        said.contains("is not done but stage canary at 5 %"),
        "{said}"
    );
    assert!(world.upgraded().is_empty());
    assert_eq!(world.weights().canary(), 5);
}

#[test]
fn a_rollback_that_is_asked_for_meanwhile_stops_it() {
    let world = done();
    let finish = world.finishing();
    world.rollback(&[]).ended(0);
    let said = Ran::of(finish.wait_with_output().expect("ends")).ended(1);
    assert!(
        said.contains("somebody asks for something else meanwhile"),
        "{said}"
    );
    assert!(world.upgraded().is_empty());
    assert_eq!(world.phase(), "rolled_back");
    assert_eq!(world.weights(), Weights::ALL_STABLE);
    assert_eq!(world.answering(), ["1"]);
}

#[test]
fn a_weight_that_somebody_changes_meanwhile_stays_and_stops_it() {
    let world = done();
    let finish = world.finishing();
    let all = world.router().set(Weights::ALL_STABLE);
    all.expect("HAProxy does it");
    let said = Ran::of(finish.wait_with_output().expect("ends")).ended(1);
    assert!(said.contains("the canary has 0 % of the traffic"), "{said}");
    assert!(world.upgraded().is_empty());
    assert_eq!(world.weights(), Weights::ALL_STABLE);
    assert_eq!(world.phase(), "done");
}

/// The router would send every second request to the version that is taken back.
#[test]
fn a_rollback_after_half_a_finish_takes_out_what_is_new_already() {
    let world = done();
    std::fs::write(world.path("stable-2-version"), "2").expect("is written");
    let said = world.rollback(&[]).ended(0);
    assert!(
        said.contains("stable-2 had 2 already and is in maintenance"),
        "{said}"
    );
    let overview = world.router().overview().expect("HAProxy answers");
    assert_eq!(overview.stable.ready(), 1);
    assert_eq!(world.answering(), ["1"]);
    assert_eq!(world.phase(), "rolled_back");
}

/// The place is the new version already: installing it once more would not make it ready.
#[test]
fn a_place_of_the_new_version_is_waited_for_and_not_upgraded_again() {
    let world = done();
    std::fs::write(world.path("stable-1-version"), "2").expect("is written");
    std::fs::remove_file(world.path("stable-1-ready")).expect("is there");
    wait_until(|| {
        let overview = world.router().overview();
        overview.is_ok_and(|found| found.stable.ready() == 1)
    });
    let upgrade = world.upgrade();
    let said = world
        .finish(&["--upgrade", &upgrade, "--timeout", "1s"])
        .ended(1);
    assert!(said.contains("readyz says 503"), "{said}");
    assert!(world.upgraded().is_empty());
    std::fs::write(world.path("stable-1-ready"), "").expect("is written");
    world.finish(&["--upgrade", &upgrade]).ended(0);
    let upgraded = world.upgraded();
    assert_eq!(upgraded.len(), 1, "{upgraded:?}");
    assert!(upgraded[0].starts_with("stable-2 "), "{upgraded:?}");
}
