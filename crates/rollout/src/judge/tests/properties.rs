//! What holds for all snapshots.

use proptest::prelude::*;

use super::*;
use crate::judge::combine;

/// The worse, the higher. A broken verdict says nothing about the canary.
fn badness(verdict: &Verdict) -> u8 {
    match verdict.outcome {
        Outcome::Promote => 0,
        Outcome::Hold => 1,
        Outcome::Rollback => 2,
        Outcome::Broken => unreachable!("the telemetry of these snapshots is fine"),
    }
}

/// Traffic and error rates from a hundred requests to millions, from none to all.
fn release() -> impl Strategy<Value = Snapshot> {
    let rate = prop_oneof![Just(0.0), 0.0001..0.003, 0.003..0.05, 0.05..1.0];
    (1_u64..200, rate.clone(), rate, 60_i64..10_000).prop_map(|(speed, bad, stable_bad, age)| {
        let mut snapshot = healthy();
        snapshot.stage_started_at = snapshot.taken_at - TimeDelta::seconds(age);
        snapshot.canary.windows = windows(speed);
        snapshot.stable.windows = windows(speed * 19);
        fail(&mut snapshot.canary, bad);
        fail(&mut snapshot.stable, stable_bad);
        snapshot
    })
}

fn fail(version: &mut VersionSnapshot, rate: f64) {
    for counts in version.windows.values_mut() {
        let requests = counts.requests.unwrap() as f64;
        counts.server_errors = Some((requests * rate) as u64);
    }
}

/// All counts so many times.
fn scaled(snapshot: &Snapshot, times: u64) -> Snapshot {
    let mut snapshot = snapshot.clone();
    let versions = [&mut snapshot.canary, &mut snapshot.stable];
    for counts in versions
        .into_iter()
        .flat_map(|version| version.windows.values_mut())
    {
        let events = |events: Component<Events>| {
            events.map(|events| Events {
                all: events.all * times,
                failed: events.failed * times,
            })
        };
        counts.requests = counts.requests.map(|count| count * times);
        counts.server_errors = counts.server_errors.map(|count| count * times);
        counts
            .slower_than_ms
            .values_mut()
            .for_each(|slow| *slow *= times);
        counts.sent = counts.sent.map(|count| count * times);
        counts.unanswered = counts.unanswered.map(|count| count * times);
        counts.search = events(counts.search);
        counts.recommendations = events(counts.recommendations);
        counts.agent_tasks = events(counts.agent_tasks);
        counts.cache = events(counts.cache);
        counts.ai = counts.ai.map(|ai| AiCounts {
            questions: ai.questions * times,
            fallbacks: ai.fallbacks * times,
            calls: ai.calls * times,
            failed: ai.failed * times,
        });
    }
    snapshot
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn more_errors_never_make_a_verdict_better(
        snapshot in release(),
        more in 1_u64..1_000,
        place in 0_usize..12,
        kind in 0_u8..7,
    ) {
        let mut worse = snapshot.clone();
        let place = place % worse.canary.windows.len();
        let counts = worse.canary.windows.values_mut().nth(place).unwrap();
        let events = |events: Component<Events>| events.map(|events| Events {
            failed: (events.failed + more).min(events.all),
            ..events
        });
        let requests = counts.requests.unwrap();
        match kind {
            0 => counts.server_errors = counts.server_errors.map(|errors| (errors + more).min(requests)),
            1 => counts.search = events(counts.search),
            2 => counts.recommendations = events(counts.recommendations),
            3 => counts.agent_tasks = events(counts.agent_tasks),
            4 => counts.cache = events(counts.cache),
            5 => counts.slower_than_ms.values_mut().for_each(|slow| *slow = (*slow + more).min(requests)),
            _ => counts.unanswered = Component::Present(more.min(counts.sent.present().unwrap() / 3)),
        }
        prop_assert!(badness(&judged(&worse)) >= badness(&judged(&snapshot)));
    }

    #[test]
    fn more_of_the_same_never_turns_a_rollback_into_a_promotion(snapshot in release(), times in 2_u64..50) {
        let (before, after) = (judged(&snapshot), judged(&scaled(&snapshot, times)));
        if before.outcome == Outcome::Rollback {
            prop_assert_eq!(after.outcome, Outcome::Rollback);
        }
    }

    #[test]
    fn the_order_of_rules_is_irrelevant(snapshot in release(), seed in any::<u64>()) {
        let verdict = judged(&snapshot);
        let mut rules = verdict.rules.clone();
        rules.sort_by_key(|rule| rule.name.bytes().fold(seed, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }));
        prop_assert_eq!(combine(&rules), (verdict.outcome, verdict.at_once));
    }

    #[test]
    fn a_snapshot_survives_json(snapshot in release(), part in 0.0..1.0) {
        let mut snapshot = snapshot;
        for counts in snapshot.canary.windows.values_mut() {
            counts.memory_peak = Component::Present(part);
            counts.ai = Component::NotConfigured;
            counts.cache = Component::Missing;
        }
        let read = Snapshot::from_json(&serde_json::to_string(&snapshot).unwrap()).unwrap();
        prop_assert_eq!(read.hash(), snapshot.hash());
        prop_assert_eq!(read, snapshot);
    }
}
