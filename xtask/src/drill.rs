//! `cargo xtask drill`: what operators do and what befalls them, under load on this machine: real servers behind a real HAProxy, a
//! real PgBouncer and Postgres, users who search and writers who keep a ledger of all that was acknowledged.

mod crowd;
mod disaster;
mod failover;
mod kept;
mod known;
mod ledger;
mod proof;
mod redis_failover;
mod report;
mod restore;
mod rolling_restart;
mod waiting;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::ValueEnum;

use self::crowd::Rates;
use self::report::Report;
use self::world::{Checks, SHIPPED};
use crate::panics::caught;
use crate::reporting::Shape;
use crate::tools::{self, ensure_debian_packages};
use crate::workspace::Workspace;

/// The drill itself could not be held: that says nothing about the service.
const BROKEN: u8 = 30;
const RATES: Rates = Rates {
    users: 200,
    writers: 20,
};
/// For a step among others.
const QUICK: Checks = Checks {
    every: "500ms",
    shutdown_delay: "2",
};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask drill rolling-restart
  cargo xtask drill failover --rps 500 --format json

Everything runs on free ports and in temporary folders, and ends with the command. Writes that were acknowledged are looked for in
the database and through the API: scholarships at each replica, interactions through HAProxy. Those that were not acknowledged are
sent again in the end, which must make nothing twice, and are looked for as well. Only disaster sends nothing again, and looks for
what was acknowledged before the backup began.

Ends with 0 when all went as it should, with 1 when something was lost or failed, and with 30 when the drill could not be held.")]
pub(crate) struct Arguments {
    #[arg(value_enum)]
    drill: Drill,
    /// Requests of users a second
    #[arg(long, default_value_t = RATES.users, value_parser = clap::value_parser!(u32).range(20..=5_000))]
    rps: u32,
    /// Writes a second
    #[arg(long, value_name = "RATE", default_value_t = RATES.writers, value_parser = clap::value_parser!(u32).range(4..=80))]
    writes: u32,
    /// A folder with the binary scholarship-api, instead of building it
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// json: the figures alone on standard output
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drill {
    /// Each replica ends and starts again: nothing may fail
    RollingRestart,
    /// The primary is killed, and its synchronous standby takes its place: searches go on, and nothing that was acknowledged is lost
    Failover,
    /// The primary of Redis is killed, and Sentinel puts its replica in its place: nobody may notice
    RedisFailover,
    /// The primary and its disk are lost, and a base backup with the archive of the log bring all of it back
    Restore,
    /// Everything but the file of `cargo xtask backup` is lost: what was written since is lost, too
    Disaster,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let rates = Rates {
        users: arguments.rps,
        writers: arguments.writes,
    };
    let held = caught(|| {
        let binary = binary(arguments.binaries.as_deref())?;
        hold(arguments.drill, &binary, rates)
    });
    let report = match held {
        Ok(report) => report,
        Err(error) => {
            eprintln!("error: the drill could not be held: {error:#}");
            return Ok(ExitCode::from(BROKEN));
        }
    };
    match arguments.format {
        Shape::Table => print!("\n{}", report.table()),
        Shape::Json => println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.as_expected {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// As a step of `cargo xtask test`: the rolling restart is a short one, all others are as long as ever.
///
/// # Errors
///
/// When something failed or was lost that should not.
pub(crate) fn check(workspace: &Workspace, drill: Drill) -> anyhow::Result<()> {
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    let binary = workspace.built_server()?;
    let report = match drill {
        Drill::RollingRestart => rolling_restart::hold(&binary, QUICK, RATES)?,
        Drill::Failover | Drill::RedisFailover | Drill::Restore | Drill::Disaster => {
            hold(drill, &binary, RATES)?
        }
    };
    println!("{}", report.table());
    ensure!(report.as_expected, "it did not go as it should");
    Ok(())
}

fn binary(folder: Option<&Path>) -> anyhow::Result<PathBuf> {
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    match folder {
        Some(folder) => Ok(folder.join("scholarship-api")),
        None => Workspace::load()?.built_server(),
    }
}

fn hold(drill: Drill, binary: &Path, rates: Rates) -> anyhow::Result<Report> {
    eprintln!("starting Postgres, PgBouncer, three replicas and HAProxy");
    match drill {
        Drill::RollingRestart => rolling_restart::hold(binary, SHIPPED, rates),
        Drill::Failover => failover::hold(binary, rates),
        Drill::RedisFailover => redis_failover::hold(binary, rates),
        Drill::Restore => restore::hold(binary, rates),
        Drill::Disaster => disaster::hold(binary, rates),
    }
}
