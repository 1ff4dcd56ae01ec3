//! Our engine, filled with a catalogue.

use adapter_search::{InProcessIndex, SearchSettings};
use domain::Scholarship;
use ports::{Change, FeedPosition, SearchIndex as _};

use crate::{corpus, output, queries};

/// Records that were written again since the catalogue was loaded.
const REWRITTEN: usize = 1_500;

/// The engine with `count` scholarships, and an even sample of them.
pub(crate) fn filled(count: usize) -> anyhow::Result<(InProcessIndex, Vec<Scholarship>)> {
    let index = InProcessIndex::new(SearchSettings::default());
    let (changes, sample) = changes(count)?;
    let begun = std::time::Instant::now();
    index.apply(changes, FeedPosition::default());
    let seconds = begun.elapsed().as_secs_f64();
    output::complain(&format!(
        "our engine took in {count} scholarships in {seconds:.1} s"
    ));
    Ok((index, sample))
}

/// The same after some days of work on the catalogue: with several segments, and with documents that are dead in them.
pub(crate) fn lived_in(count: usize) -> anyhow::Result<(InProcessIndex, Vec<Scholarship>)> {
    let (index, sample) = filled(count)?;
    for scholarship in sample.iter().cycle().take(REWRITTEN.min(count)) {
        let mut scholarship = scholarship.clone();
        scholarship.version += 1;
        let change = vec![Change::Upserted(Box::new(scholarship))];
        index.apply(change, FeedPosition::default());
    }
    Ok((index, sample))
}

/// What fills an index with `count` scholarships, and an even sample of them.
pub(crate) fn changes(count: usize) -> anyhow::Result<(Vec<Change>, Vec<Scholarship>)> {
    let stride = corpus::stride(count, queries::RECORDS);
    let mut sample = Vec::with_capacity(queries::RECORDS);
    let mut changes = Vec::with_capacity(count);
    for (at, scholarship) in corpus::scholarships(count)?.enumerate() {
        if at.is_multiple_of(stride) {
            sample.push(scholarship.clone());
        }
        changes.push(Change::Upserted(Box::new(scholarship)));
    }
    Ok((changes, sample))
}
