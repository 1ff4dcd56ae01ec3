//! `cargo xtask loadtest`: whether a service keeps its promises under load, and up to which load. Requests come at their moments
//! whether or not those before were answered. Ends with 0 (thresholds met), 1 (missed), 2 (wrong usage) or 30 (it could not be
//! measured, which says nothing about the service).

mod arrivals;
mod bearers;
mod figures;
mod flatness;
mod generator;
mod interruption;
mod knee;
mod page;
mod place;
mod placeholders;
mod pods;
mod progress;
mod record;
mod requests;
mod scenario;
mod session;
mod subject;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Url;

use self::arrivals::Pattern;
use self::bearers::Bearers;
use self::figures::Figures;
use self::interruption::Interruption;
use self::requests::Requests;
use self::scenario::Scenario;
use self::session::Session;
use self::subject::Subject;
use self::verdict::{NOT_MEASURED, WRONG_USAGE};
use crate::bench::release::measured_by_release;
use crate::reporting::{Shape, parse_span, write_page};
use crate::workspace::Workspace;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask loadtest                                            a server of its own, 100 requests/s for a minute
  cargo xtask loadtest --scenario search-heavy --rate 500 --html report.html
  cargo xtask loadtest --find-limit                               up to which rate the thresholds are kept
  cargo xtask loadtest --soak --duration 2h --rate 200            whether latency and memory stay as they were
  JWT_SECRET=.. cargo xtask loadtest --target https://staging.example.org --rate 2000 --allow-writes

Ends with 0 when the thresholds are met (a search: when the limit was found), 1 when not, 2 on wrong usage, and 30 when it could not
be measured: the service is not there, refuses too much with 429, the load generator itself was too late, or a signal (Ctrl-C, SIGTERM)
ended it before its time: then the figures are those of what was measured until then.")]
pub(crate) struct Arguments {
    /// The service, as http://host:port; without it, a server is started on the sample catalogue, with limits that are never reached
    #[arg(long, value_name = "URL", value_parser = place::parse_url)]
    target: Option<Url>,
    /// The server's program, instead of that of the release build, which is made where it is not fresh
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    binary: Option<PathBuf>,
    /// browse, search-heavy, matching, agents, mixed, or a file
    #[arg(long, value_name = "NAME|FILE", default_value = "mixed")]
    scenario: String,
    /// Requests a second; a search begins with it
    #[arg(long, value_name = "N", default_value_t = 100.0, value_parser = parse_rate)]
    rate: f64,
    /// How long, as 60s or 2h; 60s when not given, and 10s for each step of a search
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    duration: Option<Duration>,
    /// How long requests are sent before, which do not count; 5s when not given, and 2s for each step of a search
    #[arg(long, value_name = "TIME", value_parser = parse_warm_up)]
    warm_up: Option<Duration>,
    /// When requests come
    #[arg(long, value_enum, default_value_t)]
    pattern: Pattern,
    /// The same seed gives the same moments and requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What 95 of 100 may wait at most, from the moment that each was due
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = verdict::parse_milliseconds)]
    p95: f64,
    /// How many may fail
    #[arg(long, value_name = "PERCENT", default_value = "0.5%", value_parser = verdict::parse_percent)]
    errors: f64,
    /// Connections at most
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// Requests at most that wait for a connection or for an answer; whatever is due beyond that is not sent, and failed
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Whoever waits longer gives up, which is a failure
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_span)]
    timeout: Duration,
    /// Look for the rate up to which the thresholds are kept: doubled until it does not, then narrowed down
    #[arg(long, conflicts_with = "soak")]
    find_limit: bool,
    /// Also judge whether latency and memory stay as they were, and show them by the minute
    #[arg(long)]
    soak: bool,
    /// Send --target requests of which something is kept: interactions, tasks
    #[arg(long)]
    allow_writes: bool,
    /// json: the figures alone on standard output
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
    /// Where to write a report with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Thirds of less are too short to compare.
const SHORTEST_SOAK: Duration = Duration::from_secs(180);

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    rate.filter(|rate| (0.1..=100_000.0).contains(rate))
        .ok_or_else(|| "it must be a number from 0.1 to 100000".to_owned())
}

