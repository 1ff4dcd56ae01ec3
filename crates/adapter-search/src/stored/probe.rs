//! What this program makes of a few fixed records, so that files of programs that make something else of them are refused.
//!
//! The records hold what analysis, stemming, folding, scoring and tables of facts may treat in one way or another. Nobody has
//! to remember to raise a number when one of these changes, nor when a library does it for us.

use domain::{Scholarship, ScholarshipDocument};
use sha2::{Digest as _, Sha256};

use crate::scoring::Impacts;
use crate::sections::SectionWriter;
use crate::segment::SegmentBuilder;

const RECORDS: &str = include_str!("probe.ndjson");

fn records() -> impl Iterator<Item = Scholarship> {
    RECORDS.lines().filter_map(|line| {
        let document: ScholarshipDocument = serde_json::from_str(line).ok()?;
        document.into_scholarship().ok()
    })
}

/// Adds the segment that the records become, as it would be written to a file.
pub(super) fn digest_into(digest: &mut Sha256, impacts: &Impacts) {
    let records: Vec<Scholarship> = records().collect();
    let mut builder = SegmentBuilder::new(impacts);
    records.iter().for_each(|record| builder.push(record));
    let mut bytes = Vec::new();
    let saved = SectionWriter::new(&mut bytes, &[0; 32])
        .and_then(|mut writer| builder.finish().save(&mut writer));
    // Nothing can fail that writes to memory; if it did, no two digests would be told apart by it.
    debug_assert!(saved.is_ok());
    digest.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SearchSettings;

    fn made(impacts: &Impacts) -> Sha256 {
        let mut digest = Sha256::new();
        digest_into(&mut digest, impacts);
        digest
    }

    #[test]
    fn every_record_is_one() {
        assert_eq!(records().count(), RECORDS.lines().count());
    }

    #[test]
    fn the_same_program_makes_the_same_of_them_and_another_something_else() {
        let settings = SearchSettings::default();
        let impacts = Impacts::of(&settings.text);
        let first = made(&impacts).finalize();
        assert_eq!(first, made(&impacts).finalize());
        let mut other = settings.text;
        other.saturation += 0.5;
        assert_ne!(first, made(&Impacts::of(&other)).finalize());
    }
}
