//! Machines and drivers that break a promise: each must be caught.

use super::*;
use crate::{
    machine::{Entering, Phase, Running},
    traffic::{Order, Weights},
    verdict::Outcome,
};

mod settling;

const SEEDS: Seeds = Seeds {
    first: 0,
    count: 300,
};

/// The promise that was broken first.
fn caught(rules: Rules, habits: Habits) -> String {
    let mut seeds = SEEDS.first..SEEDS.first + SEEDS.count;
    let caught = seeds.find_map(|seed| Game::new(seed, habits).play(rules).err());
    caught.expect("somebody notices").promise
}

fn caught_rules(rules: Rules) -> String {
    caught(rules, Habits::default())
}

#[test]
fn a_state_that_is_saved_after_the_order_is_caught() {
    let saves_late = Habits {
        saves_late: true,
        ..Habits::default()
    };
    let promise = caught(decide, saves_late);
    let expected = ["what is ordered was written before", "the history verifies"];
    assert!(expected.contains(&promise.as_str()), "{promise}");
}

#[test]
fn a_history_that_forgets_is_caught() {
    let forgets = Habits {
        forgets: true,
        ..Habits::default()
    };
    assert_eq!(caught(decide, forgets), "the history verifies");
}

#[test]
fn an_order_without_an_intent_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        if decision.order.is_some_and(|order| order.raises) {
            decision.state.phase = state.phase.clone();
        }
        decision
    });
    assert_eq!(promise, "what is ordered was written before");
}

#[test]
fn a_machine_that_does_not_see_bad_canaries_is_caught() {
    let promise = caught_rules(|state, tick| {
        let is_bad = |evidence: &&_| outcome(evidence) == Outcome::Rollback;
        let evidence = tick.evidence.filter(|evidence| !is_bad(evidence));
        decide(state, &Tick { evidence, ..*tick })
    });
    assert_eq!(promise, "a bad canary is rolled back");
}

fn outcome(evidence: &crate::machine::Evidence) -> Outcome {
    evidence.verdict.outcome
}

#[test]
fn a_machine_that_skips_a_stage_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        let last = state.plan.stages.len() - 1;
        if let (Phase::Running(_), Phase::Entering(entering)) =
            (&state.phase, &mut decision.state.phase)
        {
            entering.stage = last;
            let weights = decision.state.weights();
            decision.order = decision.order.map(|order| Order { weights, ..order });
        }
        decision
    });
    assert!(
        ["what is ordered was recorded", "no stage is skipped"].contains(&promise.as_str()),
        "{promise}"
    );
}

#[test]
fn a_machine_that_takes_gaps_for_watching_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut patient = state.clone();
        patient.plan.longest_gap_seconds = 1 << 30;
        let mut decision = decide(&patient, tick);
        decision.state.plan = state.plan.clone();
        decision
    });
    assert_eq!(promise, "no promotion unwatched");
}

#[test]
fn a_machine_that_believes_old_counts_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut patient = state.clone();
        patient.plan.stale_after_seconds = 1 << 30;
        if let Phase::Running(running) = &mut patient.phase {
            running.late_before = None;
        }
        let mut decision = decide(&patient, tick);
        decision.state.plan = state.plan.clone();
        decision
    });
    assert!(
        ["no promotion on old counts", "every release ends"].contains(&promise.as_str()),
        "{promise}"
    );
}

#[test]
fn a_machine_that_raises_again_without_a_verdict_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        let is_lasting = decision.state.phase == state.phase && state.pause.is_none();
        let is_later = state.judged().is_some();
        if matches!(state.phase, Phase::Entering(_)) && is_lasting && is_later {
            let weights = decision.state.weights();
            decision.order = Some(Order {
                weights,
                raises: true,
            });
        }
        decision
    });
    let expected = [
        "no promotion without a verdict that promotes",
        "no promotion while a trigger holds",
        "what is ordered was recorded",
    ];
    assert!(expected.contains(&promise.as_str()), "{promise}");
}

#[test]
fn a_machine_that_orders_a_rollback_only_once_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        if matches!(state.phase, Phase::RollingBack { .. }) {
            decision.order = None;
        }
        decision
    });
    assert_eq!(promise, "the history agrees with the controller");
}

#[test]
fn a_machine_that_takes_a_rollback_for_done_unseen_is_caught() {
    let promise = caught_rules(|state, tick| {
        let weights = match state.phase {
            Phase::RollingBack { .. } => Some(Weights::ALL_STABLE),
            _ => tick.weights,
        };
        decide(state, &Tick { weights, ..*tick })
    });
    assert_eq!(promise, "the history agrees with the controller");
}

#[test]
fn a_machine_that_leaves_a_rollback_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        if matches!(state.phase, Phase::RollingBack { .. }) && tick.weights.is_none() {
            let at = tick.now;
            decision.state.phase = Phase::Done { at };
        }
        decision
    });
    assert_eq!(promise, "a rollback is never left");
}

#[test]
fn a_machine_that_resumes_by_itself_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        if state.pause.is_some() {
            decision.state.pause = None;
        }
        decision
    });
    assert_eq!(promise, "only a person lifts a pause");
}

#[test]
fn a_machine_that_does_not_begin_anew_with_a_stage_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        if let (
            Phase::Entering(Entering {
                from: Some(from), ..
            }),
            Phase::Running(running),
        ) = (&state.phase, &mut decision.state.phase)
        {
            *running = Running {
                stage: running.stage,
                confirmed: running.confirmed,
                ..from.clone()
            };
        }
        decision
    });
    assert_eq!(promise, "no promotion unwatched");
}

#[test]
fn a_machine_that_records_nothing_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        decision.state.head = state.head.clone();
        decision.state.outbox = state.outbox.clone();
        decision
    });
    assert!(
        [
            "what is ordered was recorded",
            "no stage is skipped",
            "the history agrees with the controller",
            "the history knows what was settled"
        ]
        .contains(&promise.as_str()),
        "{promise}"
    );
}
