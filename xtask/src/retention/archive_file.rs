//! A file of old interactions: NDJSON in gzip. The first line says of which store, the last one how many there are, so that a
//! file cut short is never taken for a whole one.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use domain::{Interaction, InteractionKind, ScholarshipId, Term as _, Timestamp};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use ports::KeptInteraction;
use serde::{Deserialize, Serialize};

use crate::private_file::new_private_file;

#[derive(Serialize, Deserialize)]
struct Beginning {
    store: String,
    before: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct End {
    rows: u64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    sequence: u64,
    pseudonym: String,
    id: String,
    kind: String,
    scholarship_id: String,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
}

impl From<&KeptInteraction> for Line {
    fn from(kept: &KeptInteraction) -> Self {
        let interaction = &kept.interaction;
        Self {
            sequence: kept.sequence,
            pseudonym: interaction.pseudonym.clone(),
            id: interaction.id.clone(),
            kind: interaction.kind.code().to_owned(),
            scholarship_id: interaction.scholarship_id.to_string(),
            occurred_at: interaction.occurred_at,
            recorded_at: kept.recorded_at,
        }
    }
}

impl Line {
    fn into_kept(self) -> anyhow::Result<KeptInteraction> {
        Ok(KeptInteraction {
            sequence: self.sequence,
            interaction: Interaction {
                kind: InteractionKind::from_code(&self.kind).context("the kind is none")?,
                scholarship_id: ScholarshipId::parse(&self.scholarship_id)?,
                id: self.id,
                occurred_at: self.occurred_at,
                pseudonym: self.pseudonym,
            },
            recorded_at: self.recorded_at,
        })
    }
}

/// Writes a file; it is of no use before `finish`.
pub(super) struct ArchiveWriter {
    lines: BufWriter<GzEncoder<File>>,
    rows: u64,
}

impl ArchiveWriter {
    pub(super) fn create(path: &Path, store: &str, before: Timestamp) -> anyhow::Result<Self> {
        let file = new_private_file(path)?;
        let mut writer = Self {
            lines: BufWriter::new(GzEncoder::new(file, Compression::default())),
            rows: 0,
        };
        let store = store.to_owned();
        writer.line(&Beginning { store, before })?;
        Ok(writer)
    }

    pub(super) fn add(&mut self, kept: &KeptInteraction) -> anyhow::Result<()> {
        self.line(&Line::from(kept))?;
        self.rows += 1;
        Ok(())
    }

    /// Completes it, down to the disk. Answers how many rows it holds.
    pub(super) fn finish(mut self) -> anyhow::Result<u64> {
        let rows = self.rows;
        self.line(&End { rows })?;
        let gzip = self
            .lines
            .into_inner()
            .map_err(|error| error.into_error())?;
        gzip.finish()?.sync_all()?;
        Ok(rows)
    }

    fn line(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.write_all(b"\n")?;
        Ok(())
    }
}

/// Calls `take` with the rows of a file, at most `most` at a time. Answers how many there are.
///
/// # Errors
/// The file is not whole, or of another store.
pub(super) fn read_archive(
    path: &Path,
    store: &str,
    most: usize,
    mut take: impl FnMut(Vec<KeptInteraction>) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let file = BufReader::new(File::open(path)?);
    let mut lines = BufReader::new(GzDecoder::new(file)).lines();
    let first = lines.next().context("it is empty")??;
    let beginning: Beginning = serde_json::from_str(&first).context("it begins otherwise")?;
    ensure!(
        beginning.store == store,
        "it is of another store; give each database a folder of its own"
    );
    let (mut rows, mut batch) = (0, Vec::new());
    for line in lines {
        let line = line?;
        if let Ok(End { rows: expected }) = serde_json::from_str(&line) {
            ensure!(
                rows == expected,
                "it holds {rows} rows instead of {expected}"
            );
            if !batch.is_empty() {
                take(batch)?;
            }
            return Ok(rows);
        }
        let line: Line = serde_json::from_str(&line).context("a line is no interaction")?;
        batch.push(line.into_kept()?);
        rows += 1;
        if batch.len() >= most {
            take(std::mem::take(&mut batch))?;
        }
    }
    bail!("it ends too early");
}
