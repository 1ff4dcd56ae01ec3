//! `cargo xtask rollout finish`: the new version of a release that is done becomes the stable one. It takes the places of the old
//! version's servers, they get all traffic, and the canary's backend is free for the next release.
//!
//! The servers' addresses stay as they are. HAProxy's runtime API could change them, but a HAProxy that starts again knows nothing of
//! it: its state file brings back the port of a server, and not its address. Places that stay the same need nothing to be kept.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use adapter_haproxy::{HaProxy, Server};
use anyhow::{Context as _, bail, ensure};
use clap::builder::NonEmptyStringValueParser;
use ports::Clock as _;
use rollout::machine::{Command, Driver, Phase, Request};
use rollout::traffic::{Controller as _, Weights};
use tokio::runtime::Runtime;

use super::directory::Directory;
use super::operator::OperatorArguments;
use super::servers::{all_goes_to_stable, drain, is_not_ready, version_of};
use super::traffic::{Traffic, TrafficArguments};
use super::{DirectoryArguments, asking, shell, telling};
use crate::pause::pause;
use crate::probing::Target;
use crate::reporting::parse_span;
use crate::system_clock::SystemClock;

const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout finish --reason 'release 1.3.0 is done' --haproxy /run/haproxy/admin.sock \\
    --upgrade 'ssh deploy@${ADDRESS%:*} install-api \"$VERSION\"' --stop-canary 'systemctl stop api-canary'

The canary has all traffic meanwhile. Afterwards it has none, the map says 0 as its file does, and a HAProxy that starts again sends
everything to the new version all the same. There is no rollback of a release that is finished: the old version comes back by a release
of its own. Ends with 0 when that is so, 1 when it could not be done (run it again: what is done already is not done twice).")]
pub(crate) struct Arguments {
    #[command(flatten)]
    by: OperatorArguments,
    /// Puts the new version in the place of the old one at one server of the stable backend: a line for `sh`, which is run for one
    /// server after the other, with VERSION, SERVER (HAProxy's name for it) and ADDRESS (host:port). Without it, you are told to
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    upgrade: Option<String>,
    /// Ends the servers of the canary's backend once they get nothing any more: a line for `sh`. Without it, you are told to
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    stop_canary: Option<String>,
    /// How long each of these may take: a server to be upgraded, the traffic to be moved, the canary to end
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_span)]
    timeout: Duration,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    traffic: TrafficArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let command = Command {
        request: Request::Settle,
        operator: arguments.by.operator()?,
        reason: arguments.by.reason.clone(),
    };
    let directory = arguments.directory.open();
    let _lock = directory.lock()?;
    let state = asking::state(&arguments.directory)?;
    let finish = Finish {
        arguments,
        version: &state.release.canary,
        controller: arguments.traffic.controller(&directory)?,
        directory,
        runtime: Runtime::new().context("the runtime does not start")?,
    };
    match state.phase {
        Phase::Done { .. } => finish.carry_out(&command)?,
        // It may have died before the history had it.
        Phase::Settled { .. } => finish.step(None)?,
        _ => bail!(
            "the release of {} is not done but {}",
            finish.version,
            telling::phase(&state)
        ),
    }
    println!("FINISHED: {} is the stable version", finish.version);
    Ok(ExitCode::SUCCESS)
}

struct Finish<'a> {
    arguments: &'a Arguments,
    version: &'a str,
    directory: Directory,
    controller: Traffic,
    runtime: Runtime,
}

