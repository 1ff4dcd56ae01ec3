//! Our engine, filled with a catalogue.

use adapter_search::{InProcessIndex, SearchSettings};
use domain::Scholarship;
use ports::{Change, FeedPosition, SearchIndex as _};

use crate::{corpus, output, queries};

/// The engine with `count` scholarships, and an even sample of them.
pub(crate) fn filled(count: usize) -> anyhow::Result<(InProcessIndex, Vec<Scholarship>)> {
    let stride = corpus::stride(count, queries::RECORDS);
    let mut sample = Vec::with_capacity(queries::RECORDS);
    let mut changes = Vec::with_capacity(count);
    for (at, scholarship) in corpus::scholarships(count)?.enumerate() {
        if at.is_multiple_of(stride) {
            sample.push(scholarship.clone());
        }
        changes.push(Change::Upserted(Box::new(scholarship)));
    }
    let index = InProcessIndex::new(SearchSettings::default());
    let begun = std::time::Instant::now();
    index.apply(changes, FeedPosition::default());
    let seconds = begun.elapsed().as_secs_f64();
    output::complain(&format!(
        "our engine took in {count} scholarships in {seconds:.1} s"
    ));
    Ok((index, sample))
}
