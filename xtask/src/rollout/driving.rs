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
    _lock: Lock,
}

pub(crate) struct Drive {
    wheel: Wheel,
    policy: Policy,
    meter: Meter,
    /// The stage whose end is left to somebody else.
    until: Option<String>,
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
        // An end that is not on file is forgotten: the next step comes to it again.
        self.step.is_kept.then(|| end(&self.step.state)).flatten()
    }
}

/// Of a release that is over: promote when it is done, rollback when it was rolled back.
pub(super) fn end(state: &State) -> Option<Outcome> {
    match state.phase {
        Phase::Done { .. } | Phase::Settled { .. } => Some(Outcome::Promote),
        Phase::RolledBack { .. } => Some(Outcome::Rollback),
        Phase::Entering(_) | Phase::Running(_) | Phase::RollingBack { .. } => None,
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
            until: None,
        }
    }

    /// Leaves the end of this stage to somebody else.
    pub(super) fn until(self, until: Option<String>) -> Self {
        Self { until, ..self }
    }

    /// Until the release is over: 0 when it is done, 20 when it was rolled back. With `until`, also 0 once that stage could be left.
    ///
    /// # Errors
    ///
    /// When there is no state to go on with, or no such stage.
    pub(super) fn to_the_end(&self) -> anyhow::Result<ExitCode> {
        loop {
            let Some(look) = self.look()? else {
                return Ok(ExitCode::SUCCESS);
            };
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

    /// Measures, judges, and does what follows from it; `None` when the stage is over and good and its end is left to somebody
    /// else.
    ///
    /// # Errors
    ///
    /// When there is no state to go on with, or no such stage.
    pub(crate) fn look(&self) -> anyhow::Result<Option<Look>> {
        let before = self
            .wheel
            .driver
            .load()?
            .context("no release was started")?;
        let letter = mailbox::take(&self.wheel.directory);
        let command = letter.as_ref().map(mailbox::Letter::command);
        let measured = self.measure(&before);
        let outcome = measured
            .evidence()
            .map(|evidence| evidence.verdict().outcome);
        if let Some(until) = &self.until
            && letter.is_none()
            && is_ready(until, &before, outcome)?
        {
            println!("{}: it can be left", telling::phase(&before));
            return Ok(None);
        }
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
            let answered = mailbox::answer(&self.wheel.directory, &letter, refusal(&step));
            note(answered.context("the operator cannot be answered"));
        }
        Ok(Some(Look {
            at,
            before,
            measured,
            step,
        }))
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

/// Why an operator's request was not granted, or will be forgotten.
fn refusal(step: &Step) -> Option<String> {
    if let Some(refusal) = step.refusal {
        return Some(refusal.to_string());
    }
    if step.is_kept {
        return None;
    }
    let why: Vec<String> = step
        .troubles
        .iter()
        .map(|trouble| telling::chain(trouble))
        .collect();
    Some(format!(
        "it could not be written down and is forgotten, but for traffic that was taken from the canary; mend this, and ask again: {}",
        why.join("; ")
    ))
}

/// Whether the stage is behind us, or was watched for long enough and its verdict promotes.
///
/// # Errors
///
/// When the release has no such stage.
fn is_ready(until: &str, state: &State, outcome: Option<Outcome>) -> anyhow::Result<bool> {
    let mut stages = state.plan.stages.iter();
    let last = stages
        .position(|stage| stage.name == until)
        .with_context(|| format!("the release has no stage {until}"))?;
    let Some(running) = state.judged() else {
        return Ok(false);
    };
    if running.stage != last {
        return Ok(running.stage > last);
    }
    let needed = state.stage(last).at_least_seconds;
    let watched = u64::try_from(running.watch.total().num_seconds()).unwrap_or_default();
    Ok(matches!(state.phase, Phase::Running(_))
        && state.pause.is_none()
        && watched >= needed
        && outcome == Some(Outcome::Promote))
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
pub(super) fn keep_policy(
    directory: &Directory,
    policy: &Policy,
    text: &str,
) -> anyhow::Result<()> {
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use rollout::history::Head;
    use rollout::machine::{Pause, Plan, Refusal, Release, Running, StoreError, Watch};
    use rollout::traffic::{Confirmation, Weights};

    use super::*;

    const SHIPPED: &str = include_str!("../../../config/rollout.toml");

    /// In a stage that was watched for so many minutes.
    fn running(stage: usize, minutes: i64) -> State {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let plan = Plan::of(&Policy::parse(SHIPPED).unwrap());
        let release = Release {
            canary: "2".to_owned(),
            stable: "1".to_owned(),
        };
        let weights = Weights::ALL_STABLE;
        let at = (Head::default(), weights);
        let mut state = State::started(release, plan, ("ada", "a test"), at, start);
        let mut watch = Watch::default();
        for minute in 0..=minutes {
            watch.look(start + TimeDelta::minutes(minute), TimeDelta::minutes(3));
        }
        state.phase = Phase::Running(Running {
            stage,
            started_at: start,
            confirmed: Confirmation { weights, at: start },
            late_before: None,
            watch,
        });
        state
    }

    fn step(is_kept: bool, refusal: Option<Refusal>) -> Step {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let trouble = StoreError::Unavailable(full.into()).into();
        Step {
            state: running(0, 1),
            is_kept,
            order: None,
            refusal,
            troubles: if is_kept { Vec::new() } else { vec![trouble] },
        }
    }

    #[test]
    fn nothing_is_granted_that_could_not_be_written_down() {
        assert_eq!(refusal(&step(true, None)), None);
        let forgotten = refusal(&step(false, None)).unwrap();
        assert!(forgotten.contains("no storage space"), "{forgotten}");
        let refused = refusal(&step(false, Some(Refusal::NotPaused))).unwrap();
        assert_eq!(refused, Refusal::NotPaused.to_string());
    }

    #[test]
    fn a_release_has_ended_once_that_is_written_down() {
        let look = |is_kept| {
            let mut step = step(is_kept, None);
            step.state.phase = Phase::Done {
                at: step.state.ticked_at,
            };
            Look {
                at: step.state.ticked_at,
                before: running(0, 1),
                measured: Measured::Nothing,
                step,
            }
        };
        assert_eq!(look(true).end(), Some(Outcome::Promote));
        assert_eq!(look(false).end(), None);
    }

    #[test]
    fn a_stage_ends_when_it_was_watched_for_long_enough_and_its_verdict_promotes() {
        let promote = Some(Outcome::Promote);
        let ready = |state: &State, outcome| is_ready("canary", state, outcome).unwrap();
        assert!(ready(&running(0, 120), promote));
        assert!(!ready(&running(0, 119), promote));
        for outcome in [
            None,
            Some(Outcome::Hold),
            Some(Outcome::Rollback),
            Some(Outcome::Broken),
        ] {
            assert!(!ready(&running(0, 200), outcome), "{outcome:?}");
        }
        let mut paused = running(0, 200);
        paused.pause = Some(Pause {
            operator: "ada".to_owned(),
            reason: "lunch".to_owned(),
            at: paused.ticked_at,
        });
        assert!(!ready(&paused, promote));
    }

    #[test]
    fn a_stage_that_is_behind_is_over_and_one_that_does_not_come_is_an_error() {
        assert!(is_ready("canary", &running(1, 0), None).unwrap());
        assert!(!is_ready("full", &running(1, 9_999), Some(Outcome::Promote)).unwrap());
        assert!(is_ready("lunch", &running(0, 0), None).is_err());
    }
}
