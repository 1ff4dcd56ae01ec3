//! `cargo xtask bench`: what the engine does well and how fast, in numbers.

mod agents;
mod assistant;
mod catalogue;
mod goals;
mod http_load;
mod machine;
pub(crate) mod release;
mod relevance;
mod search;
mod security;
mod stores;
mod telemetry;

use std::process::ExitCode;

use clap::Subcommand;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Benchmark {
    /// Measure speed, memory and freshness of the release build, side by side with what it is compared to
    Search(search::Arguments),
    /// Measure replicas on Postgres, directly and through PgBouncer: imports, starts, changes, interactions, an absence
    Stores(stores::Arguments),
    /// Measure what checking tokens costs, how exact shared limits are, and what a flood costs known callers
    Security(security::Arguments),
    /// Measure how soon the assistant answers without its model, and what equal questions cost
    Assistant(assistant::Arguments),
    /// Measure tasks of agents on Postgres: how many are accepted, and how soon they are done and told
    Agents(agents::Arguments),
    /// Measure what counting requests and all telemetry together cost, and how quickly and how large the metrics are
    Telemetry(telemetry::Arguments),
    /// Measure how well searches find what was meant: known items and judged queries
    Relevance(relevance::Arguments),
}

pub(crate) fn run(benchmark: &Benchmark) -> anyhow::Result<ExitCode> {
    match benchmark {
        Benchmark::Search(arguments) => search::run(arguments),
        Benchmark::Stores(arguments) => stores::run(arguments),
        Benchmark::Security(arguments) => security::run(arguments),
        Benchmark::Assistant(arguments) => assistant::run(arguments),
        Benchmark::Agents(arguments) => agents::run(arguments),
        Benchmark::Telemetry(arguments) => telemetry::run(arguments),
        Benchmark::Relevance(arguments) => relevance::run(arguments),
    }
}

/// The middle of an odd number of values; of none, a number that meets no goal.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
