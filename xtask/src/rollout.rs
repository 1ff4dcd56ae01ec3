//! `cargo xtask rollout`: what can be known of a release before it begins, and taking it through its stages.

mod asking;
mod backtest;
pub(crate) mod directory;
pub(crate) mod driving;
mod finishing;
mod mailbox;
pub(crate) mod measuring;
mod operator;
mod past;
mod plan;
mod releasing;
pub(crate) mod rollback;
mod servers;
mod shell;
mod simulate;
pub(crate) mod telling;
pub(crate) mod traffic;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use rollout::Policy;
use rollout::machine::Request;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// How long each stage must last at this traffic for a bad canary to be seen; ends with 1 when one is too short
    Plan(plan::Arguments),
    /// How often the judge errs, and whether the stage machine keeps its promises under faults
    Simulate(simulate::Arguments),
    /// Begin a release, and drive it until it is done (0) or rolled back (20)
    Start(releasing::StartArguments),
    /// Go on driving a release that was left off
    Run(releasing::RunArguments),
    /// After a release that is done: its version takes the places of the old one, and the canary is free for the next one
    Finish(finishing::Arguments),
    /// Where the release stands
    Status(asking::StatusArguments),
    /// Promote nothing until resumed; rollbacks go on
    Pause(asking::AskArguments),
    /// Go on after a pause
    Resume(asking::AskArguments),
    /// To the next stage before its time; never against the judge
    Promote(asking::AskArguments),
    /// Roll back
    Abort(asking::AskArguments),
    /// With --manual: say how a person split the traffic
    Confirm(asking::ConfirmArguments),
    /// What happened, record by record
    History(past::HistoryArguments),
    /// Check that no record was changed, removed, reordered or cut off
    VerifyHistory(past::VerifyArguments),
    /// Judge again what was measured, and compare with the verdicts in the history
    Replay(past::ReplayArguments),
    /// Judge what was measured by the policy of today, and show which verdicts would be others
    Backtest(backtest::Arguments),
}

#[derive(clap::Args)]
pub(crate) struct PolicyArguments {
    /// Objectives, stages and triggers
    #[arg(long, value_name = "FILE", default_value = "config/rollout.toml")]
    policy: PathBuf,
}

#[derive(clap::Args, Debug)]
pub(crate) struct DirectoryArguments {
    /// Where the release's state and history are kept
    #[arg(long, value_name = "DIR", default_value = releasing::DIRECTORY)]
    directory: PathBuf,
}

impl PolicyArguments {
    /// # Errors
    /// Everything that is wrong with the policy, by key.
    pub(crate) fn read(&self) -> anyhow::Result<Policy> {
        read_policy(&self.policy)
    }

    /// With its text.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn read_with_text(&self) -> anyhow::Result<(Policy, String)> {
        let text = text_of(&self.policy)?;
        Ok((parsed(&self.policy, &text)?, text))
    }
}

/// # Errors
/// Everything that is wrong with the policy, by key.
pub(crate) fn read_policy(path: &Path) -> anyhow::Result<Policy> {
    parsed(path, &text_of(path)?)
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn parsed(path: &Path, text: &str) -> anyhow::Result<Policy> {
    let shown = path.display();
    Policy::parse(text).with_context(|| format!("{shown} is no policy that can be kept"))
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Plan(arguments) => plan::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Start(arguments) => releasing::start(arguments),
        Command::Run(arguments) => releasing::run(arguments),
        Command::Finish(arguments) => finishing::run(arguments),
        Command::Status(arguments) => asking::status(arguments),
        Command::Pause(arguments) => asking::ask(Request::Pause, arguments),
        Command::Resume(arguments) => asking::ask(Request::Resume, arguments),
        Command::Promote(arguments) => asking::ask(Request::Promote, arguments),
        Command::Abort(arguments) => asking::ask(Request::Abort, arguments),
        Command::Confirm(arguments) => asking::confirm(arguments),
        Command::History(arguments) => past::history(arguments),
        Command::VerifyHistory(arguments) => past::verify(arguments),
        Command::Replay(arguments) => past::replay(arguments),
        Command::Backtest(arguments) => backtest::run(arguments),
    }
}
