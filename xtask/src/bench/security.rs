//! `cargo xtask bench security`: what checking tokens costs, how exact limits are across replicas, and what a flood costs those
//! who are known.

mod flood;
mod hostile;
mod shared_limit;
mod token_check;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use auth::{MintRequest, Minter, Role, ScopeSet, Timestamp, TokenKey, TokenSettings};

use super::release::measured_by_release;
use super::{goals, machine};
use crate::workspace::Workspace;

/// Only servers of this run accept it.
const SECRET: &str = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For development: fewer and shorter rounds
    #[arg(long)]
    quick: bool,
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    measured_by_release(&Workspace::load()?, &["server", "xtask"], |release| {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let binary = release.join("scholarship-api");
        let goals = runtime.block_on(async {
            anyhow::Ok([
                token_check::measure(arguments.quick)?,
                hostile::measure(&binary, arguments.quick).await?,
                shared_limit::measure(&binary, arguments.quick).await?,
                flood::measure(&binary, arguments.quick).await?,
            ])
        })?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let head = machine::describe("security", arguments.quick, minutes)?;
        Ok(goals::print(&head, &goals))
    })
}

/// A partner's token of ten minutes.
fn token(settings: TokenSettings, secret: &str, at: Timestamp) -> anyhow::Result<String> {
    let request = MintRequest {
        subject: "partner-7".to_owned(),
        role: Role::Partner,
        scopes: ScopeSet::all(),
        lifetime: Duration::from_secs(600),
        token_id: "7c0b4c0e-3a51-4c0e-9a55-0d6d3c0f7d11".to_owned(),
    };
    Ok(Minter::new(settings, &TokenKey::new(secret.into())?).mint(&request, at)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "time enters a command-line tool here"
)]
fn now() -> Timestamp {
    chrono::Utc::now()
}
