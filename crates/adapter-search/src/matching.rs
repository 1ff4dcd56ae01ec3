//! Profiles against scholarships: the verdicts on all documents of a segment at once, by the rules of `domain`.

mod judgement;
#[cfg(test)]
mod measurements;

use domain::eligibility::{VerdictSet, assess};
use domain::{Assessment, StudentProfile, Timestamp, Verdict};
use ports::search_index::VerdictCounts;

use crate::bit_set::{BitSet, bits, combine};
use crate::criteria_table::CriteriaTable;
use crate::segment::Segment;
use crate::snapshot::LiveSegment;

pub(crate) use judgement::Judgement;

/// How every scholarship of a segment stands for one student.
pub(crate) struct Verdicts<'a> {
    judgement: Judgement<'a>,
    eligible: BitSet,
    possible: BitSet,
}

impl<'a> Verdicts<'a> {
    pub(crate) fn of(table: &'a CriteriaTable, profile: &StudentProfile) -> Self {
        let judgement = Judgement::of(table, profile);
        let mut unmet = vec![0; table.row_words()];
        let mut unknown = unmet.clone();
        let mut scratch = unmet.clone();
        for kind in 0..table.kinds().len() {
            judgement.add_rows(kind, &mut unmet, &mut unknown, &mut scratch);
        }
        let (eligible, possible) = best_rows(table, &unmet, &unknown);
        Self {
            judgement,
            eligible,
            possible,
        }
    }

    pub(crate) fn eligible(&self) -> &BitSet {
        &self.eligible
    }

    pub(crate) fn possible(&self) -> &BitSet {
        &self.possible
    }

    pub(crate) fn judgement(&self) -> &Judgement<'a> {
        &self.judgement
    }

    pub(crate) fn verdict(&self, document: u32) -> Verdict {
        if self.eligible.contains(document) {
            Verdict::Eligible
        } else if self.possible.contains(document) {
            Verdict::Possible
        } else {
            Verdict::Ineligible
        }
    }

    /// Bits of those documents that have one of these verdicts.
    pub(crate) fn wanted(&self, documents: &BitSet, verdicts: VerdictSet) -> Vec<u64> {
        let all_if = |verdict| {
            if verdicts.contains(verdict) {
                u64::MAX
            } else {
                0
            }
        };
        let [if_eligible, if_possible, if_ineligible] =
            [Verdict::Eligible, Verdict::Possible, Verdict::Ineligible].map(all_if);
        let by_verdict = self.eligible.words().iter().zip(self.possible.words());
        let words = documents.words().iter().zip(by_verdict);
        words
            .map(|(documents, (eligible, possible))| {
                let ineligible = !(eligible | possible);
                documents
                    & (eligible & if_eligible | possible & if_possible | ineligible & if_ineligible)
            })
            .collect()
    }

    /// Adds the verdicts on some documents.
    pub(crate) fn count(&self, documents: &BitSet, counts: &mut VerdictCounts) {
        let eligible = u64::from(self.eligible.count_and(documents));
        let possible = u64::from(self.possible.count_and(documents));
        counts.eligible += eligible;
        counts.possible += possible;
        counts.ineligible += u64::from(documents.count()) - eligible - possible;
    }
}

/// The documents that are eligible, and those that are possible, by the best of their rows.
fn best_rows(table: &CriteriaTable, unmet: &[u64], unknown: &[u64]) -> (BitSet, BitSet) {
    let mut eligible = table.all_documents();
    combine(&mut eligible, unmet, |all, unmet| all & !unmet);
    let mut possible = eligible.clone();
    combine(&mut eligible, unknown, |all, unknown| all & !unknown);
    combine(&mut possible, unknown, |all, unknown| all & unknown);
    let further = eligible.len()..unmet.len();
    let (unmet, unknown) = (&unmet[further.clone()], &unknown[further]);
    let words = || unmet.iter().zip(unknown);
    let open = bits(words().map(|(unmet, unknown)| !unmet & !unknown));
    table.add_documents(open, &mut eligible);
    let unsure = bits(words().map(|(unmet, unknown)| !unmet & unknown));
    table.add_documents(unsure, &mut possible);
    combine(&mut possible, &eligible, |possible, eligible| {
        possible & !eligible
    });
    (BitSet::of_words(eligible), BitSet::of_words(possible))
}

/// The live documents of a segment from one on.
pub(crate) fn live_documents(live: &LiveSegment, first: u32) -> BitSet {
    let size = live.segment.len();
    let mut words = vec![u64::MAX; (size as usize).div_ceil(64)];
    let first_word = first as usize / 64;
    words[..first_word.min((size as usize).div_ceil(64))].fill(0);
    if let Some(word) = words.get_mut(first_word) {
        *word &= u64::MAX << (first % 64);
    }
    if let Some(last) = words.last_mut()
        && !size.is_multiple_of(64)
    {
        *last &= (1 << (size % 64)) - 1;
    }
    combine(&mut words, live.dead.words(), |live, dead| live & !dead);
    BitSet::of_words(words)
}

/// The documents of a segment that are alive, active and not expired.
pub(crate) fn open_documents(live: &LiveSegment, now: Timestamp) -> BitSet {
    live_documents(live, live.segment.first_open(now))
}

/// The verdict on one document with its reasons.
pub(crate) fn explained(segment: &Segment, document: u32, profile: &StudentProfile) -> Assessment {
    assess(&segment.criteria.criteria(document), profile)
}

pub(crate) fn count_verdict(counts: &mut VerdictCounts, verdict: Verdict) {
    match verdict {
        Verdict::Eligible => counts.eligible += 1,
        Verdict::Possible => counts.possible += 1,
        Verdict::Ineligible => counts.ineligible += 1,
    }
}
