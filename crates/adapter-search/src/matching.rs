//! SHIM
use domain::{Assessment, StudentProfile, Verdict, eligibility::assess};
use ports::search_index::VerdictCounts;
use crate::segment::Segment;
pub(crate) struct Verdicts(pub(crate) Vec<Verdict>);
impl Verdicts { pub(crate) fn of(&self, document: u32) -> Verdict { self.0[document as usize] } }
pub(crate) fn explained(segment: &Segment, document: u32, profile: &StudentProfile) -> Assessment {
    assess(segment.criteria.criteria(document), profile)
}
pub(crate) fn count_verdict(counts: &mut VerdictCounts, verdict: Verdict) {
    match verdict {
        Verdict::Eligible => counts.eligible += 1,
        Verdict::Possible => counts.possible += 1,
        Verdict::Ineligible => counts.ineligible += 1,
    }
}
