//! What befalls a release: drawn by chance from its seed.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::truth::Health;
use crate::{
    machine::{Command, Plan, PlannedStage, Request},
    traffic::Weights,
};

/// Between two looks as a rule.
pub(super) const LOOK: i64 = 60;
pub(super) const GAP: i64 = 3 * LOOK;
pub(super) const STALE: i64 = 2 * LOOK;

/// What happens before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Incident {
    Nothing,
    /// The driver was away for so many seconds.
    Away(i64),
    /// The clock is off by so many seconds more.
    Jump(i64),
    /// The last tick comes again.
    Twice,
    /// A tick from some steps ago comes only now, or again.
    Late(usize),
    /// Somebody else sets the weights.
    Foreign(Weights),
}

pub(super) fn plan(random: &mut StdRng) -> Plan {
    let weights: &[u8] = [&[5, 50, 100][..], &[5, 100], &[1, 10, 50, 100], &[100]]
        .choose(random)
        .copied()
        .unwrap_or(&[100]);
    let stages = weights.iter().map(|percent| {
        let at_least_seconds = random.random_range(2..8) * 60;
        let longest = at_least_seconds + random.random_range(2..20) * 60;
        PlannedStage {
            name: format!("{percent} %"),
            weights: Weights::with_canary(*percent).unwrap_or(Weights::ALL_STABLE),
            at_least_seconds,
            at_most_seconds: random.random_bool(0.4).then_some(longest),
        }
    });
    Plan {
        policy_hash: "the policy".to_owned(),
        stages: stages.collect(),
        longest_gap_seconds: GAP.unsigned_abs(),
        stale_after_seconds: STALE.unsigned_abs(),
        broken_at_most_seconds: 10 * LOOK.unsigned_abs(),
    }
}

/// Phases of health last for some steps.
pub(super) fn health(random: &mut StdRng, before: Health, bad: f64) -> Health {
    if random.random_bool(0.8) {
        return before;
    }
    if random.random_bool(bad) {
        return Health::Bad;
    }
    match random.random_range(0..10) {
        0 => Health::Unseen,
        1 => Health::Unclear,
        _ => Health::Good,
    }
}

pub(super) fn incident(random: &mut StdRng) -> Incident {
    match random.random_range(0..100) {
        0..5 => Incident::Away(random.random_range(GAP..6 * 3_600)),
        5..8 => Incident::Jump(random.random_range(-20..=20)),
        8..10 => Incident::Jump(random.random_range(1..10 * 3_600)),
        10..12 => Incident::Jump(-random.random_range(1..10 * 3_600)),
        12..18 => Incident::Twice,
        18..24 => Incident::Late(random.random_range(1..6)),
        24..26 => {
            let percent = [0, 0, 1, 5, 50, 100].choose(random).copied().unwrap_or(0);
            Incident::Foreign(Weights::with_canary(percent).unwrap_or(Weights::ALL_STABLE))
        }
        _ => Incident::Nothing,
    }
}

pub(super) fn command(random: &mut StdRng, is_paused: bool) -> Option<Command> {
    let request = match random.random_range(0..200) {
        0..4 => Request::Pause,
        4..9 => Request::Promote,
        9 => Request::Abort,
        10..14 => Request::Resume,
        14..60 if is_paused => Request::Resume,
        60..62 => Request::Settle,
        _ => return None,
    };
    Some(by_ada(request))
}

pub(super) fn by_ada(request: Request) -> Command {
    Command {
        request,
        operator: "ada".to_owned(),
        reason: "by chance".to_owned(),
    }
}

/// In how many calls the driver dies, if it does in this step.
pub(super) fn death(random: &mut StdRng) -> Option<u32> {
    random.random_bool(0.08).then(|| random.random_range(0..10))
}
