//! What happened: the history, whether it is whole, and whether its verdicts come out again.

use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use rollout::history::{self, Head, Record};
use rollout::machine::{State, StateStore as _};
use rollout::{Policy, judge};

use super::directory::Directory;
use super::driving::{policy_of, snapshot_of};
use super::{DirectoryArguments, telling};
use crate::reporting::Shape;

#[derive(clap::Args)]
pub(crate) struct HistoryArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

#[derive(clap::Args)]
#[command(
    after_help = "Who can write the history can write another one. Keep the printed head elsewhere, and check against it:
  cargo xtask rollout verify-history --sequence 17 --hash 3f.."
)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    /// The number of a record that is known to have been there
    #[arg(long, requires = "hash")]
    sequence: Option<u64>,
    /// Its hash
    #[arg(long, requires = "sequence")]
    hash: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    directory: DirectoryArguments,
}

pub(crate) fn history(arguments: &HistoryArguments) -> anyhow::Result<ExitCode> {
    let text = written(&arguments.directory.open())?;
    let reading = history::read(&text)?;
    match arguments.format {
        Shape::Json => println!("{}", serde_json::to_string_pretty(&reading.records)?),
        Shape::Table => {
            for record in &reading.records {
                println!("{}", telling::record(record));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A folder that was mistyped must not look like a history without a fault.
fn written(directory: &Directory) -> anyhow::Result<String> {
    let text = directory.history()?;
    let is_there = !text.is_empty() || directory.load()?.is_some();
    ensure!(
        is_there,
        "there is no history here: `rollout start` begins one"
    );
    Ok(text)
}

/// Ends with 1 when the history is not the one that was written.
pub(crate) fn verify(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let directory = arguments.directory.open();
    let text = written(&directory)?;
    let known = match (arguments.sequence, &arguments.hash) {
        (Some(sequence), Some(hash)) => Some(Head {
            sequence,
            hash: hash.clone(),
        }),
        _ => None,
    };
    let head = history::verify_text(&text, known.as_ref())?;
    // The state knows the end, too: somebody who cut the history off would have to write both.
    if let Some(state) = directory.load()? {
        let state = State::from_json(&state)?;
        let recorded = state.head.sequence - state.outbox.len() as u64;
        if head.sequence < recorded {
            bail!(
                "the history ends with record {}, but the state knows record {recorded}",
                head.sequence
            );
        }
    }
    println!(
        "{} records, whole and unchanged; head {}",
        head.sequence, head.hash
    );
    Ok(ExitCode::SUCCESS)
}

/// Ends with 1 when a verdict comes out otherwise.
pub(crate) fn replay(arguments: &ReplayArguments) -> anyhow::Result<ExitCode> {
    let directory = arguments.directory.open();
    let text = directory.history()?;
    let records = history::read(&text)?.records;
    let begun = last_start(&records).context("no release was started here")?;
    let history::Event::Started { policy_hash, .. } = &begun.event else {
        bail!("record {} is no start", begun.sequence);
    };
    let policy = policy_of(&directory, policy_hash)?;
    let (mut same, mut differing) = (0_u32, 0_u32);
    for record in records
        .iter()
        .filter(|record| record.sequence > begun.sequence)
    {
        let Some(hash) = &record.verdict_hash else {
            continue;
        };
        let found = replayed(&directory, &policy, hash)?;
        if found.as_ref() == Some(hash) {
            same += 1;
        } else {
            differing += 1;
            println!(
                "record {}: recorded {hash}, came out as {found:?}",
                record.sequence
            );
        }
    }
    ensure!(
        same + differing > 0,
        "no verdict has changed anything yet: there is nothing to replay"
    );
    println!("{same} verdicts came out to the same hash, {differing} did not");
    Ok(ExitCode::from(u8::from(differing > 0)))
}

/// The hash that comes out in the stage that gave the recorded one; otherwise that of the first stage.
fn replayed(
    directory: &super::directory::Directory,
    policy: &Policy,
    recorded: &str,
) -> anyhow::Result<Option<String>> {
    let snapshot = snapshot_of(directory, recorded)?;
    let hashes: Vec<String> = policy
        .stages
        .iter()
        .map(|stage| judge(policy, stage, &snapshot).hash)
        .collect();
    let same = hashes.iter().find(|hash| *hash == recorded);
    Ok(same.or(hashes.first()).cloned())
}

fn last_start(records: &[Record]) -> Option<&Record> {
    let is_start = |record: &&Record| matches!(record.event, history::Event::Started { .. });
    records.iter().rev().find(is_start)
}
