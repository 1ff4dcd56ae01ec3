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
    let host = host(target.url());
    let private = admin.and_then(|admin| admin.url().port());
    let ports = ports(target.url().port_or_known_default(), private);
    let resolved = lookup_host((host.as_str(), 0)).await;
    let addresses: Vec<SocketAddr> = resolved.map(Iterator::collect).unwrap_or_default();
    let is_inside = admin.is_some_and(|admin| self::host(admin.url()) == host);
    let why = if addresses.iter().any(|address| address.ip().is_loopback()) {
        Some("the service is on this machine")
    } else if is_inside {
        Some("--admin names the same host, so this is no place outside")
    } else if addresses.is_empty() {
        Some("its host has no address here")
    } else {
        None
    };
    if let Some(why) = why {
        let nothing =
            |(port, what): &(u16, &str)| Check::not_applicable(name(*port, what), EXPECTED, why);
        return ports.iter().map(nothing).collect();
    }
    tried(&addresses, &ports).await
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_matches(['[', ']']).to_owned()
}

/// Those to try, without the one that the service itself has.
fn ports(own: Option<u16>, private: Option<u16>) -> Vec<(u16, &'static str)> {
    let private = [Some(PRIVATE), private.filter(|port| *port != PRIVATE)];
    let private = private
        .into_iter()
        .flatten()
        .map(|port| (port, "the private listener"));
    private
        .chain(OTHERS)
        .filter(|(port, _)| Some(*port) != own)
        .collect()
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
            target("http://192.0.2.1:9470"),
        );
        assert!(not_applicable(checks(&service, Some(&admin)).await));
        assert!(not_applicable(
            checks(&target("https://api.invalid"), None).await
        ));
    }

    #[test]
    fn its_own_port_may_be_open_and_a_private_one_elsewhere_may_not() {
        let numbers = |own, private| -> Vec<u16> {
            ports(own, private)
                .into_iter()
                .map(|(port, _)| port)
                .collect()
        };
        assert_eq!(
            numbers(Some(5000), Some(9470)),
            [9464, 9470, 5432, 6432, 6379, 8405, 9090]
        );
        assert_eq!(
            numbers(Some(9090), Some(9464)),
            [9464, 5432, 6432, 6379, 8405]
        );
    }
}
