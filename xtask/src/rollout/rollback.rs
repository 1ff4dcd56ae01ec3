//! `cargo xtask rollback`: the old version is made ready, then the release is aborted as by `rollout abort`, which moves the traffic
//! and writes the history, then the new version goes. Ends with 0 (all traffic is the old version's) or 1 (it could not be done).

mod report;

use std::fmt::Write as _;
use std::process::{Child, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::builder::NonEmptyStringValueParser;
use ports::Clock as _;
use rollout::machine::{Command, Driver, Phase, Release, Request, State};
use rollout::traffic::{Controller as _, Weights};
use tokio::runtime::Runtime;

use super::directory::{Directory, Lock};
use super::operator::OperatorArguments;
use super::servers::{
    Cleared, LOOK_EVERY, all_goes_to_stable, clear_stable, drain, is_not_ready, version_of,
};
use super::traffic::{Traffic, TrafficArguments};
use super::{DirectoryArguments, asking, mailbox, shell, telling};
use crate::pause::pause;
use crate::probing::Target;
use crate::reporting::{Shape, parse_span};
use crate::system_clock::SystemClock;
use report::{Report, State as StepState, VERIFIED};

/// Until a lock is taken for that of a process that drives.
const LOCK_TRIES: u32 = 5;
/// Wrong usage.
const WRONG_SERVER: u8 = 2;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rollback --reason 'errors at checkout' --old http://10.0.0.1:5001 --old http://10.0.0.2:5001 \\
    --haproxy /run/haproxy/admin.sock --start-old 'systemctl start api-old' --stop-new 'systemctl stop api-new'
  cargo xtask rollback --reason 'errors at checkout' --old http://10.0.0.1:5001 --manual

Traffic is moved only once every --old is ready. A process that drives the release is asked to abort it, otherwise this command does.
Also a release that is done can be taken back, as long as the old version can be started. Ends with 0 when the router sends everything
to the old version and --stop-new has ended the new one, 1 when either could not be done (it says how far it came), 2 on wrong usage,
also when an --old says on /healthz that it is another version than the one that the release would replace. One that says nothing is a
warning. Servers of the backend `stable` that run the new version, as half a `rollout finish` leaves them, are set to maintenance.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    by: OperatorArguments,
    /// A server of the old version, as http://10.0.0.1:5001; may be repeated. Each must answer /readyz with 200 first
    #[arg(long, value_name = "URL", required = true, value_parser = Target::new)]
    old: Vec<Target>,
    /// Starts the old version where it is not ready: a line for `sh`. Without it, you are told to
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    start_old: Option<String>,
    /// Ends the new version once it gets nothing any more: a line for `sh`. Without it, you are told to
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    stop_new: Option<String>,
    /// How long each of these may take: the old version to get ready, the traffic to be moved, the new version to end
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_span)]
    timeout: Duration,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    traffic: TrafficArguments,
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let command = Command {
        request: Request::Abort,
        operator: arguments.by.operator()?,
        reason: arguments.by.reason.clone(),
    };
    let state = asking::state(&arguments.directory)?;
    ensure!(
        !matches!(state.phase, Phase::Settled { .. }),
        "the release of {} is finished, and {} is gone from its places: `cargo xtask rollout start --canary {1}` brings it back",
        state.release.canary,
        state.release.stable
    );
    let directory = arguments.directory.open();
    let rollback = Rollback {
        arguments,
        controller: arguments.traffic.controller_of_rollback(&directory)?,
        directory,
        command,
        runtime: Runtime::new().context("the runtime does not start")?,
    };
    let mut report = Report::new(&state.release, &rollback.command);
    let outcome = rollback.carry_out(&state, &mut report);
    if let Err(error) = &outcome {
        report.fail(&format!("{error:#}"));
    }
    print!("{}", report.rendered(arguments.format));
    Ok(match outcome {
        Err(error) if error.is::<OtherVersion>() => ExitCode::from(WRONG_SERVER),
        _ => ExitCode::from(u8::from(!report.is_done())),
    })
}

/// An `--old` is not what the release would replace.
#[derive(Debug, thiserror::Error)]
#[error(
    "{server} is {found}, but the old version of this release is {wanted}: the traffic was left as it is. Name the servers of {wanted}"
)]
struct OtherVersion {
    server: String,
    found: String,
    wanted: String,
}

