//! The course of a rehearsal: one row for each look of the release that is driven.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use rollout::Outcome;
use rollout::machine::{Phase, State};
use rollout::snapshot::{Component, Window};

use super::faults::Fault;
use super::world::World;
use crate::rig::load::{Load, Second};
use crate::rollout::driving::{Drive, Look, Measured};
use crate::rollout::telling;
use crate::rollout_check::report;

/// Above so many milliseconds a request is slow, as the criteria of the shipped policy have it.
const SLOW: u32 = 220;

/// What one look saw.
pub(super) struct Row {
    pub(super) at: DateTime<Utc>,
    pub(super) phase: String,
    /// Of all traffic, as far as the router was seen to send it.
    pub(super) canary_percent: u32,
    /// Of the canary in its stage.
    pub(super) requests: Option<u64>,
    pub(super) errors: Option<u64>,
    pub(super) slow: Option<u64>,
    /// A part of 1.
    pub(super) memory: Option<f64>,
    /// Of all users since the rehearsal began.
    pub(super) users: u64,
    pub(super) users_failed: u64,
    pub(super) verdict: Option<Outcome>,
    /// Why it is no promotion; or why there is no verdict.
    pub(super) reason: Option<String>,
}

pub(super) struct Course {
    pub(super) rows: Vec<Row>,
    pub(super) outcome: Outcome,
    /// All users until then.
    pub(super) users: Second,
    /// The canary's first traffic.
    pub(super) canary_since: Option<DateTime<Utc>>,
    pub(super) took: Duration,
}

/// Drives the release until it is over, until the fault's verdict stands, or until `at_most` is over: then the last verdict counts.
///
/// # Errors
///
/// When the machine of the rehearsal fails.
pub(super) fn follow(
    drive: &Drive,
    world: &mut World,
    load: Option<&Load>,
    fault: Option<Fault>,
    at_most: Duration,
    mut show: impl FnMut(&Row),
) -> anyhow::Result<Course> {
    let begun = Instant::now();
    let mut rows: Vec<Row> = Vec::new();
    let mut canary_since = None;
    let mut standing: Option<(Outcome, Instant)> = None;
    loop {
        world.supervise()?;
        let look = drive.look()?;
        let look = look.context("a rehearsal leaves no stage to anybody else")?;
        if canary_since.is_none() && is_running(&look.step.state) {
            canary_since = Some(look.at);
        }
        if canary_since.is_some() {
            match fault {
                Some(Fault::ScrapeLoss) => world.cut_scraping(),
                Some(Fault::Crash) => world.crash(),
                _ => {}
            }
        }
        let row = row(&look, load);
        show(&row);
        let verdict = row.verdict;
        rows.push(row);
        if let Some(verdict) = verdict
            && standing.is_none_or(|(before, _)| before != verdict)
        {
            standing = Some((verdict, Instant::now()));
        }
        let is_late = begun.elapsed() > at_most;
        let verdict = standing.and_then(|(verdict, since)| {
            let patience = fault.and_then(Fault::settles_after);
            let is_settled = patience.is_some_and(|patience| since.elapsed() > patience);
            match verdict {
                _ if is_settled => Some(verdict),
                // A release that was to be promoted and is not done was not promoted.
                Outcome::Promote if is_late => Some(Outcome::Hold),
                _ => is_late.then_some(verdict),
            }
        });
        // No verdict at all is none about the canary.
        let nothing = is_late.then_some(Outcome::Broken);
        if let Some(outcome) = look.end().or(verdict).or(nothing) {
            return Ok(Course {
                rows,
                outcome,
                users: users(load),
                canary_since,
                took: begun.elapsed(),
            });
        }
        drive.wait(&look);
    }
}

/// All of them until now.
fn users(load: Option<&Load>) -> Second {
    load.map(|load| load.seen().total()).unwrap_or_default()
}

fn is_running(state: &State) -> bool {
    matches!(state.phase, Phase::Running(_))
}

fn row(look: &Look, load: Option<&Load>) -> Row {
    let users = users(load);
    let snapshot = look.measured.snapshot();
    let counts = snapshot.and_then(|snapshot| snapshot.canary.counts(Window::Stage));
    let (verdict, reason) = match &look.measured {
        Measured::Nothing => (None, None),
        Measured::Failed(error) => (Some(Outcome::Broken), Some(format!("{error:#}"))),
        Measured::Judged(judged) => {
            let verdict = judged.1.verdict();
            (
                Some(verdict.outcome),
                report::reasons(verdict).into_iter().next(),
            )
        }
    };
    Row {
        at: look.at,
        phase: telling::phase(&look.step.state),
        canary_percent: canary_percent(&look.step.state),
        requests: counts.and_then(|counts| counts.requests),
        errors: counts.and_then(|counts| counts.server_errors),
        slow: counts.and_then(|counts| counts.slower_than_ms.get(&SLOW).copied()),
        memory: counts.and_then(|counts| match counts.memory_peak {
            Component::Present(part) => Some(part),
            Component::NotConfigured | Component::Missing => None,
        }),
        users: users.requests,
        users_failed: users.failed,
        verdict,
        reason,
    }
}

fn canary_percent(state: &State) -> u32 {
    let weights = match &state.phase {
        Phase::Running(running) => state.stage(running.stage).weights,
        Phase::Entering(entering) => match &entering.from {
            Some(running) => state.stage(running.stage).weights,
            None => return 0,
        },
        Phase::RollingBack { .. } | Phase::RolledBack { .. } | Phase::Settled { .. } => return 0,
        Phase::Done { .. } => return 100,
    };
    weights.canary().into()
}
