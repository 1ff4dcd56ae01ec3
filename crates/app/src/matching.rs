//! Eligibility, recommendations and unlocks for a student whose profile comes with the request and goes with it.

use std::sync::Arc;

use domain::eligibility::{VerdictSet, assess};
use domain::json_input::read_json;
use domain::{
    Assessment, Currency, Scholarship, ScholarshipDocument, ScholarshipId, StudentProfile, Term,
    Verdict,
};
use ports::search_index::{
    Filters, ProfileFilter, RecommendationAnswer, RecommendationRequest, SearchError,
    SearchRequest, UnlockAnswer, VerdictCounts,
};
use ports::{Clock, SearchIndex};

use crate::catalogue::Viewer;
use crate::popularity::Popularity;

/// The answer for one scholarship.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    Assessed {
        scholarship: Box<Scholarship>,
        expired: bool,
        assessment: Assessment,
    },
    NotFound(ScholarshipId),
}

/// A page of answers over the whole catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckPage {
    pub checks: Vec<Check>,
    pub verdicts: VerdictCounts,
    pub total: u64,
    pub has_next: bool,
    pub next_cursor: Option<String>,
}

pub struct Matching {
    index: Arc<dyn SearchIndex>,
    popularity: Arc<Popularity>,
    clock: Arc<dyn Clock>,
}

impl Matching {
    pub(crate) fn new(
        index: Arc<dyn SearchIndex>,
        popularity: Arc<Popularity>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            index,
            popularity,
            clock,
        }
    }

    /// Explains the verdict for each id, in order. Drafts are not found by the public.
    pub fn check(
        &self,
        profile: &StudentProfile,
        ids: &[ScholarshipId],
        viewer: Viewer,
    ) -> Vec<Check> {
        let now = self.clock.now();
        let check = |id: &ScholarshipId| {
            let found = self
                .index
                .scholarship(id)
                .filter(|found| viewer.may_see(found.content.status));
            found.map_or_else(
                || Check::NotFound(id.clone()),
                |scholarship| {
                    let content = &scholarship.content;
                    let assessment = assess(&content.criteria, profile);
                    Check::Assessed {
                        expired: content.deadline.is_expired(now),
                        assessment,
                        scholarship: Box::new(scholarship),
                    }
                },
            )
        };
        ids.iter().map(check).collect()
    }

    /// Explains the verdicts for all open scholarships: eligible ones first, then possible, then ineligible.
    ///
    /// # Errors
    /// [`SearchError::InvalidCursor`].
    pub fn check_all(
        &self,
        profile: &StudentProfile,
        limit: usize,
        offset: usize,
        cursor: Option<String>,
    ) -> Result<CheckPage, SearchError> {
        let verdicts: VerdictSet = Verdict::ALL.iter().copied().collect();
        let request = SearchRequest {
            profile: Some(ProfileFilter {
                profile: profile.clone(),
                verdicts,
            }),
            limit,
            offset,
            cursor,
            ..SearchRequest::default()
        };
        let answer = self.index.search(&request, self.clock.now())?;
        let mut checks = Vec::with_capacity(answer.hits.len());
        for hit in answer.hits {
            let card = read_json::<ScholarshipDocument>(&answer.cards[hit.card]).ok();
            let scholarship = card.and_then(|card| card.into_scholarship().ok());
            if let (Some(scholarship), Some(assessment)) = (scholarship, hit.assessment) {
                checks.push(Check::Assessed {
                    scholarship: Box::new(scholarship),
                    expired: hit.expired,
                    assessment: *assessment,
                });
            }
        }
        Ok(CheckPage {
            checks,
            verdicts: answer.verdicts.unwrap_or_default(),
            total: answer.total,
            has_next: answer.has_next,
            next_cursor: answer.next_cursor,
        })
    }

    /// Open scholarships ranked for the student; ineligible ones only where `verdicts` asks for them.
    pub fn recommend(
        &self,
        profile: &StudentProfile,
        verdicts: VerdictSet,
        filters: &Filters,
        limit: usize,
    ) -> RecommendationAnswer {
        let popularity = self.popularity.scores();
        let request = RecommendationRequest {
            profile,
            verdicts,
            filters,
            popularity: &popularity,
            limit,
        };
        self.index.recommend(&request, self.clock.now())
    }

    /// What single changes of the profile would open.
    pub fn unlocks(&self, profile: &StudentProfile, currency: Currency) -> UnlockAnswer {
        self.index.unlocks(profile, currency, self.clock.now())
    }
}
