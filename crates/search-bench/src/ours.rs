//! Our engine, filled with a catalogue.

use std::time::{Duration, Instant};

use adapter_search::{InProcessIndex, SearchSettings};
use anyhow::ensure;
use domain::Scholarship;
use ports::{Change, FeedPosition, SearchIndex as _};

use crate::{corpus, output, queries};

/// Records that were written again since the catalogue was loaded.
const REWRITTEN: usize = 1_500;

/// Of these, so many were written since everything was last merged into one segment.
const JUST_REWRITTEN: usize = 60;

/// Merging everything must not take longer than this.
const PATIENCE: Duration = Duration::from_secs(600);

/// The engine with `count` scholarships, and an even sample of them.
pub(crate) fn filled(count: usize) -> anyhow::Result<(InProcessIndex, Vec<Scholarship>)> {
    let index = InProcessIndex::new(SearchSettings::default());
    let (changes, sample) = changes(count)?;
    let begun = Instant::now();
    index.apply(changes, FeedPosition::default());
    let seconds = begun.elapsed().as_secs_f64();
    output::complain(&format!(
        "our engine took in {count} scholarships in {seconds:.1} s"
    ));
    Ok((index, sample))
}

/// The same while people work on the catalogue: records were written again one by one, of which some since everything was last
/// merged, so that there are two segments, and documents that are dead in the first.
pub(crate) fn lived_in(count: usize) -> anyhow::Result<(InProcessIndex, Vec<Scholarship>)> {
    let (index, sample) = filled(count)?;
    let all = REWRITTEN.min(count);
    for (at, scholarship) in sample.iter().cycle().take(all).enumerate() {
        if at == all - JUST_REWRITTEN.min(all) {
            merged(&index)?;
        }
        let mut scholarship = scholarship.clone();
        scholarship.version += 1;
        let change = vec![Change::Upserted(Box::new(scholarship))];
        index.apply(change, FeedPosition::default());
    }
    let now = corpus::now()?;
    let segments = index.stats(now).segments;
    output::complain(&format!("it has {segments} segments"));
    Ok((index, sample))
}

/// Waits until the index has merged everything, as it does by itself.
fn merged(index: &InProcessIndex) -> anyhow::Result<()> {
    let (begun, now) = (Instant::now(), corpus::now()?);
    while index.stats(now).segments > 1 {
        ensure!(
            begun.elapsed() < PATIENCE,
            "the index does not merge its segments"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
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
