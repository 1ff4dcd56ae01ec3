//! The measured catalogue: generated scholarships, the same in every run, and an even sample of them to make queries of.

use anyhow::Context as _;
use chrono::{NaiveDate, TimeDelta};
use domain::deadline::FixedDeadline;
use domain::{Scholarship, ScholarshipContent, ScholarshipId, Timestamp};

/// The seed of `cargo xtask sample`, so that the server's catalogue has the same texts.
const SEED: u64 = 1;

/// The day of the catalogue: fixed, so that every run filters and sorts the same.
fn today() -> anyhow::Result<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 11, 25).context("the day of the catalogue is none")
}

/// The moment at which searches happen: noon of the day of the catalogue.
pub(crate) fn now() -> anyhow::Result<Timestamp> {
    Ok(FixedDeadline::on(today()?).instant() - TimeDelta::hours(12))
}

/// The contents of a catalogue, one after the other.
pub(crate) fn contents(count: usize) -> anyhow::Result<impl Iterator<Item = ScholarshipContent>> {
    Ok(app::sample::generate(count, SEED, today()?))
}

/// A catalogue as records of a store, one after the other.
pub(crate) fn scholarships(count: usize) -> anyhow::Result<impl Iterator<Item = Scholarship>> {
    let written = now()?;
    Ok(contents(count)?.map(move |content| Scholarship {
        id: ScholarshipId::derived(
            content.provenance.source.as_deref().unwrap_or_default(),
            content.provenance.source_id.as_deref().unwrap_or_default(),
        ),
        content,
        version: 1,
        created_at: written,
        updated_at: written,
    }))
}

/// Every so manieth record that an even sample of at most `wanted` out of `count` takes.
pub(crate) fn stride(count: usize, wanted: usize) -> usize {
    count.div_ceil(wanted.max(1)).max(1)
}
