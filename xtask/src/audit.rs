//! `cargo xtask audit`: who wrote what to the catalogue.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use domain::{ScholarshipId, Timestamp};
use ports::{AuditEntry, AuditLog};
use serde_json::{Value, json};

use crate::store::{Store, StoreArguments};
use domain::hexadecimal;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What was written from this day (UTC) or instant on, as 2026-11-26 or 2026-11-26T10:00:00Z; everything when not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Of one scholarship only
    #[arg(long, value_name = "ID", value_parser = ScholarshipId::parse)]
    scholarship: Option<ScholarshipId>,
    /// Instead, the scholarships whose content is not the one that their newest entry names: written past the log, as by an
    /// earlier version or with SQL. Exit code 1 when there is one
    #[arg(long, conflicts_with_all = ["since", "scholarship"])]
    gaps: bool,
    /// The newest N, which are held in memory
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    #[command(flatten)]
    store: StoreArguments,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => Ok(instant.with_timezone(&Utc)),
        Err(_) => Err("must be a day or an instant, as 2026-11-26 or 2026-11-26T10:00:00Z".into()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    let lines = runtime.block_on(read(arguments))?;
    match print(&lines, BufWriter::new(io::stdout().lock())) {
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        printed => printed.context("standard output cannot be written")?,
    }
    Ok(if arguments.gaps && !lines.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn read(arguments: &Arguments) -> anyhow::Result<Vec<Value>> {
    let store = arguments.store.open_existing().await?;
    let lines = match &store {
        Store::Sqlite(store) => read_from(store, arguments).await,
        Store::Postgres(store) => read_from(store, arguments).await,
    };
    store.close().await;
    lines
}

async fn read_from(log: &impl AuditLog, arguments: &Arguments) -> anyhow::Result<Vec<Value>> {
    if arguments.gaps {
        let gaps = log.gaps(arguments.limit).await?;
        let line = |id: &ScholarshipId| json!({"scholarship_id": id});
        return Ok(gaps.iter().map(line).collect());
    }
    let since = arguments.since.unwrap_or(Timestamp::UNIX_EPOCH);
    let entries = log.audit(since, arguments.scholarship.as_ref(), arguments.limit);
    Ok(entries.await?.iter().map(line_of).collect())
}

fn print(lines: &[Value], mut output: impl Write) -> io::Result<()> {
    for line in lines {
        writeln!(output, "{line}")?;
    }
    output.flush()
}

fn line_of(entry: &AuditEntry) -> Value {
    let digits = |digest: &Option<[u8; 32]>| digest.as_ref().map(|digest| hexadecimal(digest));
    json!({
        "sequence": entry.sequence,
        "at": entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "actor": entry.actor.name,
        "role": entry.actor.role.code(),
        "action": entry.action.code(),
        "scholarship_id": entry.scholarship_id.as_str(),
        "digest_before": digits(&entry.digest_before),
        "digest_after": digits(&entry.digest_after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_are_understood() {
        let micros = |text: &str| instant(text).map(|instant| instant.timestamp_micros());
        assert_eq!(micros("1970-01-02"), Ok(86_400_000_000));
        assert_eq!(micros("1970-01-01T01:00:00.5+01:00"), Ok(500_000));
        for wrong in ["", "yesterday", "2026-13-01", "2026-11-26T10:00:00"] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }
}
