//! Our engine, filled with a catalogue.

use std::time::Instant;

use adapter_search::{InProcessIndex, SearchSettings};
use anyhow::ensure;
use domain::Scholarship;
use ports::{Change, FeedPosition, SearchIndex as _};

use crate::{corpus, output, queries};

/// Records that were written again since everything was last merged into one segment.
const REWRITTEN: usize = 60;

/// The engine with `count` scholarships, and an even sample of them, while people work on the catalogue: some records were written again one by one since everything was last merged,
/// so that there are two segments, and documents that are dead in the first. It stays like that.
pub(crate) fn lived_in(count: usize) -> anyhow::Result<(InProcessIndex, Vec<Scholarship>)> {
    let bundled = include_str!("../../../config/search.toml");
    let never = bundled.replace("merge_all_pause = 10", "merge_all_pause = 86400");
    ensure!(never != bundled, "search.toml has another pause");
    let synonyms = include_str!("../../../config/synonyms.txt");
    let settings = SearchSettings::from_toml(&never, synonyms)?;
    let index = InProcessIndex::new(settings);
    let (changes, sample) = changes(count)?;
    let begun = Instant::now();
    index.apply(changes, FeedPosition::default());
    let seconds = begun.elapsed().as_secs_f64();
    output::complain(&format!(
        "our engine took in {count} scholarships in {seconds:.1} s"
    ));
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
