//! `cargo xtask rollout simulate`: the judge and the stage machine in a thought-up world.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread::available_parallelism;

use indicatif::ProgressBar;
use rollout::simulate::{QUESTIONS, Settings, simulate};
use rollout::simulation::{self, Course, Seeds};

use super::PolicyArguments;
use crate::reporting;

/// The most broken promises that are printed.
const MOST_PRINTED: usize = 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rollout simulate
  cargo xtask rollout simulate --releases 100000
  cargo xtask rollout simulate --seed 36684 --releases 1 --rounds 1

Each release and each round has a seed of its own, so that the outcome is the same on any number of cores.")]
pub(crate) struct Arguments {
    /// Requests a second of both versions together
    #[arg(long, value_name = "N", default_value_t = 200.0)]
    rps: f64,
    /// Canaries that are judged of each kind
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// Releases that are played under faults, each with a seed of its own
    #[arg(long, default_value_t = 1_000)]
    releases: u64,
    /// The first seed; a failure prints the one to play again
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Without it, as many as there are cores
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    policy: PolicyArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let policy = arguments.policy.read()?;
    let threads = arguments.threads.map_or_else(available_parallelism, Ok)?;
    let settings = Settings {
        rounds: arguments.rounds,
        seed: arguments.seed,
        requests_per_second: arguments.rps,
        threads,
    };
    let rounds = progress_bar("rounds", (QUESTIONS * arguments.rounds).into());
    let figures = simulate(&policy, settings, || rounds.inc(1))?;
    rounds.finish_and_clear();
    let rows = [
        (
            "canary as good as stable, rolled back at some look",
            percent(figures.false_rollbacks),
            "1 % at most",
        ),
        (
            "the same, promoted at the end of its stage",
            percent(figures.promoted),
            "95 % at least",
        ),
        (
            "canary with 1 % errors, rolled back within the planned sample",
            percent(figures.bad_rolled_back_in_time),
            "90 % at least",
        ),
        (
            "canary with 10 % errors, requests until it is rolled back",
            format!("{:.1}", figures.requests_until_terrible_is_rolled_back),
            "60 at most",
        ),
    ];
    println!(
        "The judge, {} rounds, planned sample {}:\n",
        figures.rounds, figures.planned_sample
    );
    println!("| canary | measured | goal |\n|---|---:|---:|");
    for (what, measured, goal) in rows {
        println!("| {what} | {measured} | {goal} |");
    }
    let seeds = Seeds {
        first: arguments.seed,
        count: arguments.releases,
    };
    let releases = progress_bar("releases", seeds.count);
    let course = simulation::simulate(seeds, threads, || releases.inc(1));
    releases.finish_and_clear();
    print!("{}", told(&course));
    Ok(ExitCode::from(u8::from(!course.failures.is_empty())))
}

fn told(course: &Course) -> String {
    let (report, failures) = (&course.report, &course.failures);
    let mut text = format!(
        "\nThe stage machine: {} releases ({} done, {} of them settled, {} rolled back) in {} steps with {} crashes, {} failed \
         calls and {} clock jumps: every promise was kept.\n",
        report.releases,
        report.done,
        report.settled,
        report.rolled_back,
        report.steps,
        report.crashes,
        report.failed_calls,
        report.clock_jumps
    );
    if failures.is_empty() {
        return text;
    }
    text.push_str(&format!("{} MORE BROKE A PROMISE:\n", failures.len()));
    for failure in failures.iter().take(MOST_PRINTED) {
        text.push_str(&format!(
            "{failure} (again: --seed {} --releases 1)\n",
            failure.seed
        ));
    }
    if let Some(more @ 1..) = failures.len().checked_sub(MOST_PRINTED) {
        text.push_str(&format!("and {more} more\n"));
    }
    text
}

fn progress_bar(what: &'static str, count: u64) -> ProgressBar {
    reporting::progress_bar(Some(count), "{bar:40} {pos}/{len} {msg} {eta}").with_message(what)
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use rollout::simulation::Failure;

    use super::*;

    fn course(broken: u64) -> Course {
        let failures = (0..broken).map(|seed| Failure {
            seed,
            step: 7,
            promise: "no stage is skipped".to_owned(),
        });
        Course {
            failures: failures.collect(),
            ..Course::default()
        }
    }

    #[test]
    fn every_broken_promise_says_how_to_see_it_again() {
        assert!(!told(&course(0)).contains("BROKE"));
        let said = told(&course(23));
        assert!(said.contains("23 MORE BROKE A PROMISE"), "{said}");
        let last = "seed 19, step 7: no stage is skipped (again: --seed 19 --releases 1)\n";
        assert!(said.ends_with(&format!("{last}and 3 more\n")), "{said}");
        assert!(!told(&course(20)).contains("more\n"));
    }
}
