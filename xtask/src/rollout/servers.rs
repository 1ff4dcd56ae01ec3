//! What servers say of themselves, and what the router sends where.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use adapter_haproxy::{HaProxy, Server};
use anyhow::{Context as _, ensure};
use rollout::machine::Release;
use rollout::traffic::Weights;
use tokio::runtime::Runtime;

use super::traffic::Traffic;
use crate::pause::pause;
use crate::probing::Target;

/// How often somebody who waits looks again.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);
/// For the version of a server that nobody must wait for.
pub(super) const ASK_FOR: Duration = Duration::from_secs(5);
/// For requests that the new version still answers; the service itself ends the others in order.
const DRAIN: Duration = Duration::from_secs(30);
/// In which the router must send nothing to the new version.
const WATCH: Duration = Duration::from_secs(1);

/// Why a server is not ready.
pub(super) fn is_not_ready(runtime: &Runtime, server: &Target) -> Option<String> {
    match runtime.block_on(server.get("/readyz", None)) {
        Ok(answer) if answer.status.is_success() => None,
        Ok(answer) => Some(format!("{}readyz says {}", server.shown(), answer.shown())),
        Err(error) => Some(error.to_string()),
    }
}

/// The version that a server says. It is asked as a probe asks, since `ALLOWED_HOSTS` and rate limits refuse other requests, and again
/// until it answers or this time is over; at least once.
///
/// # Errors
///
/// Why its version is unknown.
pub(super) fn version_of(
    runtime: &Runtime,
    server: &Target,
    patience: Duration,
) -> Result<String, String> {
    let begun = Instant::now();
    loop {
        let why = match runtime.block_on(server.get("/healthz", None)) {
            Ok(answer) if answer.status.is_success() => {
                let version = answer.member("version");
                let version = version.as_str().filter(|version| !version.is_empty());
                return version.map(str::to_owned).ok_or_else(|| {
                    format!("{}healthz does not say which version it is", server.shown())
                });
            }
            Ok(answer) => format!("{}healthz says {}", server.shown(), answer.shown()),
            Err(error) => error.to_string(),
        };
        if begun.elapsed() >= patience {
            return Err(why);
        }
        pause(LOOK_EVERY);
    }
}

/// A server of the stable backend that gets traffic.
pub(super) struct Ready {
    pub(super) name: String,
    /// Otherwise why it is unknown.
    pub(super) version: Result<String, String>,
}

/// Asks each of them for its version.
///
/// # Errors
///
/// When the router cannot be asked.
pub(super) fn ready_in_stable(runtime: &Runtime, router: &HaProxy) -> anyhow::Result<Vec<Ready>> {
    let servers = router.overview()?.stable.servers;
    let ready = servers.into_iter().filter(Server::is_ready);
    let asked = ready.map(|server| Ready {
        version: version_behind(runtime, &server),
        name: server.name,
    });
    Ok(asked.collect())
}

fn version_behind(runtime: &Runtime, server: &Server) -> Result<String, String> {
    let (_, target) = place_of(server).map_err(|error| error.to_string())?;
    version_of(runtime, &target, ASK_FOR)
}

/// # Errors
///
/// When HAProxy does not say where it is.
pub(super) fn place_of(server: &Server) -> anyhow::Result<(SocketAddr, Target)> {
    let address = server.address.with_context(|| {
        let name = &server.name;
        format!("HAProxy does not say where {name} is: `stats socket` needs `level admin`")
    })?;
    Ok((address, Target::new(&format!("http://{address}"))?))
}

/// What was found in the stable backend after the traffic went back to it.
#[derive(Debug, Default)]
pub(super) struct Cleared {
    /// Servers of the new version, which are in maintenance now.
    pub(super) taken_out: Vec<String>,
    /// Servers that may be of the new version.
    pub(super) warnings: Vec<String>,
}

/// Takes the new version out of the places of the old one, where half a `rollout finish` left it.
///
/// # Errors
///
/// When nothing else would be left there, or a server cannot be taken out.
pub(super) fn clear_stable(
    runtime: &Runtime,
    router: &HaProxy,
    release: &Release,
) -> anyhow::Result<Cleared> {
    let mut cleared = Cleared::default();
    let mut others = 0;
    for Ready { name, version } in ready_in_stable(runtime, router)? {
        match version {
            Ok(version) if version == release.canary => cleared.taken_out.push(name),
            Ok(_) => others += 1,
            Err(why) => {
                others += 1;
                let stable = &release.stable;
                let warning = format!("whether {name} is {stable} is unknown: {why}");
                cleared.warnings.push(warning);
            }
        }
    }
    let Release { canary, stable } = release;
    let names = cleared.taken_out.join(", ");
    ensure!(
        others > 0 || cleared.taken_out.is_empty(),
        "every ready server of the stable backend is {canary} ({names}): put {stable} back in their places, and try again"
    );
    for name in &cleared.taken_out {
        router.take_out(name).with_context(|| {
            format!(
                "{name} is {canary} and gets traffic of the stable backend: end it, or put {stable} back there"
            )
        })?;
    }
    Ok(cleared)
}

/// How many servers of the stable version are ready.
///
/// # Errors
///
/// When they are fewer than that, or the router sends something elsewhere.
pub(super) fn all_goes_to_stable(router: &HaProxy, at_least: usize) -> anyhow::Result<usize> {
    let before = router.overview()?;
    pause(WATCH);
    let after = router.overview()?;
    let ready = after.stable.ready();
    ensure!(
        after.weights == Weights::ALL_STABLE && ready >= at_least,
        "the router has {ready} ready servers of the stable version and sends {} % to the canary",
        after.weights.canary()
    );
    ensure!(
        after.process.pid != before.process.pid || after.canary.sent == before.canary.sent,
        "the router still sends requests to the canary"
    );
    Ok(ready)
}

/// Waits until the canary answers no request any more, and says how many it still does after a while.
///
/// # Errors
///
/// When the router cannot be asked: it may send more.
pub(super) fn drain(controller: &Traffic) -> anyhow::Result<String> {
    let Some(router) = controller.router() else {
        return Ok(String::new());
    };
    let begun = Instant::now();
    loop {
        match router.overview().map(|overview| overview.canary.in_flight) {
            Ok(0) => return Ok(String::new()),
            Ok(some) if begun.elapsed() > DRAIN => {
                return Ok(format!(" ({some} requests were still under way)"));
            }
            Err(error) if begun.elapsed() > DRAIN => {
                return Err(error).context("whether the canary still gets requests is unknown");
            }
            _ => pause(LOOK_EVERY),
        }
    }
}
