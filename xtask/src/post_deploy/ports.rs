//! Whether the world reaches what is for operators and for the service alone. Tried from where this command runs: from within the network of
//! the servers it says nothing.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::probing::Target;
use crate::probing::report::Check;

/// A firewall that drops packets says nothing at all.
const PATIENCE: Duration = Duration::from_secs(3);
/// The private listener has no password, and changes the level of the log.
const PRIVATE: u16 = 9464;
/// What may stand beside it.
const OTHERS: [(u16, &str); 5] = [
    (5432, "Postgres"),
    (6432, "PgBouncer"),
    (6379, "Redis"),
    (8405, "HAProxy's metrics"),
    (9090, "Prometheus"),
];
const EXPECTED: &str = "closed to the world";

/// Asks the host of the service for ports that it must not have open.
pub(super) async fn checks(target: &Target, admin: Option<&Target>) -> Vec<Check> {
    let addresses = addresses(target.url()).await;
    let reaches_admin = match admin {
        Some(admin) => !is_here(&self::addresses(admin.url()).await),
        None => false,
    };
    let ports = ports(target.url().port_or_known_default());
    match why_not(&addresses, reaches_admin) {
        Some(why) => {
            let nothing = |(port, what): &(u16, &str)| {
                Check::not_applicable(name(*port, what), EXPECTED, why)
            };
            ports.iter().map(nothing).collect()
        }
        None => tried(&addresses, &ports).await,
    }
}

/// Why an open port would say nothing here. Whoever reaches a private listener is within its network; one on the loopback is the end
/// of a tunnel.
fn why_not(addresses: &[SocketAddr], reaches_admin: bool) -> Option<&'static str> {
    if reaches_admin {
        Some(
            "--admin is reached from here, so this is no place outside: run it outside, without --admin",
        )
    } else if addresses.is_empty() {
        Some("its host has no address here")
    } else if is_here(addresses) {
        Some("the service is on this machine")
    } else {
        None
    }
}

fn is_here(addresses: &[SocketAddr]) -> bool {
    addresses.iter().any(|address| address.ip().is_loopback())
}

async fn addresses(url: &Url) -> Vec<SocketAddr> {
    let host = url.host_str().unwrap_or_default();
    let resolved = lookup_host((host.trim_matches(['[', ']']), 0)).await;
    resolved.map(Iterator::collect).unwrap_or_default()
}

/// Those to try, without the one that the service itself has.
fn ports(own: Option<u16>) -> Vec<(u16, &'static str)> {
    let all = [(PRIVATE, "the private listener")]
        .into_iter()
        .chain(OTHERS);
    all.filter(|(port, _)| Some(*port) != own).collect()
}

fn name(port: u16, what: &str) -> String {
    format!("port {port}, {what}")
}

/// All at once: each may take as long as a firewall is silent.
async fn tried(addresses: &[SocketAddr], ports: &[(u16, &str)]) -> Vec<Check> {
    let mut asked = JoinSet::new();
    for (place, (port, _)) in ports.iter().enumerate() {
        for mut address in addresses.iter().copied() {
            address.set_port(*port);
            asked.spawn(async move {
                let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
                (place, matches!(connected, Ok(Ok(_))))
            });
        }
    }
    let mut open = vec![false; ports.len()];
    for (place, is_open) in asked.join_all().await {
        open[place] |= is_open;
    }
    let found = |is_open: bool| if is_open { "open" } else { "closed" };
    ports
        .iter()
        .zip(open)
        .map(|((port, what), is_open)| {
            Check::new(name(*port, what), EXPECTED, found(is_open), !is_open)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probing::report::Group;

    fn target(url: &str) -> Target {
        Target::new(url).unwrap()
    }

    fn passed(checks: Vec<Check>) -> bool {
        Group::new("ports", checks).is_passed()
    }

    #[tokio::test]
    async fn an_open_port_fails_and_a_closed_one_passes() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ports = [(address.port(), "the private listener")];
        assert!(!passed(tried(&[address], &ports).await));
        drop(listener);
        assert!(passed(tried(&[address], &ports).await));
    }

    #[tokio::test]
    async fn from_within_it_says_nothing() {
        let not_applicable = |checks: Vec<Check>| {
            let shown = serde_json::to_string(&checks).unwrap();
            shown.matches("not applicable").count() == checks.len() && !checks.is_empty()
        };
        assert!(not_applicable(
            checks(&target("http://127.0.0.1:5000"), None).await
        ));
        let (service, admin) = (
            target("http://192.0.2.1:5000"),
            target("http://192.0.2.2:9470"),
        );
        assert!(not_applicable(checks(&service, Some(&admin)).await));
        let address = |text: &str| vec![text.parse().unwrap()];
        assert!(why_not(&[], false).is_some());
        assert!(why_not(&address("[::1]:0"), false).is_some());
        assert_eq!(why_not(&address("192.0.2.1:0"), false), None);
    }

    #[test]
    fn its_own_port_may_be_open() {
        let numbers = |own| -> Vec<u16> { ports(own).into_iter().map(|(port, _)| port).collect() };
        assert_eq!(numbers(Some(5000)), [9464, 5432, 6432, 6379, 8405, 9090]);
        assert_eq!(numbers(Some(9090)), [9464, 5432, 6432, 6379, 8405]);
    }
}
