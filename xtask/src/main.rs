//! Developer and operator commands, run as `cargo xtask COMMAND`. One module a command; this file only dispatches.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks on its standard streams"
)]

mod alert_drill;
mod audit;
mod backup;
mod backup_file;
mod bench;
mod browser;
mod check_layers;
mod checklist;
mod command_center;
mod conformance;
mod container;
mod dependency_scan;
mod drill;
mod fuzz;
mod gates;
mod http_connection;
mod import;
mod lint_migrations;
mod loadtest;
mod manifests;
mod migrate;
mod monitoring;
mod panics;
mod pause;
mod plot;
mod post_deploy;
mod postgres;
mod postgres_program;
mod private_file;
mod probing;
mod rehearse;
mod render;
mod reporting;
mod restore;
mod retention;
mod review;
mod rig;
mod rollout;
mod rollout_check;
mod running_server;
mod sample;
mod sbom;
mod secret_scan;
mod setup;
mod soak;
mod store;
mod system_clock;
mod tasks;
mod test;
mod token;
mod tools;
#[cfg(test)]
mod workflows;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Developer and operator commands")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watch real servers with the shipped alerts: none fires in health, and each fault fires its own
    AlertDrill(alert_drill::Arguments),
    /// Print who wrote what to the catalogue as NDJSON, newest first
    Audit(audit::Arguments),
    /// Back up a Postgres database into one file
    Backup(backup::Arguments),
    /// Measure the engine
    #[command(subcommand)]
    Bench(bench::Benchmark),
    /// Check that /docs works in a headless browser
    Browser,
    /// Check that crates depend on each other only as docs/architecture.md allows
    CheckLayers,
    /// The list before a deployment: what was checked, what a person confirmed, and how long ago
    Checklist(checklist::Arguments),
    /// Be a Command Center to try a server with: send tasks, show what is told, check every signature
    #[command(name = "command-center")]
    Center(command_center::Arguments),
    /// Check answers against the OpenAPI description with generated requests
    Conformance(conformance::Arguments),
    /// Put the container's root file system together, lint what describes it, start the server in it
    Container(container::Arguments),
    /// Check licences, bans, sources and advisories of all dependencies
    DependencyScan,
    /// Restart, fail over, restore under load, and count what was lost
    Drill(drill::Arguments),
    /// Fuzz the search index for minutes
    Fuzz(fuzz::Arguments),
    /// Probe whether a running service is good enough for a canary
    Gates(gates::Arguments),
    /// Read files of scholarships into the store
    Import(import::Arguments),
    /// Check that the steps of the Postgres schema are safe on a database in use
    LintMigrations,
    /// Send requests at a rate, and judge latency and errors; find the highest rate, or see that nothing grows over hours
    Loadtest(loadtest::Arguments),
    /// Build what goes to a cluster, and check it offline
    Manifests,
    /// Make, take back, list and verify the schema of a Postgres database
    Migrate(migrate::Arguments),
    /// Check that Prometheus and the Alertmanager accept what was rendered, and that alerts fire and go where they should
    Monitoring,
    /// Probe whether a service that was just deployed does what it should
    PostDeploy(post_deploy::Arguments),
    /// Hold a whole release on this machine, with a new version that is healthy or has a fault
    Rehearse(rehearse::Arguments),
    /// Write the alerts, their tests, their routing, the dashboards and the steps in a cluster that the policy of releases asks for
    Render(render::Arguments),
    /// Restore a backup into an empty database, and compare
    Restore(restore::Arguments),
    /// Move old interactions from the store into a file
    Retention(retention::Arguments),
    /// Look back at a week or a month: success metrics, error budget, trends, alerts, and what is due each month
    Review(review::Arguments),
    /// Send everything back to the old version: it is ready first, then gets the traffic, then the new one goes
    Rollback(rollout::rollback::Arguments),
    /// Plan the stages of a release, and try the judge and the stage machine in a thought-up world
    #[command(subcommand)]
    Rollout(rollout::Command),
    /// Judge what was measured of a canary: promote (0), hold (10), rollback (20) or broken (30)
    RolloutCheck(rollout_check::Arguments),
    /// Print sample scholarships as NDJSON
    Sample(sample::Arguments),
    /// Write what the server is made of as a CycloneDX document
    Sbom,
    /// Check that no secret got into the repository
    SecretScan(secret_scan::Arguments),
    /// Install the tools that `test` needs
    Setup,
    /// Kill replicas and stores under thousands of tasks, and see that none is lost
    Soak(soak::Arguments),
    /// Look at tasks of agents, cancel them, give them another chance
    Tasks(tasks::Arguments),
    /// Run every check and every test, as continuous integration does
    Test(test::Arguments),
    /// Make bearer tokens, and revoke them
    #[command(subcommand)]
    Token(token::Command),
}

fn main() -> ExitCode {
    // A backtrace would bury the sentence that says what to do.
    run(CommandLine::parse().command).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::AlertDrill(arguments) => alert_drill::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Bench(benchmark) => bench::run(&benchmark),
        Command::Browser => browser::run(),
        Command::Center(arguments) => command_center::run(&arguments),
        Command::Checklist(arguments) => checklist::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Container(arguments) => container::run(&arguments),
        Command::CheckLayers => check_layers::run(),
        Command::DependencyScan => dependency_scan::run(),
        Command::Drill(arguments) => drill::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Gates(arguments) => gates::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::LintMigrations => lint_migrations::run(),
        Command::Loadtest(arguments) => loadtest::run(&arguments),
        Command::Manifests => manifests::run(),
        Command::Migrate(arguments) => migrate::run(&arguments),
        Command::Monitoring => monitoring::run(),
        Command::PostDeploy(arguments) => post_deploy::run(&arguments),
        Command::Rehearse(arguments) => rehearse::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Retention(arguments) => retention::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Rollback(arguments) => rollout::rollback::run(&arguments),
        Command::Rollout(command) => rollout::run(&command),
        Command::RolloutCheck(arguments) => rollout_check::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::Sbom => sbom::run(),
        Command::SecretScan(arguments) => secret_scan::run(&arguments),
        Command::Setup => setup::run(),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Tasks(arguments) => tasks::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Token(command) => token::run(command),
    }
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
