//! What stands beside a backup: what its tables come to, and what the file itself does.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use adapter_postgres::operations::TableSum;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::private_file::new_private_file;
use domain::hexadecimal;

#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) database: String,
    pub(crate) made_at: chrono::DateTime<chrono::Utc>,
    /// Of the file.
    pub(crate) sha256: String,
    #[serde(with = "tables")]
    pub(crate) tables: Vec<TableSum>,
    /// The last number of each sequence, read before the dump: what is dumped later may be ahead.
    pub(crate) sequences: BTreeMap<String, i64>,
}

pub(crate) fn manifest_path(file: &Path) -> PathBuf {
    with_ending(file, "json")
}

pub(crate) fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

pub(crate) fn digest_of(file: &Path) -> anyhow::Result<String> {
    let mut digest = Sha256::new();
    let mut read =
        File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match read.read(&mut buffer)? {
            0 => break,
            length => digest.update(&buffer[..length]),
        }
    }
    Ok(hexadecimal(&digest.finalize()))
}

impl Manifest {
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut file = new_private_file(path)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        Ok(())
    }

    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| {
            format!(
                "{} cannot be read; it was written beside the backup and is needed to check it",
                path.display()
            )
        })?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    /// One line for each table that is not as it was when the backup was made, and for each sequence that has not come as far.
    pub(crate) fn differences(
        &self,
        present: &[TableSum],
        sequences: &BTreeMap<String, i64>,
    ) -> Vec<String> {
        let find =
            |sums: &[TableSum], table: &str| sums.iter().find(|sum| sum.table == table).cloned();
        let missing_or_other =
            self.tables
                .iter()
                .filter_map(|expected| match find(present, &expected.table) {
                    Some(sum) if sum == *expected => None,
                    Some(sum) => Some(format!(
                        "{}: {} rows (checksum {}) instead of {} ({})",
                        sum.table, sum.rows, sum.checksum, expected.rows, expected.checksum
                    )),
                    None => Some(format!("{}: is missing", expected.table)),
                });
        let unexpected = present
            .iter()
            .filter(|sum| find(&self.tables, &sum.table).is_none())
            .map(|sum| format!("{}: was not in the backup", sum.table));
        let behind = self.sequences.iter().filter_map(|(name, expected)| {
            let last = sequences.get(name);
            (last < Some(expected))
                .then(|| format!("{name}: has come to {last:?}, and was at {expected}"))
        });
        missing_or_other.chain(unexpected).chain(behind).collect()
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sum in &self.tables {
            writeln!(formatter, "  {:<32} {:>12} rows", sum.table, sum.rows)?;
        }
        Ok(())
    }
}

/// The adapter's type knows nothing of JSON.
mod tables {
    use super::*;
    use serde::{Deserializer, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Line {
        table: String,
        rows: u64,
        checksum: String,
    }

    pub(super) fn serialize<S: Serializer>(
        sums: &[TableSum],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(sums.iter().map(|sum| Line {
            table: sum.table.clone(),
            rows: sum.rows,
            checksum: sum.checksum.clone(),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<TableSum>, D::Error> {
        let lines = Vec::<Line>::deserialize(deserializer)?;
        let sums = lines.into_iter().map(|line| TableSum {
            table: line.table,
            rows: line.rows,
            checksum: line.checksum,
        });
        Ok(sums.collect())
    }
}
