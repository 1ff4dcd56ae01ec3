//! `rollout start`, and `rollout run` for a release that was left off: both drive until the release is over.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use rollout::Outcome;
use rollout::history::{self, Event, Record};
use rollout::machine::Release;
use rollout::traffic::{Controller as _, Weights};
use tokio::runtime::Runtime;

use super::directory::Directory;
use super::driving::{Drive, Wheel, end, policy_of};
use super::measuring::PrometheusArguments;
use super::operator::OperatorArguments;
use super::servers::{Ready, ready_in_stable};
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
    /// The version that serves now. With HAProxy, the ready servers of the stable backend must not say another one
    #[arg(long, value_name = "VERSION")]
    stable: String,
    /// Although the last release of this very version was rolled back
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    by: OperatorArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(clap::Args)]
#[command(
    after_help = "A release that is over already ends at once: with 0 when it is done, with 20 when it was rolled back.

Example:
  cargo xtask rollout run --prometheus http://localhost:9090 --haproxy /run/haproxy/admin.sock --router-job haproxy"
)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    prometheus: PrometheusArguments,
    #[command(flatten)]
    traffic: TrafficArguments,
    /// Stop (0) once this stage was watched for long enough and its verdict promotes: `rollout run` then goes on to the next one
    #[arg(long, value_name = "STAGE")]
    until: Option<String>,
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
    if let Some(until) = &arguments.run.until {
        let is_stage = policy.stage(until).is_some();
        ensure!(is_stage, "--until {until}: the policy has no such stage");
    }
    let wheel = arguments.run.wheel()?;
    check_last_release(&wheel, arguments)?;
    check_stable(&wheel, &arguments.stable)?;
    let release = Release {
        canary: arguments.canary.clone(),
        stable: arguments.stable.clone(),
    };
    let by = (operator.as_str(), arguments.by.reason.as_str());
    Drive::start(wheel, (policy, &text), meter, release, by)?
        .until(arguments.run.until.clone())
        .to_the_end()
}

pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let wheel = arguments.wheel()?;
    let state = wheel
        .driver
        .load()?
        .context("no release was started here: `rollout start` does that")?;
    if let Some(outcome) = end(&state) {
        let canary = &state.release.canary;
        println!("the release of {canary} is {}", telling::phase(&state));
        return Ok(ExitCode::from(outcome.exit_code()));
    }
    let policy = policy_of(&wheel.directory, &state.plan.policy_hash)?;
    let meter = arguments.prometheus.meter(&policy)?;
    Drive::new(wheel, policy, meter)
        .until(arguments.until.clone())
        .to_the_end()
}

/// A version that was found bad is not begun again by accident, as when a pipeline's job is run once more; nor is any while the canary
/// still has traffic of the release before. One that goes on is refused by the driver.
fn check_last_release(wheel: &Wheel, arguments: &StartArguments) -> anyhow::Result<()> {
    let last = wheel.driver.load()?;
    if last.as_ref().is_some_and(|last| !last.is_over()) {
        return Ok(());
    }
    let text = wheel.directory.history()?;
    let records = history::read(&text)?.records;
    let canary = &arguments.canary;
    let is_bad = last
        .as_ref()
        .is_some_and(|last| last.release.canary == *canary && end(last) == Some(Outcome::Rollback));
    ensure!(
        arguments.again || !(is_bad || was_rolled_back(&records, canary)),
        "the last release of {canary} was rolled back (`rollout history` says why): name --again, with a --reason, to begin it once more"
    );
    let weights = wheel.driver.controller().weights()?;
    ensure!(
        weights == Weights::ALL_STABLE,
        "the canary has {} % of the traffic before its release begins: `cargo xtask rollout finish` ends the release before",
        weights.canary()
    );
    Ok(())
}

/// The judge would compare the canary with a version that is not there. What HAProxy's servers do not say is no reason to wait.
fn check_stable(wheel: &Wheel, stable: &str) -> anyhow::Result<()> {
    let Some(router) = wheel.driver.controller().router() else {
        return Ok(());
    };
    let runtime = Runtime::new().context("the runtime does not start")?;
    for Ready { name, version } in ready_in_stable(&runtime, router)? {
        match version {
            Ok(found) => ensure!(
                found == stable,
                "--stable is {stable}, but {name} of the stable backend says that it is {found}: name the version that serves now"
            ),
            Err(why) => eprintln!("warning: whether {name} is {stable} is unknown: {why}"),
        }
    }
    Ok(())
}

/// Whether the last release of this version was.
fn was_rolled_back(records: &[Record], version: &str) -> bool {
    let (mut is_its_own, mut was_rolled_back) = (false, false);
    for record in records {
        match &record.event {
            Event::Started { canary, .. } => {
                is_its_own = canary == version;
                was_rolled_back &= !is_its_own;
            }
            Event::RollbackBegan { .. } => was_rolled_back |= is_its_own,
            _ => {}
        }
    }
    was_rolled_back
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
    pub(crate) fn open(&self) -> Directory {
        Directory::new(&self.directory)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use rollout::history::{Cause, Entry, Head};

    use super::*;

    fn history(events: Vec<Event>) -> Vec<Record> {
        let mut head = Head::default();
        let records = events.into_iter().map(|event| {
            let entry = Entry {
                at: DateTime::<Utc>::UNIX_EPOCH,
                operator: "ada".to_owned(),
                reason: "a test".to_owned(),
                event,
                verdict_hash: None,
                weights: Weights::ALL_STABLE,
            };
            let record = Record::after(&head, entry);
            head = record.head();
            record
        });
        records.collect()
    }

    fn started(canary: &str) -> Event {
        Event::Started {
            canary: canary.to_owned(),
            stable: "1".to_owned(),
            policy_hash: String::new(),
        }
    }

    #[test]
    fn the_last_release_of_a_version_counts_and_not_that_of_others() {
        let back = || Event::RollbackBegan {
            cause: Cause::Abort,
        };
        let was = |events, version| was_rolled_back(&history(events), version);
        assert!(!was(vec![], "2"));
        assert!(was(vec![started("2"), back()], "2"));
        assert!(was(
            vec![started("2"), back(), Event::RolledBack, started("3")],
            "2"
        ));
        assert!(!was(
            vec![started("2"), back(), started("3"), Event::Finished],
            "3"
        ));
        assert!(!was(vec![started("2"), started("3"), back()], "2"));
        // Begun again, and well.
        assert!(!was(
            vec![started("2"), back(), started("2"), Event::Finished],
            "2"
        ));
        // Taken back after its end.
        assert!(was(vec![started("2"), Event::Finished, back()], "2"));
    }
}
