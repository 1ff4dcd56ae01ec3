//! `cargo xtask bench stores`: what replicas on a Postgres of this run reach, directly and through PgBouncer.
//!
//! The server, its pooler, the replicas and the load share this machine, so the numbers are lower bounds.

pub(crate) mod rig;
mod search_cost;
mod visibility;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;

use super::catalogue::SCHOLARSHIPS;
use super::goals::{self, Goal};
use super::http_load::{self, Load, Requests};
use super::machine;
use super::release::measured_by_release;
use crate::workspace::Workspace;
use rig::Rig;

/// Callers who send interactions at the same time.
const CALLERS: u32 = 64;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For development: a tenth of the catalogue, fewer and shorter rounds
    #[arg(long)]
    quick: bool,
}

impl Arguments {
    fn scholarships(&self) -> usize {
        if self.quick {
            SCHOLARSHIPS / 10
        } else {
            SCHOLARSHIPS
        }
    }

    fn seconds(&self) -> u64 {
        if self.quick { 2 } else { 5 }
    }

    /// An odd number, for the medians.
    fn rounds(&self) -> usize {
        if self.quick { 3 } else { 5 }
    }

    fn writes(&self) -> usize {
        if self.quick { 100 } else { 500 }
    }
}

fn at_most(name: &'static str, bound: f64, unit: &str, measured: f64) -> Goal {
    Goal {
        name,
        bound: format!("≤ {bound} {unit}"),
        measured: format!("{measured:.1} {unit}"),
        is_met: measured <= bound,
    }
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    measured_by_release(&Workspace::load()?, &["server", "xtask"], |release| {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let goals = runtime.block_on(measure(arguments, &Rig::start(release)?))?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let head = machine::describe("stores", arguments.quick, minutes)?;
        Ok(goals::print(&head, &goals))
    })
}

async fn measure(arguments: &Arguments, rig: &Rig) -> anyhow::Result<Vec<Goal>> {
    eprintln!("measuring: import");
    let import = rig.import(arguments.scholarships())?;
    eprintln!("measuring: start");
    let first = rig.direct()?;
    let ready = first.server.seconds_to_first_answer();
    let mut goals = vec![
        at_most("the catalogue is imported", 60.0, "s", import),
        at_most("a replica is ready from Postgres alone", 5.0, "s", ready),
    ];
    eprintln!("measuring: changes, directly");
    let second = rig.direct()?;
    let (first_address, second_address) = (first.server.address(), second.server.address());
    let writes = arguments.writes();
    let direct = visibility::p99(first_address, second_address, &rig.admin, writes).await?;
    second.server.stop()?;
    goals.push(at_most(
        "a change is on the other replica, directly, p99 after it was acknowledged",
        100.0,
        "ms",
        direct,
    ));

    eprintln!("measuring: interactions");
    let load = interactions(arguments, rig, &first).await?;
    let rate = load.requests_per_second;
    goals.push(Goal {
        name: "durable interactions, 64 callers",
        bound: "≥ 5000 /s".to_owned(),
        measured: format!("{rate:.0} /s"),
        is_met: rate >= 5_000.0,
    });
    goals.push(at_most("the same, p99", 50.0, "ms", load.p99_milliseconds));

    eprintln!("measuring: searches while Postgres is up and down");
    let more = search_cost::while_down(arguments, rig, &first).await?;
    goals.push(at_most(
        "CPU of a search while Postgres is down, other than while it is up",
        5.0,
        "%",
        more.abs(),
    ));
    first.server.stop()?;

    eprintln!("measuring: changes, through PgBouncer");
    let (first, second) = (rig.pooled()?, rig.pooled()?);
    let (first_address, second_address) = (first.server.address(), second.server.address());
    let pooled = visibility::p99(first_address, second_address, &rig.admin, writes).await?;
    goals.insert(
        3,
        at_most(
            "the same through PgBouncer, by polling",
            1_200.0,
            "ms",
            pooled,
        ),
    );
    first.server.stop()?;
    second.server.stop()?;
    Ok(goals)
}

/// The round with the median rate.
async fn interactions(
    arguments: &Arguments,
    rig: &Rig,
    replica: &rig::Replica,
) -> anyhow::Result<Load> {
    /// More than any machine of today answers.
    const MOST_PER_SECOND: u64 = 40_000;
    let address = replica.server.address();
    let made = visibility::create(address, &rig.admin, "Award of Interactions").await?;
    let scholarship = made.id;
    let mut rounds = Vec::new();
    for round in 0..arguments.rounds() {
        let bodies = (0..arguments.seconds() * MOST_PER_SECOND).map(|at| {
            format!(r#"{{"id":"{round}-{at}","kind":"view","scholarship_id":"{scholarship}"}}"#)
        });
        let requests = Requests::posts("/api/v1/interactions", &rig.student, bodies, 202);
        rounds.push(http_load::run(address, &requests, CALLERS, arguments.seconds()).await?);
    }
    rounds.sort_by(|one, other| {
        one.requests_per_second
            .total_cmp(&other.requests_per_second)
    });
    Ok(rounds[rounds.len() / 2])
}
