//! `cargo xtask sample`: prints sample scholarships as NDJSON.

use std::io::{self, BufWriter};
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::NaiveDate;
use domain::ScholarshipDocument;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many
    #[arg(long, value_name = "N")]
    count: usize,
    /// The same seed and day give the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The day from which deadlines count, as 2027-03-01; today in New York when not given
    #[arg(long, value_name = "DATE")]
    today: Option<NaiveDate>,
}

/// Prints until all are out or nobody reads any more.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let today = arguments.today.unwrap_or_else(today);
    let output = BufWriter::with_capacity(256 << 10, io::stdout().lock());
    match print(arguments, today, output) {
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        printed => printed.context("standard output cannot be written")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(arguments: &Arguments, today: NaiveDate, mut output: impl io::Write) -> io::Result<()> {
    for content in app::sample::generate(arguments.count, arguments.seed, today) {
        serde_json::to_writer(&mut output, &ScholarshipDocument::from(&content))?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

#[expect(
    clippy::disallowed_methods,
    reason = "time enters a command-line tool here"
)]
fn today() -> NaiveDate {
    domain::deadline::today(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_one_document_a_line() {
        let arguments = Arguments {
            count: 3,
            seed: 5,
            today: None,
        };
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
        let mut output = Vec::new();
        print(&arguments, today, &mut output).expect("memory takes everything");
        let text = String::from_utf8(output).expect("UTF-8");
        assert_eq!(text.lines().count(), 3);
        for line in text.lines() {
            let document: ScholarshipDocument = serde_json::from_str(line).expect("a document");
            assert!(document.into_content().is_ok());
        }
    }
}
