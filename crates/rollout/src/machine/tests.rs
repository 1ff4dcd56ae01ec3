//! Short releases: two stages of two minutes, looked at every minute.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    history::{Cause, Event, Head},
    traffic::{Order, Weights},
    verdict::{Outcome, SCHEMA, Verdict},
};

mod commands;
mod driver;
mod file;
mod rollback;
mod stages;
mod weights;

fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn percent(canary: u8) -> Weights {
    Weights::with_canary(canary).unwrap()
}

fn plan() -> Plan {
    let stage = |name: &str, canary, at_most_seconds| PlannedStage {
        name: name.to_owned(),
        weights: percent(canary),
        at_least_seconds: 120,
        at_most_seconds,
    };
    Plan {
        policy_hash: "the policy".to_owned(),
        stages: vec![stage("canary", 5, Some(600)), stage("full", 100, None)],
        longest_gap_seconds: 180,
        stale_after_seconds: 120,
        broken_at_most_seconds: 600,
    }
}

fn release() -> Release {
    Release {
        canary: "2".to_owned(),
        stable: "1".to_owned(),
    }
}

fn command(request: Request) -> Command {
    Command {
        request,
        operator: "ada".to_owned(),
        reason: "because".to_owned(),
    }
}

/// What the judge says of a snapshot that was taken now.
fn evidence(state: &State, outcome: Outcome, taken_at: DateTime<Utc>) -> Option<Evidence> {
    let running = state.judged()?;
    Some(Evidence {
        taken_at,
        stage_started_at: running.started_at,
        canary: state.release.canary.clone(),
        verdict: Verdict {
            schema: SCHEMA,
            stage: state.stage(running.stage).name.clone(),
            outcome,
            at_once: false,
            policy_hash: state.plan.policy_hash.clone(),
            snapshot_hash: String::new(),
            rules: Vec::new(),
            hash: format!("{outcome:?}"),
        },
    })
}

/// A machine with a controller that does what it is told.
struct Bench {
    state: State,
    weights: Weights,
    minute: i64,
    order: Option<Order>,
    refusal: Option<Refusal>,
}

impl Bench {
    fn started() -> Self {
        let at = (Head::default(), Weights::ALL_STABLE);
        Self {
            state: State::started(release(), plan(), ("ada", "a test"), at, minute(0)),
            weights: Weights::ALL_STABLE,
            minute: 0,
            order: None,
            refusal: None,
        }
    }

    /// In the first stage, confirmed in minute 2.
    fn running() -> Self {
        let mut bench = Self::started();
        bench.look(None);
        bench.look(None);
        bench
    }

    fn tick(&mut self, evidence: Option<&Evidence>, command: Option<&Command>) {
        let tick = Tick {
            now: minute(self.minute),
            weights: Some(self.weights),
            evidence,
            command,
        };
        let decision = decide(&self.state, &tick);
        self.state = decision.state;
        self.order = decision.order;
        self.refusal = decision.refusal;
        self.weights = self.order.map_or(self.weights, |order| order.weights);
    }

    /// A minute later.
    fn look(&mut self, outcome: Option<Outcome>) {
        self.minute += 1;
        let evidence =
            outcome.and_then(|outcome| evidence(&self.state, outcome, minute(self.minute)));
        self.tick(evidence.as_ref(), None);
    }

    fn looks(&mut self, outcome: Outcome, times: u32) {
        for _ in 0..times {
            self.look(Some(outcome));
        }
    }

    fn request(&mut self, request: Request, outcome: Outcome) {
        self.minute += 1;
        let evidence = evidence(&self.state, outcome, minute(self.minute));
        self.tick(evidence.as_ref(), Some(&command(request)));
    }

    fn is_running(&self, stage: usize) -> bool {
        matches!(&self.state.phase, Phase::Running(running) if running.stage == stage)
    }

    fn is_rolled_back_for(&self, wanted: Cause) -> bool {
        matches!(self.state.phase, Phase::RollingBack { cause } if cause == wanted)
            && self.weights == Weights::ALL_STABLE
    }

    fn last_event(&self) -> &Event {
        &self.state.outbox.last().unwrap().event
    }
}
