//! What HAProxy's own exporter says under the names that snapshots are taken by.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rollout::traffic::{Controller as _, Weights};

use crate::world::World;

fn exposition(world: &World) -> String {
    let mut client =
        TcpStream::connect(("127.0.0.1", world.haproxy.metrics())).expect("it listens");
    client
        .write_all(b"GET /metrics HTTP/1.0\r\n\r\n")
        .expect("it reads");
    let mut text = String::new();
    client.read_to_string(&mut text).expect("it answers");
    text
}

fn value(text: &str, series: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    let value = line.unwrap_or_else(|| panic!("nothing is called {series}"));
    value.trim().parse().expect("it is a whole number")
}

#[test]
fn the_exporter_counts_as_the_runtime_api_does() {
    let world = World::start();
    world
        .router()
        .set(Weights::with_canary(50).unwrap())
        .unwrap();
    assert_eq!(world.ask(200), 200);
    world.router().set(Weights::ALL_CANARY).unwrap();
    world.canary.cut_off();
    assert_eq!(world.ask(1), 0);
    let overview = world.wait(|overview| overview.canary.unanswered == 1);
    let text = exposition(&world);
    for (name, backend) in [("canary", &overview.canary), ("stable", &overview.stable)] {
        let count = |metric: &str| {
            value(
                &text,
                &format!("haproxy_backend_{metric}_total{{proxy=\"{name}\"}}"),
            )
        };
        assert_eq!(count("http_requests"), backend.sent);
        assert_eq!(
            count("connection_errors") + count("response_errors"),
            backend.unanswered
        );
        let ready = backend.servers.iter().filter(|server| {
            let labels = format!("proxy=\"{name}\",server=\"{}\"", server.name);
            value(
                &text,
                &format!("haproxy_server_status{{{labels},state=\"UP\"}}"),
            ) == 1
                && value(&text, &format!("haproxy_server_weight{{{labels}}}")) > 0
        });
        assert_eq!(ready.count(), backend.ready());
    }
    assert!(value(&text, "haproxy_process_start_time_seconds") > 1_600_000_000);
}

/// A router without any server answers 503 by itself: that is a request without an answer of the version.
#[test]
fn requests_that_no_server_could_take_are_unanswered() {
    let world = World::start();
    world
        .stable
        .iter()
        .for_each(|server| server.set_readiness(503));
    world.wait(|overview| overview.stable.ready() == 0);
    for _ in 0..5 {
        assert_eq!(world.ask(1), 0);
    }
    let overview = world.wait(|overview| overview.stable.sent == 5);
    assert_eq!(overview.stable.unanswered, 5);
}
