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
use super::servers::{
    ASK_FOR, LOOK_EVERY, all_goes_to_stable, drain, is_not_ready, place_of, version_of,
};
use super::traffic::{Traffic, TrafficArguments};
use super::{DirectoryArguments, asking, mailbox, shell, telling};
use crate::pause::pause;
use crate::probing::Target;
use crate::reporting::parse_span;
use crate::system_clock::SystemClock;

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout finish --reason 'release 1.3.0 is done' --haproxy /run/haproxy/admin.sock \\
    --upgrade 'ssh deploy@${ADDRESS%:*} install-api \"$VERSION\"' --stop-canary 'systemctl stop api-canary'

The canary has all traffic meanwhile. Afterwards it has none, the map says 0 as its file does, and a HAProxy that starts again sends
everything to the new version all the same. There is no rollback of a release that is finished: the old version comes back by a release
of its own. A rollback that is asked for meanwhile, or a weight that somebody else changes, stops it. Ends with 0 when that is so, 1 when
it could not be done: run it again. A place that says on /healthz that it is the new version is not upgraded again, but both commands
must be repeatable: what failed late is done once more from there, --stop-canary each time.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    by: OperatorArguments,
    /// Puts the new version in the place of the old one at one server of the stable backend: a line for `sh`, which is run for one
    /// server after the other, with VERSION, SERVER (HAProxy's name for it) and ADDRESS (host:port). It must be repeatable. Without it,
    /// you are told to
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    upgrade: Option<String>,
    /// Ends the servers of the canary's backend once they get nothing any more: a line for `sh`. It must be repeatable, also when they
    /// have ended already. Without it, you are told to
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
    let outcome = match state.phase {
        Phase::Done { .. } => finish.carry_out(&command),
        // It may have died before the history had it.
        Phase::Settled { .. } => finish.step(None),
        _ => bail!(
            "the release of {} is not done but {}",
            finish.version,
            telling::phase(&state)
        ),
    };
    finish.hand_back_request();
    outcome?;
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
        self.check_no_request()?;
        self.step(Some(command))
    }

    /// An emergency goes before an end in order.
    fn check_no_request(&self) -> anyhow::Result<()> {
        ensure!(
            !mailbox::is_waiting(&self.directory),
            "somebody asks for something else meanwhile, as for a rollback: `rollout status` says what became of it"
        );
        Ok(())
    }

    /// Whoever asked meanwhile need not wait for this process any more.
    fn hand_back_request(&self) {
        let Some(letter) = mailbox::take(&self.directory) else {
            return;
        };
        let refusal = "`rollout finish` had the release until now, and has stopped".to_owned();
        if let Err(error) = mailbox::answer(&self.directory, &letter, Some(refusal)) {
            eprintln!("note: the operator cannot be answered: {error:#}");
        }
    }

    fn upgrade_all(&self, router: &HaProxy) -> anyhow::Result<()> {
        let servers = router.overview()?.stable.servers;
        let places: anyhow::Result<Vec<Place>> = servers.into_iter().map(Place::of).collect();
        let mut has_begun = false;
        for place in places? {
            if self.is_old(&place) {
                if !has_begun {
                    self.give_all_to_canary()?;
                }
                has_begun = true;
                self.upgrade(&place)?;
            }
            self.wait_for(router, &place, has_begun)?;
            let Place { name, address, .. } = &place;
            println!("{name} ({address}) is {} and ready", self.version);
        }
        Ok(())
    }

    /// Its version alone decides: one that is not ready for a moment is not installed again. So is one that says nothing.
    fn is_old(&self, place: &Place) -> bool {
        version_of(&self.runtime, &place.target, ASK_FOR).as_deref() != Ok(self.version)
    }

    /// Once, before the first place: a HAProxy that has started again sends everything to the old version. Later it would undo what
    /// somebody did in the meantime.
    fn give_all_to_canary(&self) -> anyhow::Result<()> {
        self.check_no_request()?;
        if self.controller.weights()? != Weights::ALL_CANARY {
            eprintln!("note: the canary did not have all traffic; it gets it now");
            self.controller.set(Weights::ALL_CANARY)?;
        }
        Ok(())
    }

    /// While places are upgraded. A router that does not answer for a moment has changed nothing.
    fn check_undisturbed(&self) -> anyhow::Result<()> {
        self.check_no_request()?;
        if let Ok(weights) = self.controller.weights() {
            ensure!(
                weights == Weights::ALL_CANARY,
                "the canary has {} % of the traffic and no longer all: did HAProxy start again, or does somebody roll back?",
                weights.canary()
            );
        }
        Ok(())
    }

    fn upgrade(&self, place: &Place) -> anyhow::Result<()> {
        self.check_undisturbed()?;
        let (name, address) = (place.name.as_str(), place.address.as_str());
        let Some(line) = &self.arguments.upgrade else {
            let version = self.version;
            eprintln!(
                "TO DO: start {version} at {address} ({name}), in the place of the old version"
            );
            return Ok(());
        };
        let variables = [
            ("VERSION", self.version),
            ("SERVER", name),
            ("ADDRESS", address),
        ];
        let timeout = self.arguments.timeout;
        shell::run("--upgrade", line, &variables, timeout, || {
            self.check_undisturbed()
        })
        .with_context(|| format!("{name} ({address}) was not upgraded"))
    }

    /// Until a place is one of the new version, ready for traffic.
    fn wait_for(&self, router: &HaProxy, place: &Place, has_begun: bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            if has_begun {
                self.check_undisturbed()?;
            } else {
                self.check_no_request()?;
            }
            let Some(why) = self.is_not_in_place(router, place)? else {
                return Ok(());
            };
            ensure!(
                begun.elapsed() < self.arguments.timeout,
                "{why}: the traffic was left as it is. Repair that and run this again"
            );
            pause(LOOK_EVERY);
        }
    }

    /// Why a place is not one of the new version yet, ready for traffic.
    fn is_not_in_place(&self, router: &HaProxy, place: &Place) -> anyhow::Result<Option<String>> {
        match version_of(&self.runtime, &place.target, Duration::ZERO) {
            Ok(version) if version == self.version => {}
            Ok(version) => return Ok(Some(format!("{} is {version}", place.target.shown()))),
            Err(why) => return Ok(Some(why)),
        }
        if let Some(why) = is_not_ready(&self.runtime, &place.target) {
            return Ok(Some(why));
        }
        let name = &place.name;
        let servers = router.overview()?.stable.servers;
        let is_ready = |server: &Server| server.name == *name && server.is_ready();
        let is_seen = servers.iter().any(is_ready);
        Ok((!is_seen).then(|| format!("HAProxy does not find {name} ready")))
    }

    /// A person is told once, and then waited for.
    fn move_traffic(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.controller.weights()? != Weights::ALL_STABLE {
            self.check_no_request()?;
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
                let timeout = self.arguments.timeout;
                shell::run("--stop-canary", line, &variables, timeout, || {
                    self.check_no_request()
                })
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
    name: String,
    address: String,
    target: Target,
}

impl Place {
    /// # Errors
    ///
    /// When HAProxy does not say where it is.
    fn of(server: Server) -> anyhow::Result<Self> {
        let (address, target) = place_of(&server)?;
        Ok(Self {
            name: server.name,
            address: address.to_string(),
            target,
        })
    }
}
