//! `cargo xtask alert-drill`: real servers of two versions under load, watched by a real Prometheus with the alerts that are shipped.
//! In health everything is recorded and drawn and nothing fires; each fault fires the alerts that tell of it, and no others.

mod alert;
mod course;
mod coverage;
mod fault;
mod policy;
mod users;
mod watch;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::ValueEnum as _;
use rollout::Policy;

use self::course::Course;
use self::fault::Fault;
use self::users::Users;
use self::world::World;
use crate::pause::pause;
use crate::render;
use crate::reporting::parse_span;
use crate::rig::load::{Answers, Load, Requests};
use crate::rollout::PolicyArguments;
use crate::tools::{self, ensure_debian_packages};
use crate::workspace::Workspace;

/// Until each rate has its scrapes, and what is cached was asked for.
const SETTLES_WITHIN: Duration = Duration::from_secs(15);

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask alert-drill
  cargo xtask alert-drill --only redis --only latency --healthy 20s

Takes about ten minutes, and a machine that does nothing else. Ends with 0 only when everything was as expected, and with 1 when something was not, or the drill could
not be held.")]
pub(crate) struct Arguments {
    /// Only this fault, after the time of health; may be repeated
    #[arg(long, value_enum, value_name = "FAULT")]
    only: Vec<Fault>,
    /// How long nothing may fire before the first fault, as 60s or 2m
    #[arg(long, default_value = "60s", value_parser = parse_span)]
    healthy: Duration,
    /// Requests of users a second: fewer are too small a sample for some alerts
    #[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u32).range(100..=2_000))]
    rps: u32,
    /// A folder with the binary rehearsal-server, instead of building it
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    let (_, text) = arguments.policy.read_with_text()?;
    let text = policy::shortened(&text)?;
    let policy = Policy::parse(&text).context("the shortened policy contradicts itself")?;
    let files = render::files(&policy, &text)?;
    let folder = match &arguments.binaries {
        Some(folder) => folder.clone(),
        None => Workspace::load()?.built_servers()?,
    };

    eprintln!("starting stores, two versions, HAProxy and Prometheus");
    let mut world = World::start(&folder.join("rehearsal-server"), &policy, &files)?;
    let users = Users::new(world.scholarships()?, world.callback_origin())?;
    let requests: Requests = Arc::new(move |number| users.request(number));
    // Some of them have no token.
    let load = Load::start(world.public(), arguments.rps, &requests, Answers::Refusals)?;
    pause(SETTLES_WITHIN);

    let begun = Instant::now();
    eprintln!("healthy for {:?}", arguments.healthy);
    let mut courses = vec![course::healthy(&mut world, arguments.healthy)?];
    let coverage = coverage::look(&world, &files)?;
    eprint!("{}", coverage.table());
    for fault in faults(&arguments.only) {
        eprintln!("{}", fault.name());
        let course = course::follow(&mut world, fault)?;
        eprint!("{}", course.table());
        courses.push(course);
    }

    let users = load.seen();
    println!("\n{}", Course::header());
    for course in &courses {
        print!("{}", course.table());
    }
    print!("\n{}", coverage.table());
    let total = users.total();
    println!(
        "\n{} requests of users in {} s, of which {} failed; half of them waited for {:.0} ms at most, 99 % for {:.0} ms.",
        total.requests,
        begun.elapsed().as_secs(),
        total.failed,
        users.milliseconds(0.5),
        users.milliseconds(0.99),
    );
    if let Some(failure) = &users.first_failure {
        println!("The first that failed: {failure}");
    }
    let is_as_expected = courses.iter().all(Course::is_as_expected) && coverage.is_whole();
    println!(
        "\n{}",
        if is_as_expected {
            "Everything was as expected."
        } else {
            "Not everything was as expected: see the lines with \"no\"."
        }
    );
    Ok(if is_as_expected {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// In the order of [`Fault`]; all of them where none is named.
fn faults(only: &[Fault]) -> Vec<Fault> {
    let all = Fault::value_variants().iter().copied();
    all.filter(|fault| only.is_empty() || only.contains(fault))
        .collect()
}
