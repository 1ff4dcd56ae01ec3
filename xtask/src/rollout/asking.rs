//! What operators ask of a release: of the process that drives it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rollout::machine::{Command, Request, State, StateStore as _};
use rollout::span;
use rollout::traffic::Weights;

use super::operator::OperatorArguments;
use super::{DirectoryArguments, mailbox, telling, traffic};
use crate::reporting::Shape;

/// Not granted, with the reason.
const REFUSED: u8 = 1;

#[derive(clap::Args)]
pub(crate) struct AskArguments {
    #[command(flatten)]
    by: OperatorArguments,
    #[command(flatten)]
    directory: DirectoryArguments,
}

#[derive(clap::Args)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

#[derive(clap::Args)]
pub(crate) struct ConfirmArguments {
    /// The part of the traffic that the canary gets now
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    canary_percent: u8,
    #[command(flatten)]
    directory: DirectoryArguments,
}

pub(crate) fn ask(request: Request, arguments: &AskArguments) -> anyhow::Result<ExitCode> {
    let directory = arguments.directory.open();
    let state = state(&arguments.directory)?;
    if state.is_over() {
        bail!(
            "the release of {} is {}; one that is done is taken back by `cargo xtask rollback`",
            state.release.canary,
            telling::phase(&state)
        );
    }
    if directory.try_lock()?.is_some() {
        bail!(
            "nobody drives the release: start `cargo xtask rollout run` and ask again; to take all traffic from the canary at once, \
             `cargo xtask rollback`"
        );
    }
    let command = Command {
        request,
        operator: arguments.by.operator()?,
        reason: arguments.by.reason.clone(),
    };
    match mailbox::ask(&directory, &mailbox::Letter::new(&command))? {
        None => {
            println!("granted");
            Ok(ExitCode::SUCCESS)
        }
        Some(refusal) => {
            println!("not granted: {refusal}");
            Ok(ExitCode::from(REFUSED))
        }
    }
}

pub(crate) fn status(arguments: &StatusArguments) -> anyhow::Result<ExitCode> {
    let state = state(&arguments.directory)?;
    let is_driven = arguments.directory.open().try_lock()?.is_none();
    match arguments.format {
        Shape::Json => {
            let mut document = serde_json::to_value(&state)?;
            document["is_driven"] = is_driven.into();
            document["schema"] = 1.into();
            println!("{}", serde_json::to_string_pretty(&document)?);
        }
        Shape::Table => print_status(&state, is_driven),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_status(state: &State, is_driven: bool) {
    let release = &state.release;
    println!("canary {} beside stable {}", release.canary, release.stable);
    println!("{}", telling::phase(state));
    if let Some(running) = state.judged() {
        let stage = state.stage(running.stage);
        let watched = running.watch.total().to_std().unwrap_or_default();
        println!(
            "watched for {} of {}, since {}",
            span::text(watched),
            span::text(Duration::from_secs(stage.at_least_seconds)),
            running.started_at.format("%Y-%m-%d %H:%M:%S UTC")
        );
    }
    println!(
        "last looked at {}",
        state.ticked_at.format("%Y-%m-%d %H:%M:%S UTC")
    );
    println!(
        "history ends with record {} ({})",
        state.head.sequence, state.head.hash
    );
    if !is_driven && !state.is_over() {
        println!("NOBODY DRIVES IT: `cargo xtask rollout run` goes on");
    }
}

pub(crate) fn confirm(arguments: &ConfirmArguments) -> anyhow::Result<ExitCode> {
    state(&arguments.directory)?;
    let weights = Weights::with_canary(arguments.canary_percent).context("more than all")?;
    traffic::confirm(&arguments.directory.open(), weights)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn state(directory: &DirectoryArguments) -> anyhow::Result<State> {
    let directory = directory.open();
    let text = directory.load()?.with_context(|| {
        format!(
            "no release was started in {}: name --directory, or start one",
            directory.path().display()
        )
    })?;
    Ok(State::from_json(&text)?)
}
