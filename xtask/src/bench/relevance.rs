//! `cargo xtask bench relevance`: how well searches find what was meant, on the sample catalogue and on real ones.
//!
//! Two kinds of queries, both through the port alone: known items, made from records, which must come first; and natural queries
//! judged by hand, half of which are frozen (`xtask/relevance/frozen.toml`). The numbers follow from the catalogue alone.

mod catalogue;
mod chance;
mod evaluation;
mod judgements;
mod known_items;
mod measures;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::workspace::Workspace;
use catalogue::Catalogue;
use evaluation::{JudgedScore, KnownItemScore};

/// Beside the workspace, where it may be absent.
const REAL_CATALOGUE: &str = "../shared/data/open-scholarships.jsonl";

/// Arguments of `bench relevance`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Real catalogues for known items, in any format that `import` reads; ../shared/data/open-scholarships.jsonl when not given
    #[arg(long = "catalogue", value_name = "FILE")]
    catalogues: Vec<PathBuf>,
    /// Also list what was not found, and the worst judged queries of the tuned half
    #[arg(long)]
    verbose: bool,
    /// Write the numbers as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Everything that is measured.
pub(super) struct Measured {
    /// Of each catalogue, the sample catalogue first.
    known_items: Vec<(String, Vec<KnownItemScore>)>,
    judged: Vec<JudgedScore>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let sample = Catalogue::sample();
    let mut measured = Measured {
        known_items: vec![(sample.label().to_owned(), evaluation::known_items(&sample)?)],
        judged: evaluation::judged(&sample)?,
    };
    for path in real_catalogues(arguments)? {
        let catalogue = Catalogue::read(&path)?;
        let scores = evaluation::known_items(&catalogue)?;
        measured
            .known_items
            .push((catalogue.label().to_owned(), scores));
    }
    print!("{}", report::tables(&measured));
    if arguments.verbose {
        print!("{}", report::details(&measured));
    }
    if let Some(path) = &arguments.json {
        std::fs::write(path, report::json(&measured))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// MRR@10 of known items on the sample catalogue, or on the usual real one where that is lower.
pub(super) fn least_known_item_rank() -> anyhow::Result<f64> {
    let mut catalogues = vec![Catalogue::sample()];
    for path in usual_catalogue()? {
        catalogues.push(Catalogue::read(&path)?);
    }
    let mut least = f64::INFINITY;
    for catalogue in &catalogues {
        let scores = evaluation::known_items(catalogue)?;
        let of_all = scores.iter().filter(|score| score.memory.is_none());
        least = of_all.fold(least, |least, score| least.min(score.mean_reciprocal_rank));
    }
    Ok(least)
}

/// Those asked for, which must exist, or the usual one, which may be absent.
fn real_catalogues(arguments: &Arguments) -> anyhow::Result<Vec<PathBuf>> {
    if !arguments.catalogues.is_empty() {
        return Ok(arguments.catalogues.clone());
    }
    usual_catalogue()
}

fn usual_catalogue() -> anyhow::Result<Vec<PathBuf>> {
    let usual = Workspace::load()?
        .metadata()
        .workspace_root
        .join(REAL_CATALOGUE);
    Ok(if usual.exists() {
        vec![usual.into_std_path_buf()]
    } else {
        Vec::new()
    })
}

#[cfg(test)]
mod tests;
