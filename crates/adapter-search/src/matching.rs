//! Profiles against scholarships: verdicts by the rules of `domain`, which the facts kept here are enough for.

use domain::eligibility::{assess, verdict};
use domain::{Assessment, Verdict};
use ports::search_index::{ProfileFilter, VerdictCounts};

use crate::facts::Facts;

pub(crate) trait ProfileMatch {
    fn profile_verdict(&self, facts: &Facts) -> Verdict;

    /// The verdict with its reasons.
    fn explained(&self, facts: &Facts) -> Assessment;
}

impl ProfileMatch for ProfileFilter {
    fn profile_verdict(&self, facts: &Facts) -> Verdict {
        verdict(&facts.criteria, &self.profile)
    }

    fn explained(&self, facts: &Facts) -> Assessment {
        assess(&facts.criteria, &self.profile)
    }
}

pub(crate) fn count_verdict(counts: &mut VerdictCounts, verdict: Verdict) {
    match verdict {
        Verdict::Eligible => counts.eligible += 1,
        Verdict::Possible => counts.possible += 1,
        Verdict::Ineligible => counts.ineligible += 1,
    }
}
