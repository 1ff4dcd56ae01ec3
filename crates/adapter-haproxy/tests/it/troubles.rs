//! A HAProxy that is away, starts again, or is set up otherwise.

use std::error::Error as _;
use std::time::{Duration, Instant};

use adapter_haproxy::{HaProxy, HaProxyError, ServerState, Settings};
use rollout::traffic::{Controller as _, ControllerError, Weights};

use crate::world::World;

fn cause(error: &ControllerError) -> String {
    error.source().expect("it has a cause").to_string()
}

#[test]
fn a_haproxy_that_starts_again_is_noticed() {
    let mut world = World::start();
    let router = world.router();
    router.set(Weights::with_canary(50).unwrap()).unwrap();
    let before = world.overview().process.pid;
    world.haproxy.kill();
    let error = router.weights().unwrap_err();
    assert!(cause(&error).contains("does it run"), "{error}");
    world.begin_again();
    assert_eq!(router.weights().unwrap(), Weights::ALL_STABLE);
    assert_ne!(world.overview().process.pid, before);
    router.set(Weights::with_canary(50).unwrap()).unwrap();
    assert_eq!(router.weights().unwrap().canary(), 50);
}

#[test]
fn a_haproxy_that_stands_still_is_not_waited_for() {
    let world = World::start();
    let mut settings = world.settings();
    settings.patience = Duration::from_millis(300);
    let router = HaProxy::new(settings).unwrap();
    world.haproxy.process().unwrap().signal("STOP");
    let begun = Instant::now();
    let error = router.weights().unwrap_err();
    world.haproxy.process().unwrap().signal("CONT");
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        cause(&error).contains("did not answer"),
        "{}",
        cause(&error)
    );
    world.wait(|overview| overview.weights == Weights::ALL_STABLE);
}

#[test]
fn what_the_configuration_lacks_is_named() {
    let world = World::start();
    let with = |change: fn(&mut Settings)| {
        let mut settings = world.settings();
        change(&mut settings);
        HaProxy::new(settings).unwrap()
    };
    let map = with(|settings| settings.map = "/other.map".to_owned());
    assert!(cause(&map.weights().unwrap_err()).contains("no map \"/other.map\""));
    let key = with(|settings| settings.key = "other".to_owned());
    assert!(cause(&key.weights().unwrap_err()).contains("no single line"));
    let backend = with(|settings| settings.canary = "other".to_owned());
    assert!(cause(&backend.set(Weights::ALL_STABLE).unwrap_err()).contains("no backend \"other\""));
    assert!(matches!(
        backend.overview(),
        Err(HaProxyError::NoBackend { .. })
    ));
}

#[test]
fn servers_taken_out_by_hand_are_not_ready() {
    let world = World::start();
    let command = |text: &str| {
        use std::io::{Read as _, Write as _};
        let mut socket = std::os::unix::net::UnixStream::connect(world.haproxy.socket()).unwrap();
        socket.write_all(format!("{text}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "\n", "{text}");
    };
    for (text, state) in [
        (
            "set server canary/canary-1 state maint",
            ServerState::Maintenance,
        ),
        (
            "set server canary/canary-1 state drain",
            ServerState::Draining,
        ),
        ("set server canary/canary-1 state ready", ServerState::Up),
    ] {
        command(text);
        let overview = world.wait(|overview| overview.canary.servers[0].state == state);
        assert_eq!(
            overview.canary.ready(),
            usize::from(state == ServerState::Up),
            "{text}"
        );
    }
    command("set server canary/canary-1 weight 0");
    world.wait(|overview| overview.canary.ready() == 0);
    let error = world.router().set(Weights::ALL_CANARY).unwrap_err();
    assert!(matches!(error, ControllerError::Refused { .. }));
}
