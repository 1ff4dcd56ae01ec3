//! The promises, checked after every step and at every order, by what really happened.

use chrono::{DateTime, Utc};

use crate::{
    history::{Event, Head, Record},
    machine::{Entering, Evidence, Phase, Plan, Request, State, Step},
    traffic::Weights,
    verdict::Outcome,
};

mod attendance;
mod settling;

pub(super) use attendance::Attendance;
use settling::Settling;

pub(super) struct Checks {
    plan: Plan,
    /// The first promise that was broken.
    pub(super) broken: Option<String>,
    pub(super) attendance: Attendance,
    head: Head,
    confirmed: Option<usize>,
    rollback_began: bool,
    /// The stages that were left for the next, with their starts.
    left: Vec<(usize, DateTime<Utc>)>,
    given: Given,
    settling: Settling,
}

/// What the driver is given in this step.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) evidence: Option<Evidence>,
    pub(super) request: Option<Request>,
    /// None when nobody knows, as the clock jumped since.
    pub(super) real_age: Option<i64>,
}

impl Given {
    fn outcome(&self) -> Option<Outcome> {
        let evidence = self.evidence.as_ref();
        evidence.map(|evidence| evidence.verdict.outcome)
    }
}

impl Checks {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            broken: None,
            attendance: Attendance::default(),
            head: Head::default(),
            confirmed: None,
            rollback_began: false,
            left: Vec::new(),
            given: Given::default(),
            settling: Settling::default(),
        }
    }

    pub(super) fn promise(&mut self, is_kept: bool, promise: &str) {
        if !is_kept && self.broken.is_none() {
            self.broken = Some(promise.to_owned());
        }
    }

    pub(super) fn step_begins(&mut self, state: &State, given: Given) {
        self.note_rollback(&state.phase);
        self.given = given;
        self.settling.seen = None;
    }

    fn note_rollback(&mut self, phase: &Phase) {
        self.rollback_began |= is_back(phase);
    }

    pub(super) fn recorded(&mut self, record: &Record) {
        let fits = record.previous == self.head.hash && record.sequence == self.head.sequence + 1;
        self.promise(fits && record.is_intact(), "the history is one chain");
        self.head = record.head();
        self.settling_is_last(record);
        if let Event::Confirmed { stage } = &record.event {
            let place = self.plan.stages.iter().position(|one| one.name == *stage);
            let is_next = place.is_some_and(|place| place <= self.next_stage());
            self.promise(is_next, "the history never skips a stage");
            self.confirmed = place;
        }
    }

    fn next_stage(&self) -> usize {
        self.confirmed.map_or(0, |stage| stage + 1)
    }

    /// An order has reached the controller, or at least left the driver.
    pub(super) fn ordered(
        &mut self,
        (old, new): (Weights, Weights),
        state: Option<&State>,
        last: Option<&Record>,
    ) {
        self.promise(new.canary() + new.stable() == 100, "weights sum to 100");
        self.nothing_is_ordered_when_settled(state);
        if let Some(state) = state {
            self.note_rollback(&state.phase);
        }
        if new.canary() <= old.canary() {
            return;
        }
        let began = self.rollback_began;
        self.promise(!began, "nothing rises after a rollback began");
        let is_recorded = last.is_some_and(|last| last.weights == new);
        self.promise(is_recorded, "what is ordered was recorded");
        match state.map(|state| &state.phase) {
            Some(Phase::Entering(entering)) => self.raised(entering, new),
            _ => self.promise(false, "what is ordered was written before"),
        }
    }

    fn raised(&mut self, entering: &Entering, new: Weights) {
        let is_planned = self
            .plan
            .stages
            .get(entering.stage)
            .is_some_and(|stage| stage.weights == new);
        self.promise(is_planned, "what is ordered was written before");
        self.promise(entering.stage <= self.next_stage(), "no stage is skipped");
        let outcome = self.given.outcome();
        self.promise(
            outcome != Some(Outcome::Rollback),
            "no promotion while a trigger holds",
        );
        let is_promotion = self.confirmed.is_some() && entering.stage == self.next_stage();
        if is_promotion {
            let promotes = outcome == Some(Outcome::Promote);
            self.promise(promotes, "no promotion without a verdict that promotes");
        }
    }

    pub(super) fn step_ended(
        &mut self,
        before: &State,
        step: &Step,
        actual: Weights,
        last: Weights,
    ) {
        let after = &step.state;
        self.keeps_going_back(before, after);
        self.promotes_rightly(before, after);
        self.settles_rightly(before, step);
        // An intent may wait, and nobody looks at the weights of a release that is done.
        let is_at_rest = step.troubles.is_empty()
            && !matches!(
                after.phase,
                Phase::Entering(_) | Phase::Done { .. } | Phase::Settled { .. }
            );
        if is_at_rest {
            self.promise(actual == last, "the history agrees with the controller");
        }
        let lifted = before.pause.is_some() && after.pause.is_none();
        if lifted && self.given.request != Some(Request::Resume) {
            self.promise(is_back(&after.phase), "only a person lifts a pause");
        }
    }

    fn keeps_going_back(&mut self, before: &State, after: &State) {
        if is_back(&before.phase) {
            self.promise(is_back(&after.phase), "a rollback is never left");
        }
        let is_bad = self.given.outcome() == Some(Outcome::Rollback) && self.is_about(before);
        if is_bad {
            self.promise(is_back(&after.phase), "a bad canary is rolled back");
        }
    }

    fn is_about(&self, state: &State) -> bool {
        let evidence = self.given.evidence.as_ref();
        state
            .judged()
            .zip(evidence)
            .is_some_and(|(running, evidence)| {
                running.started_at == evidence.stage_started_at
                    && state.stage(running.stage).name == evidence.verdict.stage
            })
    }

    fn promotes_rightly(&mut self, before: &State, after: &State) {
        let Phase::Running(running) = &before.phase else {
            return;
        };
        let is_promoted = match &after.phase {
            Phase::Entering(entering) => entering.stage != running.stage,
            Phase::Done { .. } => {
                let is_last = running.stage + 1 == self.plan.stages.len();
                self.promise(is_last, "no stage is skipped");
                true
            }
            Phase::Running(_)
            | Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Settled { .. } => false,
        };
        if !is_promoted {
            return;
        }
        let promotes = self.given.outcome() == Some(Outcome::Promote) && self.is_about(before);
        self.promise(promotes, "no promotion without a verdict that promotes");
        let stale_after = i64::try_from(self.plan.stale_after_seconds).unwrap_or(i64::MAX);
        let is_fresh = self.given.real_age.is_none_or(|age| age <= stale_after);
        self.promise(is_fresh, "no promotion on old counts");
        let at_least = self.plan.stages[running.stage].at_least_seconds;
        let is_watched = self.attendance.seconds() >= at_least;
        let is_asked_for = self.given.request == Some(Request::Promote);
        self.promise(is_watched || is_asked_for, "no promotion unwatched");
    }

    /// A stage began; the one before was left by what was judged in it.
    pub(super) fn confirmed(&mut self, before: &State, after: &State) {
        let (Phase::Entering(entering), Phase::Running(running)) = (&before.phase, &after.phase)
        else {
            return;
        };
        let Some(from) = &entering.from else {
            return;
        };
        if from.stage != running.stage && entering.stage == running.stage {
            let is_new = !self.left.contains(&(from.stage, from.started_at));
            self.promise(is_new, "one advance for each judged period");
        }
    }

    pub(super) fn confirmation_is_kept(&mut self, before: &State, kept: &State) {
        if let (Phase::Entering(entering), Phase::Running(running)) = (&before.phase, &kept.phase)
            && let Some(from) = &entering.from
            && from.stage != running.stage
        {
            self.left.push((from.stage, from.started_at));
        }
    }

    pub(super) fn ended(&mut self, state: &State, actual: Weights) {
        self.promise(state.is_over(), "every release ends");
        // Nobody looks at the weights of a release that is done.
        if is_back(&state.phase) {
            let is_all = actual == Weights::ALL_STABLE;
            self.promise(is_all, "a rollback ends with weight 0");
        }
        self.settling_is_recorded(state);
    }
}

fn is_back(phase: &Phase) -> bool {
    matches!(phase, Phase::RollingBack { .. } | Phase::RolledBack { .. })
}
