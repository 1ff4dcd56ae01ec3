//! `rollout start`, and `rollout run` for a release that was left off: both drive until the release is over.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use ports::Clock as _;
use rollout::machine::{Driver, Plan, Release};

use super::directory::Directory;
use super::driving::{Drive, POLICY, policy_of};
use super::measuring::PrometheusArguments;
use super::operator::OperatorArguments;
use super::traffic::TrafficArguments;
use super::{DirectoryArguments, PolicyArguments, telling};
use crate::system_clock::SystemClock;

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout start --canary 1.3.0 --stable 1.2.0 --reason 'release 1.3.0' \\
    --prometheus http://localhost:9090 --haproxy /run/haproxy/admin.sock --router-job haproxy

It drives until the release is done (0) or rolled back (20). When it is stopped or dies, the traffic stays as it is and nobody watches
the canary: `cargo xtask rollout run` goes on where it was left off. With --manual, a person splits the traffic.")]
pub(crate) struct StartArguments {
    /// The new version, as the label `version` of its metrics has it
    #[arg(long, value_name = "VERSION")]
    canary: String,
    /// The version that serves now
    #[arg(long, value_name = "VERSION")]
    stable: String,
    #[command(flatten)]
    by: OperatorArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout run --prometheus http://localhost:9090 --haproxy /run/haproxy/admin.sock --router-job haproxy")]
pub(crate) struct RunArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    prometheus: PrometheusArguments,
    #[command(flatten)]
    traffic: TrafficArguments,
}

pub(crate) fn start(arguments: &StartArguments) -> anyhow::Result<ExitCode> {
    let policy = arguments.policy.read()?;
    let text = std::fs::read_to_string(arguments.policy.path())?;
    ensure!(
        arguments.canary != arguments.stable,
        "--canary and --stable are the same version: there is nothing to compare"
    );
    let directory = arguments.run.directory.open();
    // What cannot work is found before anything is written.
    drop(arguments.run.prometheus.meter(&policy)?);
    let controller = arguments.run.traffic.controller(&directory)?;
    let lock = directory.lock()?;
    let driver = Driver::new(directory.clone(), directory.clone(), controller);
    // The policy first: a state without it could not be judged.
    directory
        .replace(POLICY, &text)
        .with_context(|| format!("cannot write to {}", directory.path().display()))?;
    let release = Release {
        canary: arguments.canary.clone(),
        stable: arguments.stable.clone(),
    };
    let by = (arguments.by.operator()?, arguments.by.reason.clone());
    let by = (by.0.as_str(), by.1.as_str());
    driver.start(release, Plan::of(&policy), by, SystemClock.now())?;
    drop(lock);
    run(&arguments.run)
}

pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let directory = arguments.directory.open();
    let controller = arguments.traffic.controller(&directory)?;
    let lock = directory.lock()?;
    let driver = Driver::new(directory.clone(), directory.clone(), controller);
    let state = driver
        .load()?
        .context("no release was started here: `rollout start` does that")?;
    ensure!(
        !state.is_over(),
        "the release of {} is {}: `rollout start` begins another one",
        state.release.canary,
        telling::phase(&state)
    );
    let policy = policy_of(&directory, &state.plan.policy_hash)?;
    let meter = arguments.prometheus.meter(&policy)?;
    let drive = Drive {
        directory: &directory,
        policy: &policy,
        meter: &meter,
        driver: &driver,
        _lock: &lock,
    };
    drive.to_the_end()
}

/// Where a release is kept when nobody says otherwise.
pub(super) const DIRECTORY: &str = ".rollout";

impl DirectoryArguments {
    pub(super) fn open(&self) -> Directory {
        Directory::new(self.path())
    }

    fn path(&self) -> &PathBuf {
        &self.directory
    }
}
