//! `cargo xtask checklist`: the plan's list before a deployment. What commands of this program can see to they check, and what they
//! cannot, or what was done elsewhere, a person confirms. Both are written down, and good for thirty days; who is on call, for a day
//! and one release. Showing the list runs nothing. Ends with 0 when nothing is missing, otherwise with 1.

mod checking;
mod items;
mod record;
mod report;
mod state;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::builder::{EnumValueParser, NonEmptyStringValueParser, TypedValueParser as _};
use ports::Clock as _;
use rollout::machine::{self, Phase, StateStore as _};

use crate::reporting::Page;
use crate::rollout::DirectoryArguments;
use crate::rollout::directory::Directory;
use crate::system_clock::SystemClock;
pub(crate) use items::ItemName;
use items::{ITEMS, Item};
use record::{Confirmation, Proof, Record};
use report::{Line, Report};
use state::{Releases, State};

/// Where the list is kept, unless somebody names another place.
const FILE: &str = "checklist.json";

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  cargo xtask checklist check
  cargo xtask checklist check --item backups --item rollback
  cargo xtask checklist --version 1.3.0
  cargo xtask checklist confirm on-call --by 'Ada Lovelace' --version 1.3.0
  cargo xtask checklist confirm load-test --by 'Ada Lovelace' --note 'staging, 4,000 requests/s'

Without a subcommand it only shows what is written down. Keep the file in the repository: its history tells who checked and confirmed
what. A line is ready by a check that passed or a confirmation, whichever is newer, for 30 days, unless a check failed since; on-call by
a confirmation alone, for 24 hours, while its release is not over. Ends with 0 when every line is ready, 1 when not, 2 on wrong usage."
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
    /// Where checks and confirmations are written down
    #[arg(long, value_name = "FILE", default_value = FILE)]
    file: PathBuf,
}

#[derive(clap::Subcommand)]
enum Subcommand {
    /// Run the commands of each line but on-call, and write down how they ended
    Check(CheckArguments),
    /// Say that something was done, for the next thirty days; who is on call, for the next day
    Confirm(ConfirmArguments),
}

#[derive(clap::Args)]
#[command(after_help = items::help())]
struct CheckArguments {
    /// Only this line; may be repeated
    #[arg(long, value_name = "ITEM", value_parser = EnumValueParser::<ItemName>::new().try_map(with_commands))]
    item: Vec<ItemName>,
    #[command(flatten)]
    file: FileArguments,
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

/// Refuses what only a person can know.
fn with_commands(name: ItemName) -> Result<ItemName, String> {
    if ITEMS
        .iter()
        .any(|item| item.name == name && item.commands.is_empty())
    {
        return Err("no command can know it: use `checklist confirm`".to_owned());
    }
    Ok(name)
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        None => show(&arguments.show),
        Some(Subcommand::Check(arguments)) => check(arguments),
        Some(Subcommand::Confirm(arguments)) => confirm(arguments),
    }
}

/// When an item was checked with success or confirmed last, and by whom or what, however long ago.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn last_done(
    file: &Path,
    item: ItemName,
) -> anyhow::Result<Option<(DateTime<Utc>, String)>> {
    let proofs = Record::read(file)?.proofs(item).into_iter();
    Ok(proofs.max_by_key(Proof::at).map(|last| match last {
        Proof::Checked(check) => (check.at, "cargo xtask checklist check".to_owned()),
        Proof::Confirmed(confirmation) => (confirmation.at, confirmation.by),
    }))
}

/// Those that are named; all when none is.
fn wanted(names: &[ItemName]) -> impl Iterator<Item = &'static Item> {
    let is_wanted = move |item: &&Item| names.is_empty() || names.contains(&item.name);
    ITEMS.iter().filter(is_wanted)
}

fn show(arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file.file;
    let record = Record::read(file)?;
    let now = SystemClock.now();
    let releases = Releases {
        next: arguments.version.clone(),
        ended: last_end(&arguments.directory.open())?,
    };
    let lines = wanted(&arguments.item).map(|item| Line {
        item,
        state: State::of(&record, item.name, now, &releases),
    });
    let report = Report {
        lines: lines.collect(),
        version: arguments.version.clone(),
        file: (file != Path::new(FILE)).then(|| file.clone()),
    };
    print!("{}", report.rendered(arguments.format));
    Ok(ExitCode::from(u8::from(!report.is_complete())))
}

fn check(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file.file;
    // What cannot be read is not found out after all the work.
    Record::read(file)?;
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    for item in wanted(&arguments.item).filter(|item| !item.commands.is_empty()) {
        let check = checking::check(item)?;
        let ended = if check.passed() {
            &mut passed
        } else {
            &mut failed
        };
        ended.push(item.name.text());
        // Read again: somebody may have confirmed something meanwhile.
        let mut record = Record::read(file)?;
        record.add_check(item.name, check);
        record.write(file)?;
    }
    if !passed.is_empty() {
        println!("passed: {}", passed.join(", "));
    }
    if !failed.is_empty() {
        println!("FAILED: {}", failed.join(", "));
    }
    Ok(ExitCode::from(u8::from(!failed.is_empty())))
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
    if let (Some(version), false) = (&arguments.version, arguments.item.is_of_one_release()) {
        eprintln!(
            "error: --version {version}: {} is good for every release; of on-call alone it is asked for which",
            arguments.item.text()
        );
        return Ok(ExitCode::from(2));
    }
    let mut record = Record::read(&arguments.file.file)?;
    let confirmation = Confirmation {
        by: arguments.by.clone(),
        at: SystemClock.now(),
        note: arguments.note.clone(),
        version: arguments.version.clone(),
    };
    record.add_confirmation(arguments.item, confirmation);
    record.write(&arguments.file.file)?;
    println!("{} is confirmed by {}", arguments.item.text(), arguments.by);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::record::{Check, Failure};
    use super::*;

    #[test]
    fn what_was_done_last_is_the_newest_that_did_not_fail() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let item = ItemName::Backups;
        let at = |days| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(days);
        let last = || last_done(&file, item).unwrap();
        let mut record = Record::default();
        assert_eq!(last(), None);
        let passed = Check {
            at: at(1),
            commands: vec!["drill restore".to_owned()],
            commit: None,
            failures: Vec::new(),
        };
        let failed = Check {
            at: at(3),
            failures: vec![Failure {
                command: "drill restore".to_owned(),
                ended: "exit status: 1".to_owned(),
                said: Vec::new(),
            }],
            ..passed.clone()
        };
        record.add_check(item, passed);
        record.add_check(item, failed);
        record.write(&file).unwrap();
        let by = "cargo xtask checklist check".to_owned();
        assert_eq!(last(), Some((at(1), by)));
        let by_ada = Confirmation {
            by: "Ada".to_owned(),
            at: at(2),
            note: None,
            version: None,
        };
        record.add_confirmation(item, by_ada);
        record.write(&file).unwrap();
        assert_eq!(last(), Some((at(2), "Ada".to_owned())));
    }
}
