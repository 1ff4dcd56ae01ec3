//! Measures the search engine in this process, beside a peer and a ceiling; `cargo xtask bench search` runs it and tells
//! what the numbers mean. One subcommand a measurement, results as one JSON object a line on standard output.

mod ceiling;
mod contestants;
mod corpus;
mod freshness;
mod measure;
mod operations;
mod ours;
mod output;
mod peer;
mod profiles;
mod queries;
mod targets;
mod texts;
mod vocabulary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The server's allocator, so that allocations cost the same here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measurements of the search engine, for `cargo xtask bench search`")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Count the different words of catalogues of several sizes
    Vocabulary(vocabulary::Arguments),
    /// Measure searches on one thread, beside the peer
    Searches(contestants::Arguments),
    /// Measure everything else that the engine answers, on one thread
    Operations(operations::Arguments),
    /// Measure how soon a change is found while others search
    Freshness(freshness::Arguments),
    /// Print the targets of the same searches over HTTP
    Targets(targets::Arguments),
    /// Serve what no API can be faster than, until standard input ends
    Ceiling(ceiling::Arguments),
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Vocabulary(arguments) => vocabulary::run(&arguments),
        Command::Searches(arguments) => contestants::run(&arguments),
        Command::Operations(arguments) => operations::run(&arguments),
        Command::Freshness(arguments) => freshness::run(&arguments),
        Command::Targets(arguments) => targets::run(&arguments),
        Command::Ceiling(arguments) => ceiling::run(&arguments),
    };
    done.map_or_else(
        |error| {
            output::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::CommandLine;

    #[test]
    fn the_command_line_is_free_of_contradictions() {
        CommandLine::command().debug_assert();
    }
}
