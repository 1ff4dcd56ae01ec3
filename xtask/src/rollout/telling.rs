//! What a person who watches a release reads.

use rollout::history::{Cause, Event, Record};
use rollout::machine::{Phase, State};

use super::driving::{Look, Measured};
use crate::rollout_check::report;

/// What was measured, what one step did, and why.
pub(super) fn look(look: &Look) {
    let (before, step) = (&look.before, &look.step);
    let time = look.at.format("%H:%M:%S");
    match &look.measured {
        Measured::Nothing => {}
        Measured::Failed(error) => eprintln!("BROKEN: {error:#}"),
        Measured::Judged(judged) => {
            let (taken, evidence) = judged.as_ref();
            for note in &taken.notes {
                eprintln!("note: {note}");
            }
            let headline = report::headline(evidence.verdict());
            println!("{time} {} | {headline}", phase(&step.state));
            for reason in report::reasons(evidence.verdict()) {
                println!("         {reason}");
            }
        }
    }
    if step.is_kept && (before.phase != step.state.phase || before.pause != step.state.pause) {
        println!("{time} now: {}", phase(&step.state));
    }
    if let Some(order) = step.order {
        println!(
            "{time} ordered: {} % for the canary",
            order.weights.canary()
        );
    }
    if let Some(refusal) = step.refusal {
        println!("{time} not granted: {refusal}");
    }
    for trouble in &step.troubles {
        eprintln!("{time} trouble: {}", chain(trouble));
    }
}

/// Where the release stands, in a few words.
pub(crate) fn phase(state: &State) -> String {
    let text = match &state.phase {
        Phase::Entering(entering) => {
            let stage = state.stage(entering.stage);
            format!(
                "{} % for stage {} are ordered",
                stage.weights.canary(),
                stage.name
            )
        }
        Phase::Running(running) => {
            let stage = state.stage(running.stage);
            format!("stage {} at {} %", stage.name, stage.weights.canary())
        }
        Phase::RollingBack { .. } => "rolling back".to_owned(),
        Phase::RolledBack { .. } => "rolled back".to_owned(),
        Phase::Done { .. } => "done".to_owned(),
        Phase::Settled { .. } => "done and finished".to_owned(),
    };
    match &state.pause {
        Some(pause) => format!("{text}, paused by {} ({})", pause.operator, pause.reason),
        None => text,
    }
}

/// One line of the history.
pub(crate) fn record(record: &Record) -> String {
    format!(
        "{:>4} {} {:>3} % {} by {}: {}",
        record.sequence,
        record.at.format("%Y-%m-%d %H:%M:%S"),
        record.weights.canary(),
        event(&record.event),
        record.operator,
        record.reason
    )
}

fn event(event: &Event) -> String {
    match event {
        Event::Started { canary, stable, .. } => format!("started {canary} beside {stable}"),
        Event::Intended { stage } => format!("intended {stage}"),
        Event::Confirmed { stage } => format!("confirmed {stage}"),
        Event::Lapsed { stage } => format!("lapsed {stage}"),
        Event::Drifted { found } => format!("drifted to {} %", found.canary()),
        Event::Paused => "paused".to_owned(),
        Event::Resumed => "resumed".to_owned(),
        Event::RollbackBegan { cause } => format!("rollback began: {}", caused_by(*cause)),
        Event::RolledBack => "rolled back".to_owned(),
        Event::Finished => "finished".to_owned(),
        Event::Settled => "settled".to_owned(),
    }
}

fn caused_by(cause: Cause) -> &'static str {
    match cause {
        Cause::Verdict { at_once: true } => "the judge wants it at once",
        Cause::Verdict { at_once: false } => "the judge wants it",
        Cause::Timeout => "the stage took too long",
        Cause::Abort => "an operator wants it",
    }
}

/// An error with all that caused it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