fn parse_warm_up(text: &str) -> Result<Duration, String> {
    if text == "0s" {
        return Ok(Duration::ZERO);
    }
    parse_span(text)
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let scenario = match usable(arguments) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(ExitCode::from(WRONG_USAGE));
        }
    };
    let measured = match (&arguments.target, &arguments.binary) {
        // The load of a debug build would be late.
        (None, None) => Workspace::load().and_then(|workspace| {
            measured_by_release(&workspace, &["server", "xtask"], |release| {
                let binary = release.join("scholarship-api");
                measured_and_told(arguments, &binary, scenario)
            })
        }),
        (_, binary) => {
            let binary = binary.as_deref().unwrap_or(Path::new(""));
            measured_and_told(arguments, binary, scenario)
        }
    };
    measured.or_else(|error| {
        eprintln!("error: {error:#}");
        Ok(ExitCode::from(NOT_MEASURED))
    })
}

/// What can be told before anything is sent.
///
/// # Errors
///
/// When the command must be given in another way.
fn usable(arguments: &Arguments) -> anyhow::Result<Scenario> {
    let scenario = Scenario::find(&arguments.scenario)?;
    let writers = scenario.writers();
    ensure!(
        arguments.target.is_none() || arguments.allow_writes || writers.is_empty(),
        "the scenario {} has requests of which {} would keep something ({}): say --allow-writes if that is meant, or take another one",
        scenario.name,
        arguments.target.as_ref().map_or("", Url::as_str),
        writers.join(", ")
    );
    ensure!(
        !arguments.soak
            || arguments
                .duration
                .is_some_and(|duration| duration >= SHORTEST_SOAK),
        "a soak compares its last third with its first one: give it a --duration of {} at least",
        rollout::span::text(SHORTEST_SOAK)
    );
    if let Some(path) = &arguments.html {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        ensure!(
            folder.is_none_or(Path::is_dir) && !path.is_dir(),
            "{} cannot be written: there is no such folder, or it is one",
            path.display()
        );
    }
    Ok(scenario)
}

/// `binary` is the server's program, which is started where no target is named.
fn measured_and_told(
    arguments: &Arguments,
    binary: &Path,
    scenario: Scenario,
) -> anyhow::Result<ExitCode> {
    let figures = measure(arguments, binary, scenario)?;
    match arguments.format {
        Shape::Table => print!("{}", table::text(&figures)),
        Shape::Json => println!("{}", serde_json::to_string_pretty(&figures)?),
    }
    std::io::stdout().flush()?;
    if let Some(path) = &arguments.html {
        write_page(path, &page::page(&figures))?;
    }
    Ok(figures.verdict.exit_code())
}

fn measure(arguments: &Arguments, binary: &Path, scenario: Scenario) -> anyhow::Result<Figures> {
    // Before there is a server: from here on a signal leaves neither it nor its folder behind.
    let interruption = Interruption::listen()?;
    let scenario = Arc::new(scenario);
    let (subject, bearers) = match &arguments.target {
        Some(url) => {
            let needs_tokens = scenario.requests.iter().any(|one| one.token.is_some());
            let bearers = needs_tokens.then(Bearers::from_environment).transpose()?;
            (Subject::elsewhere(url)?, bearers)
        }
        None => {
            eprintln!("starting a server, with limits that are never reached");
            let (subject, bearers) = Subject::own(binary)?;
            (subject, Some(bearers))
        }
    };
    if subject.own.as_ref().is_some_and(|own| own.is_debug) {
        eprintln!(
            "a debug build: its numbers are several times worse than those of `cargo build --release`"
        );
    }
    let host = subject.place.host.clone();
    let mut requests = Requests::new(Arc::clone(&scenario), host, bearers);
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    let prepared = runtime.block_on(subject::prepare(&subject.place, &scenario, &mut requests));
    drop(runtime);
    ensure!(
        !interruption.is_asked(),
        "interrupted before the test began: nothing was measured"
    );
    prepared?;
    let mut session = Session {
        arguments,
        scenario,
        subject,
        requests,
        interruption,
    };
    if arguments.find_limit {
        session.find_limit()
    } else {
        session.at(arguments.rate)
    }
}
