//! `cargo xtask checklist`: the plan's list before a deployment. What a command can check is checked now; what a person must say is
//! written down with a name and a time, and is good for thirty days; who is on call, for a day and one release. Ends with 0 when nothing
//! is missing, otherwise with 1.

mod confirmations;
mod items;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::builder::NonEmptyStringValueParser;
use ports::Clock as _;
use rollout::machine::{self, Phase, StateStore as _};

use crate::reporting::Page;
use crate::rollout::DirectoryArguments;
use crate::rollout::directory::Directory;
use crate::system_clock::SystemClock;
use confirmations::{Confirmation, Confirmations, Releases};
pub(crate) use items::ItemName;
use items::{ITEMS, Item};
use report::{Checked, Line, Report};

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  cargo xtask checklist
  cargo xtask checklist --version 1.3.0
  cargo xtask checklist confirm backups --by 'Ada Lovelace' --note 'restored the dump of Monday'
  cargo xtask checklist confirm on-call --by 'Ada Lovelace' --version 1.3.0

Keep the file with the confirmations in the repository: its history tells who confirmed what. Ends with 0 when every check passes and
every confirmation is there and younger than 30 days (on-call: 24 hours, and its release is not over), 1 when not, 2 on wrong usage."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommand>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(clap::Args)]
struct ShowArguments {
    #[command(flatten)]
    file: FileArguments,
    /// Only this line; may be repeated
    #[arg(long, value_name = "ITEM")]
    item: Vec<ItemName>,
    /// The version that is to be released: who is on call must have been confirmed for it
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[arg(long, value_enum, default_value_t)]
    format: Page,
}

#[derive(clap::Args)]
struct FileArguments {
    /// Where the confirmations are kept
    #[arg(long, value_name = "FILE", default_value = "checklist.json")]
    file: PathBuf,
}

#[derive(clap::Subcommand)]
enum Subcommand {
    /// Say that something was done, for the next thirty days; who is on call, for the next day
    Confirm(ConfirmArguments),
}

#[derive(clap::Args)]
struct ConfirmArguments {
    item: ItemName,
    /// Who says so
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    by: String,
    /// What was done, and where to read more
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The version that is to be released; of on-call only, which is good for one release
    #[arg(long, value_name = "VERSION", required_if_eq("item", "on-call"), value_parser = NonEmptyStringValueParser::new())]
    version: Option<String>,
    #[command(flatten)]
    file: FileArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        None => show(&arguments.show),
        Some(Subcommand::Confirm(arguments)) => confirm(arguments),
    }
}

/// When an item was confirmed last, and by whom, however long ago.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn last_confirmed(
    file: &Path,
    item: ItemName,
) -> anyhow::Result<Option<(DateTime<Utc>, String)>> {
    let confirmations = Confirmations::read(file)?;
    let last = confirmations.last(item);
    Ok(last.map(|last| (last.at, last.by.clone())))
}

fn show(arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let confirmations = Confirmations::read(&arguments.file.file)?;
    let now = SystemClock.now();
    let releases = Releases {
        next: arguments.version.clone(),
        ended: last_end(&arguments.directory.open())?,
    };
    let mut lines = Vec::new();
    let is_wanted = |item: &&Item| arguments.item.is_empty() || arguments.item.contains(&item.name);
    for item in ITEMS.iter().filter(is_wanted) {
        lines.push(Line {
            item,
            checked: item.command.map(check).transpose()?,
            confirmed: confirmations.state(item.name, now, &releases),
        });
    }
    let report = Report { lines };
    print!("{}", report.rendered(arguments.format));
    Ok(ExitCode::from(u8::from(!report.is_complete())))
}

/// The version of the last release, and when that was over.
fn last_end(directory: &Directory) -> anyhow::Result<Option<(String, DateTime<Utc>)>> {
    let Some(text) = directory.load()? else {
        return Ok(None);
    };
    let state = machine::State::from_json(&text)?;
    Ok(match state.phase {
        Phase::RolledBack { at, .. } | Phase::Done { at } | Phase::Settled { at } => {
            Some((state.release.canary, at))
        }
        Phase::Entering(_) | Phase::Running(_) | Phase::RollingBack { .. } => None,
    })
}

fn confirm(arguments: &ConfirmArguments) -> anyhow::Result<ExitCode> {
    let mut confirmations = Confirmations::read(&arguments.file.file)?;
    let confirmation = Confirmation {
        by: arguments.by.clone(),
        at: SystemClock.now(),
        note: arguments.note.clone(),
        version: arguments.version.clone(),
    };
    confirmations.add(arguments.item, confirmation);
    confirmations.write(&arguments.file.file)?;
    println!("{} is confirmed by {}", arguments.item.text(), arguments.by);
    Ok(ExitCode::SUCCESS)
}

/// A command of this very program. What it says is kept where it fails.
fn check(command: &'static [&'static str]) -> anyhow::Result<Checked> {
    let program = std::env::current_exe().context("this program is not found")?;
    let output = Command::new(program).args(command).output()?;
    Ok(if output.status.success() {
        Checked::Passed
    } else {
        Checked::Failed(said(&output.stdout, &output.stderr))
    })
}

/// Both streams: some tools tell on one of them what failed, and on the other one where.
fn said(stdout: &[u8], stderr: &[u8]) -> String {
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let parts = [stdout.trim(), stderr.trim().trim_start_matches("error: ")];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn a_command_that_failed_is_heard_on_both_streams() {
        assert_eq!(
            said(b"3 of 4 passed\n", b"error: one failed\n"),
            "3 of 4 passed\none failed"
        );
        assert_eq!(said(b" ", b"error: it failed"), "it failed");
        assert_eq!(said(b"it failed\n", b""), "it failed");
    }
}
