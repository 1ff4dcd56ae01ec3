//! `cargo xtask checklist`: the plan's list before a deployment. What a command can check is checked now; what a person must say is
//! written down with a name and a time, and is good for thirty days. Ends with 0 when nothing is missing, otherwise with 1.

mod confirmations;
mod items;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::builder::NonEmptyStringValueParser;
use ports::Clock as _;

use crate::reporting::Page;
use crate::system_clock::SystemClock;
use confirmations::{Confirmation, Confirmations};
pub(crate) use items::ItemName;
use items::{ITEMS, Item};
use report::{Checked, Line, Report};

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  cargo xtask checklist
  cargo xtask checklist confirm backups --by 'Ada Lovelace' --note 'restored the dump of Monday'

Keep the file with the confirmations in the repository: its history tells who confirmed what. Ends with 0 when every check passes and
every confirmation is there and younger than 30 days, 1 when not, 2 on wrong usage."
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
    /// Say that something was done, for the next thirty days
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
    let mut lines = Vec::new();
    let is_wanted = |item: &&Item| arguments.item.is_empty() || arguments.item.contains(&item.name);
    for item in ITEMS.iter().filter(is_wanted) {
        lines.push(Line {
            item,
            checked: item.command.map(check).transpose()?,
            confirmed: confirmations.state(item.name, now),
        });
    }
    let report = Report { lines };
    print!("{}", report.rendered(arguments.format));
    Ok(ExitCode::from(u8::from(!report.is_complete())))
}

fn confirm(arguments: &ConfirmArguments) -> anyhow::Result<ExitCode> {
    let mut confirmations = Confirmations::read(&arguments.file.file)?;
    let confirmation = Confirmation {
        by: arguments.by.clone(),
        at: SystemClock.now(),
        note: arguments.note.clone(),
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
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Checked::Failed(said.trim().trim_start_matches("error: ").to_owned())
    })
}
