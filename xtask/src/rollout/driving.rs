//! The loop of a release on plain machines: look, judge, tick, order, and again, until it is done or rolled back.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use adapter_prometheus::Taken;
use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use ports::Clock as _;
use rollout::machine::{Driver, Evidence, Phase, Plan, Release, State, Step};
use rollout::{Outcome, Policy, Snapshot};

use super::directory::{Directory, Lock};
use super::mailbox;
use super::measuring::Meter;
use super::telling;
use super::traffic::Traffic;
use crate::pause::pause;
use crate::system_clock::SystemClock;

/// While an order is to be confirmed.
const SOON: Duration = Duration::from_secs(1);
/// How often requests of operators are looked for.
const REQUESTS_EVERY: Duration = Duration::from_millis(200);
/// The policies that releases began with, by their hashes.
const POLICIES: &str = "policies";
/// What was measured at the last look.
const LATEST: &str = "latest.json";
/// What verdicts in the history were made of, by their hashes.
const SNAPSHOTS: &str = "snapshots";

/// What the one process that drives holds.
pub(crate) struct Wheel {
    pub(super) directory: Directory,
    pub(super) driver: Driver<Directory, Directory, Traffic>,
    pub(super) _lock: Lock,
}

pub(crate) struct Drive {
    wheel: Wheel,
    policy: Policy,
    meter: Meter,
}

/// One look at a release: what was measured, and what was done about it.
pub(crate) struct Look {
    pub(crate) at: DateTime<Utc>,
    pub(crate) before: State,
    pub(crate) measured: Measured,
    pub(crate) step: Step,
}

pub(crate) enum Measured {
    /// No stage is judged now.
    Nothing,
    Judged(Box<(Taken, Evidence)>),
    /// This says nothing about the canary.
    Failed(anyhow::Error),
}

impl Wheel {
    /// # Errors
    ///
    /// When another process has it.
    pub(crate) fn take(directory: Directory, controller: Traffic) -> anyhow::Result<Self> {
        let lock = directory.lock()?;
        Ok(Self {
            driver: Driver::new(directory.clone(), directory.clone(), controller),
            directory,
            _lock: lock,
        })
    }
}

impl Measured {
    pub(crate) fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Judged(judged) => Some(&judged.1),
            Self::Nothing | Self::Failed(_) => None,
        }
    }

    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Self::Judged(judged) => Some(&judged.0.snapshot),
            Self::Nothing | Self::Failed(_) => None,
        }
    }
}

impl Look {
    /// Once the release is over: 0 when it is done, 20 when it was rolled back.
    pub(crate) fn end(&self) -> Option<Outcome> {
        match self.step.state.phase {
            Phase::Done { .. } => Some(Outcome::Promote),
            Phase::RolledBack { .. } => Some(Outcome::Rollback),
            Phase::Entering(_) | Phase::Running(_) | Phase::RollingBack { .. } => None,
        }
    }
}

impl Drive {
    /// Begins a release.
    ///
    /// # Errors
    ///
    /// While another one goes on, or when something is out of reach.
    pub(crate) fn start(
        wheel: Wheel,
        (policy, text): (Policy, &str),
        meter: Meter,
        release: Release,
        by: (&str, &str),
    ) -> anyhow::Result<Self> {
        // The policy first: a state without it could not be judged.
        keep_policy(&wheel.directory, &policy, text)?;
        let plan = Plan::of(&policy);
        wheel.driver.start(release, plan, by, SystemClock.now())?;
        Ok(Self::new(wheel, policy, meter))
    }

    pub(super) fn new(wheel: Wheel, policy: Policy, meter: Meter) -> Self {
        Self {
            wheel,
            policy,
            meter,
        }
    }

    /// Until the release is over: 0 when it is done, 20 when it was rolled back.
    ///
    /// # Errors
    ///
    /// When there is no state to go on with.
    pub(super) fn to_the_end(&self) -> anyhow::Result<ExitCode> {
        loop {
            let look = self.look()?;
            telling::look(&look);
            if let Some(outcome) = look.end() {
                return Ok(ExitCode::from(outcome.exit_code()));
            }
            self.wait(&look);
        }
    }

