//! `cargo xtask rehearse`: a whole release on this machine: real servers of two versions behind a real HAProxy, watched by a real
//! Prometheus, asked by users all the time, and driven by the same judge and stage machine as a release in production.

mod course;
mod faults;
mod figures;
mod html;
mod policy;
mod world;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use rollout::machine::Release;
use rollout::{Outcome, Policy};

use self::course::{Course, Row};
use self::faults::Fault;
use self::figures::{Expectation, Figures};
use self::world::{Binaries, CANARY, ROUTER_JOB, STABLE, World};
use crate::pause::pause;
use crate::reporting::{Shape, cut, parse_span, write_page};
use crate::rig::load::{self, Answers, Load, Seen};
use crate::rollout::PolicyArguments;
use crate::rollout::directory::Directory;
use crate::rollout::driving::{Drive, Wheel};
use crate::rollout::measuring::PrometheusArguments;
use crate::rollout::traffic::Traffic;
use crate::rollout_check::report;
use crate::tools::{self, ensure_debian_packages};
use crate::workspace::Workspace;

/// Of users, a second, unless somebody asks for another number.
const RPS: u32 = 200;
/// So many times shorter than in production, unless somebody asks for another number.
const TIME_SCALE: u32 = 120;
/// How long users go on after the release is over.
const AFTERWARDS: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rehearse
  cargo xtask rehearse --fault errors --html rehearsal.html
  cargo xtask rehearse --fault errors --users-for 5m
  cargo xtask rehearse --fault leak --expect rollback --format json

