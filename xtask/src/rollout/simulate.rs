//! `cargo xtask rollout simulate`: the judge and the stage machine in a thought-up world.

use std::process::ExitCode;

use rollout::simulate::{Settings, simulate};
use rollout::simulation::{self, Seeds};

use super::PolicyArguments;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rollout simulate
  cargo xtask rollout simulate --seed 36684 --releases 1 --rounds 1")]
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
    #[command(flatten)]
    policy: PolicyArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let policy = arguments.policy.read()?;
    let figures = simulate(
        &policy,
        Settings {
            rounds: arguments.rounds,
            seed: arguments.seed,
            requests_per_second: arguments.rps,
        },
    )?;
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
    match simulation::simulate(seeds) {
        Ok(report) => {
            println!(
                "\nThe stage machine: {} releases ({} done, {} rolled back) in {} steps with {} crashes, {} failed calls and {} \
                 clock jumps: every promise was kept.",
                report.releases,
                report.done,
                report.rolled_back,
                report.steps,
                report.crashes,
                report.failed_calls,
                report.clock_jumps
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            println!("\nThe stage machine broke a promise: {failure}");
            println!("Play it again with --seed {} --releases 1", failure.seed);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}