impl Finish<'_> {
    /// Each step only after the one before: places of the old version must not get traffic.
    fn carry_out(&self, command: &Command) -> anyhow::Result<()> {
        match self.controller.router() {
            Some(router) => self.upgrade_all(router)?,
            None => eprintln!(
                "TO DO: start {} in the places of the old version's servers",
                self.version
            ),
        }
        self.move_traffic()?;
        if let Some(router) = self.controller.router() {
            let places = router.overview()?.stable.servers.len();
            let ready = all_goes_to_stable(router, places)?;
            println!("the router sends everything to {ready} servers of the stable backend");
        }
        // The history says so at the end: whatever failed before is done again.
        self.end_canary()?;
        self.step(Some(command))
    }

    fn upgrade_all(&self, router: &HaProxy) -> anyhow::Result<()> {
        for server in router.overview()?.stable.servers {
            let address = server.address.with_context(|| {
                let name = &server.name;
                format!("HAProxy does not say where {name} is: `stats socket` needs `level admin`")
            })?;
            let place = Place {
                target: Target::new(&format!("http://{address}"))?,
                address: address.to_string(),
                server,
            };
            if self.is_old(router, &place)?.is_some() {
                self.upgrade(router, &place)?;
            }
            let name = &place.server.name;
            println!("{name} ({address}) is {} and ready", self.version);
        }
        Ok(())
    }

    /// Why a place is not one of the new version yet, ready for traffic.
    fn is_old(&self, router: &HaProxy, place: &Place) -> anyhow::Result<Option<String>> {
        if let Some(why) = is_not_ready(&self.runtime, &place.target) {
            return Ok(Some(why));
        }
        let version = match version_of(&self.runtime, &place.target) {
            Ok(version) => version,
            Err(error) => return Ok(Some(format!("{error:#}"))),
        };
        if version != self.version {
            return Ok(Some(format!("{} is {version}", place.target.shown())));
        }
        let name = &place.server.name;
        let servers = router.overview()?.stable.servers;
        let is_ready = |server: &Server| server.name == *name && server.is_ready();
        let is_seen = servers.iter().any(is_ready);
        Ok((!is_seen).then(|| format!("HAProxy does not find {name} ready")))
    }

    fn upgrade(&self, router: &HaProxy, place: &Place) -> anyhow::Result<()> {
        // A HAProxy that has started again sends everything to the old version.
        if self.controller.weights()? != Weights::ALL_CANARY {
            eprintln!("note: the canary did not have all traffic; it gets it now");
            self.controller.set(Weights::ALL_CANARY)?;
        }
        let (name, address) = (place.server.name.as_str(), place.address.as_str());
        if let Some(line) = &self.arguments.upgrade {
            let variables = [
                ("VERSION", self.version),
                ("SERVER", name),
                ("ADDRESS", address),
            ];
            shell::run("--upgrade", line, &variables, self.arguments.timeout)
                .with_context(|| format!("{name} ({address}): the canary has all traffic"))?;
        } else {
            let version = self.version;
            eprintln!(
                "TO DO: start {version} at {address} ({name}), in the place of the old version"
            );
        }
        let begun = Instant::now();
        while let Some(why) = self.is_old(router, place)? {
            ensure!(
                begun.elapsed() < self.arguments.timeout,
                "{why}: the canary has all traffic. Repair that and run this again"
            );
            pause(LOOK_EVERY);
        }
        Ok(())
    }

    /// A person is told once, and then waited for.
    fn move_traffic(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.controller.weights()? != Weights::ALL_STABLE {
            self.controller.set(Weights::ALL_STABLE)?;
            ensure!(
                begun.elapsed() < self.arguments.timeout,
                "nobody has confirmed that the stable backend has all traffic"
            );
            pause(LOOK_EVERY);
        }
        Ok(())
    }

    /// Into the state and into the history.
    fn step(&self, command: Option<&Command>) -> anyhow::Result<()> {
        let directory = &self.directory;
        let driver = Driver::new(directory.clone(), directory.clone(), &self.controller);
        let step = driver.step(SystemClock.now(), None, command)?;
        if let Some(refusal) = step.refusal {
            bail!("{refusal}");
        }
        if let Some(trouble) = step.troubles.first() {
            bail!(
                "the history may not have it yet, run this again: {}",
                telling::chain(trouble)
            );
        }
        Ok(())
    }

    fn end_canary(&self) -> anyhow::Result<()> {
        let left = drain(&self.controller)?;
        match &self.arguments.stop_canary {
            Some(line) => {
                let variables = [("VERSION", self.version)];
                shell::run("--stop-canary", line, &variables, self.arguments.timeout)
                    .context("the stable backend has all traffic")?;
                println!("the servers of the canary's backend were ended{left}");
            }
            None => println!("TO DO: end the servers of the canary's backend{left}"),
        }
        Ok(())
    }
}

/// One server of the stable backend.
struct Place {
    server: Server,
    address: String,
    target: Target,
}
