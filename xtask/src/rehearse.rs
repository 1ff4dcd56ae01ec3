//! `cargo xtask rehearse`: a whole release on this machine: real servers of two versions behind a real HAProxy, watched by a real
//! Prometheus, asked by users all the time, and driven by the same judge and stage machine as a release in production.

mod course;
mod faults;
mod figures;
mod html;
pub(crate) mod load;
pub(crate) mod memory_limit;
pub(crate) mod policy;
mod world;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use rollout::machine::Release;
use rollout::{Outcome, Policy};

use self::course::Row;
use self::faults::Fault;
use self::figures::{Expectation, Figures};
use self::load::Load;
use self::world::{Binaries, CANARY, ROUTER_JOB, STABLE, World};
use crate::reporting::{Shape, parse_span};
use crate::rollout::PolicyArguments;
use crate::rollout::directory::Directory;
use crate::rollout::driving::{Drive, Wheel};
use crate::rollout::measuring::PrometheusArguments;
use crate::rollout::traffic::Traffic;
use crate::rollout_check::report;
use crate::tools::{self, ensure_debian_packages};
use crate::workspace::Workspace;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask rehearse
  cargo xtask rehearse --fault errors --html rehearsal.html
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
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=5_000))]
    rps: u32,
    /// Windows of the policy are so many times shorter than in production
    #[arg(long, value_name = "TIMES", default_value_t = 120, value_parser = clap::value_parser!(u32).range(60..=1_000))]
    time_scale: u32,
    /// After so long, as 4m or 240s, the last verdict is the rehearsal's
    #[arg(long, default_value = "4m", value_parser = parse_span)]
    timeout: Duration,
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
    let (_, text) = arguments.policy.read_with_text()?;
    let text = policy::shortened(&text, arguments.time_scale)?;
    let policy = Policy::parse(&text).context("the shortened policy contradicts itself")?;
    let budget = policy.budget();
    let binaries = binaries(arguments.binaries.as_deref())?;
    let kept = tempfile::tempdir()?;
    let directory = Directory::new(arguments.keep.as_deref().unwrap_or(kept.path()));

    eprintln!("starting two versions, HAProxy and Prometheus");
    let mut world = World::start(&binaries, arguments.fault)?;
    let load = Load::start(world.public(), arguments.rps, &load::searches())?;
    world.settle();
    let drive = begin(&world, &directory, (policy, &text))?;
    eprintln!("{}", header());
    let (course, load) = course::follow(
        &drive,
        &mut world,
        Some(load),
        arguments.fault,
        arguments.timeout,
        |row| eprintln!("{}", shown(row)),
    )?;
    let users = load.map(|load| load.seen());

    let expectation = expectation(arguments);
    let history = directory.history()?;
    let figures = Figures::of(&course, users.as_ref(), &history, budget, &expectation)?;
    if let Some(path) = &arguments.html {
        let page = html::page(&figures, &course, users.as_ref(), &history)?;
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("the report is in {}", path.display());
    }
    match arguments.format {
        Shape::Table => print!("\n{}", figures.table()),
        Shape::Json => println!("{}", serde_json::to_string_pretty(&figures)?),
    }
    std::io::stdout().flush()?;
    Ok(exit_code(arguments, course.outcome))
}

fn exit_code(arguments: &Arguments, outcome: Outcome) -> ExitCode {
    match arguments.expect {
        None => ExitCode::from(outcome.exit_code()),
        Some(expected) if expected.outcome() == outcome => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn expectation(arguments: &Arguments) -> Expectation {
    let fault = arguments.fault;
    let outcomes = match arguments.expect {
        Some(expected) => vec![expected.outcome()],
        None => Fault::expected(fault).to_vec(),
    };
    Expectation {
        fault: fault.map_or_else(|| "none".to_owned(), Fault::name),
        outcomes,
    }
}

fn binaries(folder: Option<&Path>) -> anyhow::Result<Binaries> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => Workspace::load()?.built_for_rehearsals()?,
    };
    Ok(Binaries {
        healthy: folder.join("scholarship-api"),
        faulty: folder.join("rehearsal-server"),
    })
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
        shortened(reason, 90),
    )
    .trim_end()
    .to_owned()
}

fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters).collect();
    format!("{kept}…")
}
