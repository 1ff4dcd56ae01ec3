//! `cargo xtask import`: reads files of scholarships into the store.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use app::import::{ImportError, ImportFormat, ImportOptions, ImportReport, Importer, Rejection};
use ports::{Actor, ActorRole};
use tokio::io::AsyncRead;

use crate::reporting::progress_bar;
use crate::store::{Place, Store, StoreArguments};
use crate::system_clock::SystemClock;

/// The most complaints that are printed for one file.
const MOST_PRINTED: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files to read, in this order; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// auto, ndjson, json, csv or open-scholarships
    #[arg(long, default_value = "auto")]
    format: ImportFormat,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreArguments,
}

/// Fails when a file cannot be read or not one record could be taken.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    runtime.block_on(import_all(arguments))
}

async fn import_all(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // A dry run must not even make the file, so it looks into an empty store instead.
    let empty = tempfile::tempdir().context("no folder for temporary files")?;
    let place = match arguments.store.place()? {
        Place::Sqlite(path) if arguments.dry_run && !path.exists() => {
            Place::Sqlite(empty.path().join("empty.db"))
        }
        place => place,
    };
    let store = Store::open(place).await?;
    let importer = match &store {
        Store::Sqlite(store) => Importer::new(Arc::new(store.clone()), operator()),
        Store::Postgres(store) => Importer::new(Arc::new(store.clone()), operator()),
    };
    let result = import_files(&importer, arguments).await;
    store.close().await;
    result
}

/// Whoever runs the command, as the system calls them.
fn operator() -> Actor {
    let name = ["LOGNAME", "USER"].into_iter().find_map(|variable| {
        let name = std::env::var(variable).ok()?;
        (!name.is_empty()).then_some(name)
    });
    Actor {
        name,
        role: ActorRole::Operator,
    }
}

async fn import_files(importer: &Importer, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (mut taken, mut unread) = (0, false);
    for file in &arguments.files {
        let label = if arguments.files.len() > 1 {
            format!("{file}: ")
        } else {
            String::new()
        };
        match import_file(importer, arguments, file).await {
            Ok(report) => {
                taken += report.records() - report.rejected;
                print!("{label}{}", summary(&report, arguments.dry_run));
            }
            Err(ImportError::Read(error)) => {
                eprintln!("error: {file} cannot be read: {error}");
                unread = true;
            }
            Err(error @ ImportError::Store(_)) => {
                return Err(error).with_context(|| {
                    format!("{file} is imported in part; run the import again to finish it")
                });
            }
        }
    }
    Ok(if unread || taken == 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn import_file(
    importer: &Importer,
    arguments: &Arguments,
    file: &str,
) -> Result<ImportReport, ImportError> {
    let (source, length): (Box<dyn AsyncRead + Unpin + Send>, Option<u64>) = if file == "-" {
        (Box::new(tokio::io::stdin()), None)
    } else {
        let opened = tokio::fs::File::open(file)
            .await
            .map_err(ImportError::Read)?;
        let length = opened.metadata().await.map_err(ImportError::Read)?.len();
        (Box::new(opened), Some(length))
    };
    let name = Path::new(file).file_name();
    let options = ImportOptions {
        format: arguments.format,
        file_name: name.map(|name| name.to_string_lossy().into_owned()),
        dry_run: arguments.dry_run,
    };
    let template = if length.is_some() {
        "{bar:40} {bytes}/{total_bytes} {msg} {eta}"
    } else {
        "{spinner} {bytes} {msg}"
    };
    let bar = progress_bar(length, template);
    let report = importer
        .run(source, options, &SystemClock, |bytes, report| {
            bar.set_position(bytes);
            bar.set_message(format!("{} records", report.records()));
        })
        .await;
    bar.finish_and_clear();
    report
}

/// The report as people read it.
fn summary(report: &ImportReport, dry_run: bool) -> String {
    let suffix = if dry_run {
        " (dry run, nothing was written)"
    } else {
        ""
    };
    let mut text = format!("{report}{suffix}\n");
    list(&mut text, "rejected", report.rejected, &report.rejections);
    list(&mut text, "note", report.noted, &report.notes);
    text
}

fn list(text: &mut String, word: &str, records: u64, complaints: &[Rejection]) {
    for complaint in complaints.iter().take(MOST_PRINTED) {
        text.push_str(&format!("  {word}: {complaint}\n"));
    }
    if complaints.len() > MOST_PRINTED {
        text.push_str(&format!(
            "  {word}: and more, in {records} records altogether\n"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_lists_a_bounded_number_of_complaints() {
        let complaint = |line| Rejection {
            line,
            field: "name".to_owned(),
            reason: "must not be empty".to_owned(),
        };
        let report = ImportReport {
            created: 1,
            rejected: 25,
            rejections: (1..=25).map(complaint).collect(),
            ..ImportReport::default()
        };
        let text = summary(&report, true);
        assert!(text.starts_with(
            "26 records: 1 created, 0 updated, 0 unchanged, 25 rejected (dry run, nothing was written)\n  rejected: line 1: name: must not be empty\n"
        ));
        assert_eq!(text.lines().count(), 22);
        assert!(text.ends_with("and more, in 25 records altogether\n"));
    }
}
