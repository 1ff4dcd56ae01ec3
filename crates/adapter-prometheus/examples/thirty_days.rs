//! How long `rollout-check` takes with 30 days of data, which is a snapshot and its judgement:
//! `cargo run --release --package adapter-prometheus --example thirty_days`.
//!
//! Makes blocks of 30 days for a stable version of three servers, two of which started again meanwhile, and a canary of one, starts a
//! Prometheus over them, and takes snapshots with the shipped policy and with windows of 30 days.

#![expect(clippy::print_stdout, reason = "whoever runs it reads it")]

#[path = "../tests/it/service.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod service;
#[path = "../tests/it/world.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod world;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use adapter_prometheus::Request;
use chrono::DateTime;
use rollout::snapshot::{Snapshot, Window};
use rollout::{Policy, judge};
use service::Process;
use world::{Server, make_blocks, policy};

const DAY: i64 = 86_400;
const BEGIN: i64 = 1_768_003_200;
const NOW: i64 = BEGIN + 30 * DAY;
/// Gauges are read sample by sample, so they have the step of real scrapes. Counters are read at single moments: fewer samples of
/// them make no difference but to the time that the blocks take.
const GAUGES: i64 = 15;
const COUNTERS: i64 = 240;
/// Days that are written at once.
const CHUNK: i64 = 5;

fn processes() -> Vec<Process> {
    vec![
        Process::new("1.9.0", "stable-1:5001", BEGIN - DAY),
        Process::new("1.9.0", "stable-2:5001", BEGIN + 7).until(BEGIN + 17 * DAY),
        Process::new("1.9.0", "stable-2:5001", BEGIN + 17 * DAY + 900),
        Process::new("1.9.0", "stable-3:5001", BEGIN + 7).until(BEGIN + 28 * DAY),
        Process::new("1.9.0", "stable-3:5001", BEGIN + 28 * DAY + 900),
        Process::new("2.0.0", "canary-1:5001", NOW - 2 * DAY),
    ]
}

fn blocks(folder: &Path) {
    let mut samples = 0_u64;
    for first in (0..30).step_by(CHUNK as usize) {
        let (from, until) = (BEGIN + first * DAY, BEGIN + (first + CHUNK) * DAY - 1);
        let mut lines = String::new();
        for process in processes() {
            for at in process.scrapes(from, until, GAUGES) {
                let is_full = at % COUNTERS < GAUGES;
                for (name, value) in process.metrics(at) {
                    let is_gauge = ["process_", "postgres_"]
                        .iter()
                        .any(|part| name.starts_with(part));
                    if is_full || is_gauge {
                        let _ = writeln!(lines, "{} {at}", process.line(&name, value, true));
                        samples += 1;
                    }
                }
                let _ = writeln!(lines, "{} {at}", process.line("up{", 1.0, true));
            }
        }
        make_blocks(folder, &lines, "120h");
    }
    println!("{samples} samples");
}

/// The processor's time that Prometheus has taken, in milliseconds: on a busy machine it tells more than the time that passes.
fn processor_ms(server: &Server) -> u64 {
    let path = format!("/proc/{}/stat", server.0.process().process());
    let text = std::fs::read_to_string(path).expect("it runs");
    let (_, fields) = text.rsplit_once(") ").expect("the name is in parentheses");
    // Both of its kinds, in hundredths of a second.
    let times = fields.split(' ').skip(11).take(2);
    times
        .map(|ticks| ticks.parse::<u64>().expect("it is a number") * 10)
        .sum()
}

/// The middle of many judgements of one snapshot.
fn judge_often(name: &str, policy: &Policy, snapshot: &Snapshot) {
    const TIMES: usize = 501;
    let stage = policy.stage("canary").expect("there is a canary");
    let mut microseconds: Vec<u128> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box(judge(policy, stage, snapshot));
            begun.elapsed().as_micros()
        })
        .collect();
    microseconds.sort_unstable();
    println!(
        "{name}: judged within {} us in the median",
        microseconds[TIMES / 2]
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let begun = Instant::now();
    let server = Server::start("", &[], blocks).await;
    println!("made in {:.0} s", begun.elapsed().as_secs_f64());
    let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("it is a time");
    let request = Request {
        canary: "2.0.0".to_owned(),
        stable: "1.9.0".to_owned(),
        taken_at: at(NOW - 7),
        stage_started_at: at(NOW - 7_200),
        replays: true,
    };
    let text = include_str!("../../../config/rollout.toml");
    let month =
        Policy::parse(&text.replace("long = \"3d\"", "long = \"30d\"")).expect("it is valid");
    for (name, policy) in [
        ("the shipped policy", policy()),
        ("windows of 30 days", month),
    ] {
        for round in 1..=3 {
            let (begun, processor) = (Instant::now(), processor_ms(&server));
            let taken = server
                .prometheus(None)
                .take(&policy, &request)
                .await
                .expect("it answers");
            let took = begun.elapsed();
            let longest = policy.windows().into_iter().max().map(Window::Last);
            let counts = longest.and_then(|window| taken.snapshot.stable.counts(window).cloned());
            judge_often(name, &policy, &taken.snapshot);
            println!(
                "{name}, round {round}: {} ms, {} ms of the processor in Prometheus, {:?} requests of the stable version, {:?}",
                took.as_millis(),
                processor_ms(&server) - processor,
                counts.and_then(|counts| counts.requests),
                taken.notes
            );
        }
    }
}