struct Rollback<'a> {
    arguments: &'a Arguments,
    directory: Directory,
    controller: Traffic,
    command: Command,
    runtime: Runtime,
}

impl Rollback<'_> {
    /// Each step only after the one before: an old version that is not ready must not get traffic, and a new one that gets some
    /// must not go.
    fn carry_out(&self, state: &State, report: &mut Report) -> anyhow::Result<()> {
        report.begin("old version ready");
        let (ready, warnings) = self.make_old_ready(&state.release.stable)?;
        report.end(StepState::Done, &ready);
        report.warn(warnings);
        report.begin("traffic to the old version");
        report.end(StepState::Done, &self.move_traffic()?);
        report.begin(VERIFIED);
        let (verified, warnings) = self.verify(&state.release)?;
        report.end(StepState::Done, &verified);
        report.warn(warnings);
        report.begin("new version down");
        let (how, what) = self.end_new(&state.release.canary)?;
        report.end(how, &what);
        Ok(())
    }

    /// With the warnings.
    fn make_old_ready(&self, version: &str) -> anyhow::Result<(String, Vec<String>)> {
        let begun = Instant::now();
        let mut starting: Option<Child> = None;
        let mut is_told = false;
        loop {
            let Some(why) = self.old_is_not_ready() else {
                let left = self.arguments.timeout.saturating_sub(begun.elapsed());
                let warnings = self.check_version(version, left)?;
                let all = self.arguments.old.len();
                return Ok((format!("{all} of {all} ready with {version}"), warnings));
            };
            if begun.elapsed() >= self.arguments.timeout {
                end_if_it_runs(starting.as_mut())?;
                bail!("{why}: the traffic was left as it is. Start the old version and try again");
            }
            if let Some(child) = &mut starting {
                if let Some(status) = child.try_wait()?.filter(|status| !status.success()) {
                    bail!("--start-old ended with {status}: the traffic was left as it is");
                }
            } else if let Some(line) = &self.arguments.start_old {
                starting = Some(shell::spawn(line, &[])?);
            } else if !is_told {
                eprintln!("TO DO: start the old version ({why})");
                is_told = true;
            }
            pause(LOOK_EVERY);
        }
    }

    /// Why the first of them is not.
    fn old_is_not_ready(&self) -> Option<String> {
        let mut old = self.arguments.old.iter();
        old.find_map(|old| is_not_ready(&self.runtime, old))
    }

    /// Traffic for another version would be no rollback. A version that stays unknown keeps nobody from going back: those are said.
    fn check_version(&self, wanted: &str, patience: Duration) -> anyhow::Result<Vec<String>> {
        let begun = Instant::now();
        let mut warnings = Vec::new();
        for old in &self.arguments.old {
            let server = old.shown();
            let left = patience.saturating_sub(begun.elapsed());
            match version_of(&self.runtime, old, left) {
                Ok(found) if found == wanted => {}
                Ok(found) => bail!(OtherVersion {
                    server,
                    found,
                    wanted: wanted.to_owned(),
                }),
                Err(why) => {
                    warnings.push(format!("whether {server} is {wanted} is unknown: {why}"));
                }
            }
        }
        Ok(warnings)
    }

    /// Until the history and the controller both have it.
    fn move_traffic(&self) -> anyhow::Result<String> {
        let begun = Instant::now();
        let mut trouble = String::from("it was not confirmed");
        loop {
            let state = asking::state(&self.arguments.directory)?;
            let is_back = matches!(
                state.phase,
                Phase::RollingBack { .. } | Phase::RolledBack { .. }
            );
            let step = match self.lock()? {
                Some(_lock) => Some(self.step((!is_back).then_some(&self.command))?),
                None if is_back => None,
                None => {
                    self.ask_driver()?;
                    None
                }
            };
            let (state, troubles) = step.unwrap_or((state, Vec::new()));
            let is_over = matches!(state.phase, Phase::RolledBack { .. });
            if is_over && troubles.is_empty() && self.has_all() {
                return Ok(format!("0 % for {}", state.release.canary));
            }
            if matches!(
                state.phase,
                Phase::RollingBack { .. } | Phase::RolledBack { .. }
            ) {
                // Whoever drives may hang, or believe what was confirmed long ago.
                if let Err(error) = self.send_back() {
                    trouble = format!("{error:#}");
                }
            }
            if let Some(last) = troubles.into_iter().next_back() {
                trouble = last;
            }
            ensure!(
                begun.elapsed() < self.arguments.timeout,
                "the traffic could not be moved: {trouble}"
            );
            pause(LOOK_EVERY);
        }
    }

    /// None while another process drives. Whoever only looks, as `rollout status`, holds it for a moment.
    fn lock(&self) -> anyhow::Result<Option<Lock>> {
        for _ in 0..LOCK_TRIES {
            if let Some(lock) = self.directory.try_lock()? {
                return Ok(Some(lock));
            }
            pause(LOOK_EVERY);
        }
        Ok(None)
    }

    /// One step of the release by ourselves, with what failed in it.
    fn step(&self, command: Option<&Command>) -> anyhow::Result<(State, Vec<String>)> {
        let driver = Driver::new(
            self.directory.clone(),
            self.directory.clone(),
            &self.controller,
        );
        let step = driver.step(SystemClock.now(), None, command)?;
        let troubles = step.troubles.iter().map(|trouble| telling::chain(trouble));
        Ok((step.state, troubles.collect()))
    }

    /// Asks the process that drives. When it does not answer, the traffic is moved all the same: people are waiting.
    fn ask_driver(&self) -> anyhow::Result<()> {
        let letter = mailbox::Letter::new(&self.command);
        match mailbox::ask(&self.directory, &letter) {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => {
                eprintln!("note: {refusal}");
                Ok(())
            }
            Err(error) => {
                self.controller.set(Weights::ALL_STABLE)?;
                let so_far = match &self.controller {
                    Traffic::HaProxy(_) => "all traffic was sent to the old version",
                    Traffic::Manual(_) => "you were told to send all traffic to the old version",
                };
                Err(error.context(format!(
                    "{so_far}, but the history does not say so: end the process that drives, and try again"
                )))
            }
        }
    }

    /// By ourselves, unless it is so already.
    fn send_back(&self) -> anyhow::Result<()> {
        if !self.has_all() {
            self.controller.set(Weights::ALL_STABLE)?;
        }
        Ok(())
    }

    fn has_all(&self) -> bool {
        self.controller
            .weights()
            .is_ok_and(|weights| weights == Weights::ALL_STABLE)
    }

    fn end_new(&self, version: &str) -> anyhow::Result<(StepState, String)> {
        let left = drain(&self.controller)?;
        let Some(line) = &self.arguments.stop_new else {
            return Ok((
                StepState::ToDo,
                format!("end the servers of {version}{left}"),
            ));
        };
        shell::run("--stop-new", line, &[], self.arguments.timeout, || Ok(()))
            .context("the old version has all traffic")?;
        Ok((StepState::Done, format!("{version} was ended{left}")))
    }

    /// What is so at the end, whatever was done before; with the warnings.
    fn verify(&self, release: &Release) -> anyhow::Result<(String, Vec<String>)> {
        if let Some(why) = self.old_is_not_ready() {
            bail!("{why}");
        }
        let weights = self.controller.weights()?;
        ensure!(
            weights == Weights::ALL_STABLE,
            "the new version gets {} % of the traffic again: does somebody else change the weights?",
            weights.canary()
        );
        let Some(router) = self.controller.router() else {
            let confirmed = "the old version is ready; you confirmed that it has all traffic";
            return Ok((confirmed.to_owned(), Vec::new()));
        };
        let Cleared {
            taken_out,
            warnings,
        } = clear_stable(&self.runtime, router, release)?;
        let ready = all_goes_to_stable(router, self.arguments.old.len())?;
        let mut verified =
            format!("the router sends everything to {ready} ready servers of the old version");
        if !taken_out.is_empty() {
            let Release { canary, stable } = release;
            let _ = write!(
                verified,
                "; {} had {canary} already and is in maintenance until HAProxy starts again: put {stable} back there, then set it \
                 to `ready`",
                taken_out.join(", ")
            );
        }
        Ok((verified, warnings))
    }
}

/// What is to be tried again must not run twice.
fn end_if_it_runs(starting: Option<&mut Child>) -> anyhow::Result<()> {
    if let Some(child) = starting
        && child.try_wait()?.is_none()
    {
        shell::end(child)?;
    }
    Ok(())
}
