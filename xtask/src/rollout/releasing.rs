//! `rollout start`, and `rollout run` for a release that was left off: both drive until the release is over.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use rollout::machine::Release;

use super::directory::Directory;
use super::driving::{Drive, Wheel, policy_of};
use super::measuring::PrometheusArguments;
use super::operator::OperatorArguments;
use super::traffic::TrafficArguments;
use super::{DirectoryArguments, PolicyArguments, telling};

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
    ensure!(
        arguments.canary != arguments.stable,
        "--canary and --stable are the same version: there is nothing to compare"
    );
    let operator = arguments.by.operator()?;
    let (policy, text) = arguments.policy.read_with_text()?;
    // What cannot work is found before anything is written.
    let meter = arguments.run.prometheus.meter(&policy)?;
    let wheel = arguments.run.wheel()?;
    let release = Release {
        canary: arguments.canary.clone(),
        stable: arguments.stable.clone(),
    };
    let by = (operator.as_str(), arguments.by.reason.as_str());
    Drive::start(wheel, (policy, &text), meter, release, by)?.to_the_end()
}

pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let wheel = arguments.wheel()?;
    let state = wheel
        .driver
        .load()?
        .context("no release was started here: `rollout start` does that")?;
    ensure!(
        !state.is_over(),
        "the release of {} is {}: `rollout start` begins another one",
        state.release.canary,
        telling::phase(&state)
    );
    let policy = policy_of(&wheel.directory, &state.plan.policy_hash)?;
    let meter = arguments.prometheus.meter(&policy)?;
    Drive::new(wheel, policy, meter).to_the_end()
}

impl RunArguments {
    /// # Errors
    ///
    /// When another process has it, or the controller's settings can never work.
    fn wheel(&self) -> anyhow::Result<Wheel> {
        let directory = self.directory.open();
        let controller = self.traffic.controller(&directory)?;
        Wheel::take(directory, controller)
    }
}

/// Where a release is kept when nobody says otherwise.
pub(super) const DIRECTORY: &str = ".rollout";

impl DirectoryArguments {
    pub(super) fn open(&self) -> Directory {
        Directory::new(&self.directory)
    }
}
