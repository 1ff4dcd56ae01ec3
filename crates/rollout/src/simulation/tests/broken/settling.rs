use super::*;
use crate::machine::{Command, Request};

fn is_asked(tick: &Tick<'_>, request: Request) -> bool {
    tick.command
        .is_some_and(|command| command.request == request)
}

fn is_settled(state: &State) -> bool {
    matches!(state.phase, Phase::Settled { .. })
}

#[test]
fn a_machine_that_settles_unseen_is_caught() {
    let promise = caught_rules(|state, tick| {
        let weights = match state.phase {
            Phase::Done { .. } => tick.weights.or(Some(Weights::ALL_STABLE)),
            _ => tick.weights,
        };
        decide(state, &Tick { weights, ..*tick })
    });
    assert_eq!(promise, "a release is settled with all traffic moved");
}

#[test]
fn a_machine_that_settles_what_is_not_done_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut hasty = state.clone();
        let is_moved = tick.weights == Some(Weights::ALL_STABLE);
        if state.judged().is_some() && is_moved && is_asked(tick, Request::Settle) {
            hasty.phase = Phase::Done { at: tick.now };
        }
        decide(&hasty, tick)
    });
    assert_eq!(promise, "only a release that is done is settled");
}

#[test]
fn a_machine_that_settles_by_itself_is_caught() {
    let promise = caught_rules(|state, tick| {
        let settle = Command {
            request: Request::Settle,
            operator: "nobody".to_owned(),
            reason: "it could be".to_owned(),
        };
        let command = tick.command.or(Some(&settle));
        decide(state, &Tick { command, ..*tick })
    });
    assert_eq!(promise, "only a person settles a release");
}

#[test]
fn a_machine_that_grants_nothing_at_the_end_is_caught() {
    let promise = caught_rules(|state, tick| {
        let command = tick
            .command
            .filter(|command| command.request != Request::Settle);
        decide(state, &Tick { command, ..*tick })
    });
    assert_eq!(promise, "who asks at the end is answered rightly");
}

#[test]
fn a_machine_that_takes_back_what_is_settled_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut open = state.clone();
        if is_settled(state) && is_asked(tick, Request::Abort) {
            open.phase = Phase::Done { at: tick.now };
        }
        decide(&open, tick)
    });
    let expected = [
        "nothing is recorded of a settled release",
        "a settled release is never left",
    ];
    assert!(expected.contains(&promise.as_str()), "{promise}");
}

#[test]
fn a_machine_that_settles_twice_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut open = state.clone();
        if is_settled(state) && is_asked(tick, Request::Settle) {
            open.phase = Phase::Done { at: tick.now };
        }
        decide(&open, tick)
    });
    let expected = [
        "nothing is recorded of a settled release",
        "a settled release is never left",
        "who asks at the end is answered rightly",
    ];
    assert!(expected.contains(&promise.as_str()), "{promise}");
}

#[test]
fn a_machine_that_orders_after_the_end_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        let weights = decision.state.weights();
        if is_settled(state) && tick.weights != Some(weights) {
            decision.order = Some(Order {
                weights,
                raises: false,
            });
        }
        decision
    });
    assert_eq!(promise, "nothing is ordered of a settled release");
}

#[test]
fn a_machine_that_settles_without_a_record_is_caught() {
    let promise = caught_rules(|state, tick| {
        let mut decision = decide(state, tick);
        if is_settled(&decision.state) {
            decision.state.head = state.head.clone();
            decision.state.outbox = state.outbox.clone();
        }
        decision
    });
    assert_eq!(promise, "the history knows what was settled");
}
