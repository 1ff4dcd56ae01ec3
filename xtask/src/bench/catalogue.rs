//! The measured catalogue: generated, imported by the command that users run, and queries made from its records.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::Value;

pub(crate) struct Catalogue {
    pub(crate) store: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) import_seconds: f64,
    /// Two words of the name of each of a thousand records.
    pub(crate) queries: Vec<String>,
}

pub(crate) fn make(release: &Path, folder: &Path, count: u32) -> anyhow::Result<Catalogue> {
    let file = folder.join("catalogue.ndjson");
    let output = File::create(&file)?;
    let status = Command::new(release.join("xtask"))
        .args(["sample", "--seed", "1", "--count", &count.to_string()])
        .stdout(output)
        .status()?;
    ensure!(status.success(), "generating the catalogue failed");
    let store = folder.join("catalogue.db");
    let begun = Instant::now();
    let status = Command::new(release.join("xtask"))
        .arg("import")
        .arg(&file)
        .env("DATABASE_URL", format!("sqlite://{}", store.display()))
        .stdout(std::process::Stdio::null())
        .status()?;
    ensure!(status.success(), "importing the catalogue failed");
    let import_seconds = begun.elapsed().as_secs_f64();
    let queries = queries(&file, count)?;
    Ok(Catalogue {
        store,
        file,
        import_seconds,
        queries,
    })
}

fn queries(file: &Path, count: u32) -> anyhow::Result<Vec<String>> {
    let every = (count as usize / 1_000).max(1);
    let mut queries = Vec::new();
    for line in BufReader::new(File::open(file)?).lines().step_by(every) {
        let record: Value = serde_json::from_str(&line?)?;
        let name = record["name"].as_str().context("a record without a name")?;
        let words: Vec<&str> = name
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| word.len() > 3)
            .collect();
        if let [first, .., last] = words.as_slice() {
            queries.push(format!("{first} {last}"));
        }
    }
    ensure!(queries.len() >= 100, "too few queries could be made");
    Ok(queries)
}