Ends with the verdict: 0 (promote), 10 (hold), 20 (rollback) or 30 (broken). With --expect it ends with 0 when the verdict is that
one, and with 1 when it is another. A rehearsal that could not be held ends with 1 as well, and says why.")]
pub(crate) struct Arguments {
    /// What is wrong with the new version; nothing when left out
    #[arg(long, value_enum)]
    fault: Option<Fault>,
    /// End with 0 if the verdict is this one, and with 1 if not
    #[arg(long, value_enum)]
    expect: Option<Expected>,
    /// Requests of users a second
    #[arg(long, default_value_t = RPS, value_parser = clap::value_parser!(u32).range(20..=5_000))]
    rps: u32,
    /// Windows of the policy are so many times shorter than in production
    #[arg(long, value_name = "TIMES", default_value_t = TIME_SCALE, value_parser = clap::value_parser!(u32).range(60..=1_000))]
    time_scale: u32,
    /// After so long, as 4m or 270s, the last verdict is the rehearsal's
    #[arg(long, default_value = "270s", value_parser = parse_span)]
    timeout: Duration,
    /// How long users ask in all, as 5m: a release that ends early is followed by so much more traffic, of which nothing may fail
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    users_for: Option<Duration>,
    /// Where to write a report with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Where to keep the release's state, history and snapshots, to be looked at with `rollout history` and `rollout replay`
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// A folder with the binaries scholarship-api and rehearsal-server, instead of building them
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArguments,
    /// json: the figures alone on standard output
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Expected {
    Promote,
    Hold,
    Rollback,
    Broken,
}

impl Expected {
    fn outcome(self) -> Outcome {
        match self {
            Self::Promote => Outcome::Promote,
            Self::Hold => Outcome::Hold,
            Self::Rollback => Outcome::Rollback,
            Self::Broken => Outcome::Broken,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    let (_, policy) = arguments.policy.read_with_text()?;
    let kept = tempfile::tempdir()?;
    let held = hold(&Rehearsal {
        fault: arguments.fault,
        expected: expected(arguments),
        rps: arguments.rps,
        time_scale: arguments.time_scale,
        at_most: arguments.timeout,
        users_for: arguments.users_for.unwrap_or_default(),
        policy: &policy,
        binaries: match &arguments.binaries {
            Some(folder) => Binaries::of(folder),
            None => Binaries::of(&Workspace::load()?.built_servers()?),
        },
        directory: Directory::new(arguments.keep.as_deref().unwrap_or(kept.path())),
    })?;
    if let Some(path) = &arguments.html {
        let page = html::page(
            &held.figures,
            &held.course,
            held.users.as_ref(),
            &held.history,
        )?;
        write_page(path, &page)?;
    }
    match arguments.format {
        Shape::Table => print!("\n{}", held.figures.table()),
        Shape::Json => println!("{}", serde_json::to_string_pretty(&held.figures)?),
    }
    std::io::stdout().flush()?;
    Ok(exit_code(arguments, held.course.outcome))
}

/// The step `rehearsal` of `cargo xtask test`: a version of which a tenth fails must be sent back.
///
/// # Errors
///
/// When it is not, or not as soon as it must be.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    let policy = workspace.root().join("config/rollout.toml");
    let kept = tempfile::tempdir()?;
    let held = hold(&Rehearsal {
        fault: Some(Fault::Errors),
        expected: vec![Outcome::Rollback],
        rps: RPS,
        time_scale: TIME_SCALE,
        at_most: Duration::from_secs(120),
        users_for: Duration::ZERO,
        policy: &std::fs::read_to_string(policy)?,
        binaries: Binaries::of(&workspace.built_servers()?),
        directory: Directory::new(kept.path()),
    })?;
    let figures = held.figures;
    println!("{}", figures.table());
    ensure!(figures.as_expected, "the verdict is {}", figures.verdict);
    ensure!(
        figures.users_failed_afterwards == 0,
        "{} requests failed after the rollback",
        figures.users_failed_afterwards
    );
    let detected = figures.seconds_to_detect.context("no request failed")?;
    ensure!(
        detected < 60.0,
        "it was rolled back after {detected} s only"
    );
    let took = figures
        .seconds_to_roll_back
        .context("no rollback is recorded")?;
    ensure!(took < 5.0, "rolling back took {took} s");
    Ok(())
}

/// What is to be rehearsed, and how.
struct Rehearsal<'a> {
    fault: Option<Fault>,
    expected: Vec<Outcome>,
    rps: u32,
    time_scale: u32,
    at_most: Duration,
    /// In all, at least.
    users_for: Duration,
    /// The text of the policy of production.
    policy: &'a str,
    binaries: Binaries,
    directory: Directory,
}

struct Held {
    course: Course,
    users: Option<Seen>,
    /// The release's own.
    history: String,
    figures: Figures,
}

/// # Errors
///
/// When something of the rehearsal itself fails: that says nothing about any version.
fn hold(rehearsal: &Rehearsal<'_>) -> anyhow::Result<Held> {
    let text = policy::shortened(rehearsal.policy, rehearsal.time_scale)?;
    let policy = Policy::parse(&text).context("the shortened policy contradicts itself")?;
    let budget = policy.budget();
    eprintln!("starting two versions, HAProxy and Prometheus");
    let job = &policy.monitoring.job;
    let mut world = World::start(&rehearsal.binaries, rehearsal.fault, job)?;
    world.open_to_users()?;
    let requests = load::searches();
    let load = Load::start(world.public(), rehearsal.rps, &requests, Answers::Successes)?;
    let since = Instant::now();
    world.settle();
    let drive = begin(&world, &rehearsal.directory, (policy, &text))?;
    eprintln!("{}", header());
    let load = (rehearsal.fault != Some(Fault::NoTraffic)).then_some(load);
    let course = course::follow(
        &drive,
        &mut world,
        load.as_ref(),
        rehearsal.fault,
        rehearsal.at_most,
        |row| eprintln!("{}", shown(row)),
    )?;
    // Whoever asks now must be answered by a version that is good.
    pause(AFTERWARDS.max(rehearsal.users_for.saturating_sub(since.elapsed())));
    let users = load.map(|load| load.seen());
    let history = rehearsal.directory.history()?;
    let expectation = Expectation {
        fault: rehearsal
            .fault
            .map_or_else(|| "none".to_owned(), Fault::name),
        outcomes: rehearsal.expected.clone(),
    };
    let figures = Figures::of(&course, users.as_ref(), &history, budget, &expectation)?;
    Ok(Held {
        course,
        users,
        history,
        figures,
    })
}

fn exit_code(arguments: &Arguments, outcome: Outcome) -> ExitCode {
    match arguments.expect {
        None => ExitCode::from(outcome.exit_code()),
        Some(expected) if expected.outcome() == outcome => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn expected(arguments: &Arguments) -> Vec<Outcome> {
    match arguments.expect {
        Some(expected) => vec![expected.outcome()],
        None => Fault::expected(arguments.fault).to_vec(),
    }
}

/// Begins the release as `rollout start` does.
fn begin(world: &World, directory: &Directory, policy: (Policy, &str)) -> anyhow::Result<Drive> {
    let prometheus = PrometheusArguments::beside_router(world.prometheus.url(), ROUTER_JOB);
    let meter = prometheus.meter(&policy.0)?;
    let address = world.haproxy.socket().parse();
    let address = address.context("HAProxy's socket has no usable path")?;
    let controller = Traffic::of_haproxy(address)?;
    let wheel = Wheel::take(directory.clone(), controller)?;
    let release = Release {
        canary: CANARY.to_owned(),
        stable: STABLE.to_owned(),
    };
    Drive::start(wheel, policy, meter, release, ("rehearsal", "a rehearsal"))
}

fn header() -> String {
    format!(
        "{:<8} {:<30} {:>7} {:>8} {:>6} {:>6} {:>6} {:>8} {:>6}  verdict",
        "time", "release", "weight", "canary", "5xx", "slow", "memory", "users", "failed"
    )
}

fn shown(row: &Row) -> String {
    let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
    let memory = row.memory;
    let verdict = row.verdict.map_or("", report::word);
    let reason = row.reason.as_deref().unwrap_or_default();
    format!(
        "{} {:<30} {:>5} % {:>8} {:>6} {:>6} {:>6} {:>8} {:>6}  {verdict} {}",
        row.at.format("%H:%M:%S"),
        row.phase,
        row.canary_percent,
        count(row.requests),
        count(row.errors),
        count(row.slow),
        memory.map_or("-".to_owned(), |part| format!("{:.0} %", part * 100.0)),
        row.users,
        row.users_failed,
        cut(reason, 90),
    )
    .trim_end()
    .to_owned()
}