    /// Until it is time for the next look, or an operator asks for something.
    pub(crate) fn wait(&self, look: &Look) {
        let span = if look.step.state.is_waiting_for_traffic() {
            SOON
        } else {
            self.policy.statistics.look_every
        };
        let begun = Instant::now();
        while begun.elapsed() < span && !mailbox::is_waiting(&self.wheel.directory) {
            pause(REQUESTS_EVERY.min(span));
        }
    }

    /// Measures, judges, and does what follows from it.
    ///
    /// # Errors
    ///
    /// When there is no state to go on with.
    pub(crate) fn look(&self) -> anyhow::Result<Look> {
        let before = self
            .wheel
            .driver
            .load()?
            .context("no release was started")?;
        let letter = mailbox::take(&self.wheel.directory);
        let command = letter.as_ref().map(mailbox::Letter::command);
        let measured = self.measure(&before);
        let at = SystemClock.now();
        let step = self
            .wheel
            .driver
            .step(at, measured.evidence(), command.as_ref())?;
        if let Measured::Judged(judged) = &measured
            && step.state.head != before.head
        {
            note(self.keep(&judged.0.snapshot, &judged.1.verdict().hash));
        }
        if let Some(letter) = letter {
            let refusal = step.refusal.map(|refusal| refusal.to_string());
            let answered = mailbox::answer(&self.wheel.directory, &letter, refusal);
            note(answered.context("the operator cannot be answered"));
        }
        Ok(Look {
            at,
            before,
            measured,
            step,
        })
    }

    fn measure(&self, state: &State) -> Measured {
        let judged = state.judged().and_then(|running| {
            let stage = self.policy.stage(&state.stage(running.stage).name)?;
            Some((running, stage))
        });
        let Some((running, stage)) = judged else {
            return Measured::Nothing;
        };
        let versions = (state.release.canary.as_str(), state.release.stable.as_str());
        match self.meter.take(&self.policy, versions, running.started_at) {
            Ok(taken) => {
                let evidence = Evidence::judged(&self.policy, stage, &taken.snapshot);
                note(self.save(LATEST, &taken.snapshot));
                Measured::Judged(Box::new((taken, evidence)))
            }
            Err(error) => Measured::Failed(error),
        }
    }

    fn keep(&self, snapshot: &Snapshot, verdict_hash: &str) -> anyhow::Result<()> {
        self.wheel.directory.make(SNAPSHOTS)?;
        self.save(&format!("{SNAPSHOTS}/{verdict_hash}.json"), snapshot)
    }

    fn save(&self, name: &str, snapshot: &Snapshot) -> anyhow::Result<()> {
        let text = serde_json::to_string(snapshot)?;
        self.wheel.directory.write(name, &text)
    }
}

/// What is only kept for people and for later, such as on a full disk, ends no release: somebody must go on watching.
fn note(kept: anyhow::Result<()>) {
    if let Err(error) = kept {
        eprintln!("note: {error:#}");
    }
}

/// # Errors
///
/// When it cannot be written.
fn keep_policy(directory: &Directory, policy: &Policy, text: &str) -> anyhow::Result<()> {
    directory.make(POLICIES)?;
    directory.write(&policy_file(&policy.hash()), text)
}

fn policy_file(hash: &str) -> String {
    format!("{POLICIES}/{hash}.toml")
}

/// The policy that the release began with.
///
/// # Errors
///
/// When it is not there, or another one.
pub(super) fn policy_of(directory: &Directory, hash: &str) -> anyhow::Result<Policy> {
    let path = directory.file(&policy_file(hash));
    let policy = super::read_policy(&path)?;
    let shown = path.display();
    ensure!(
        policy.hash() == hash,
        "{shown} is not the policy that the release began with"
    );
    Ok(policy)
}

/// What a verdict in the history was made of.
///
/// # Errors
///
/// When it was not kept, or is no snapshot.
pub(super) fn snapshot_of(directory: &Directory, verdict_hash: &str) -> anyhow::Result<Snapshot> {
    let path = directory.file(&format!("{SNAPSHOTS}/{verdict_hash}.json"));
    let shown = path.display();
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?;
    Snapshot::from_json(&text).with_context(|| format!("{shown} is no snapshot"))
}
