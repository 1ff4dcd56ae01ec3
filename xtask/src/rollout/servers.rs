//! What servers say of themselves, and what the router sends where.

use std::time::{Duration, Instant};

use adapter_haproxy::HaProxy;
use anyhow::{Context as _, ensure};
use rollout::traffic::Weights;
use tokio::runtime::Runtime;

use super::traffic::Traffic;
use crate::pause::pause;
use crate::probing::Target;

const LOOK_EVERY: Duration = Duration::from_millis(200);
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

/// # Errors
///
/// When it does not say one.
pub(super) fn version_of(runtime: &Runtime, server: &Target) -> anyhow::Result<String> {
    let answer = runtime.block_on(server.get("/", None))?;
    let version = answer.member("version");
    let version = version.as_str().with_context(|| {
        let (server, said) = (server.shown(), answer.shown());
        format!("{server} does not say which version it is ({said}): is that a server of ours?")
    })?;
    Ok(version.to_owned())
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
