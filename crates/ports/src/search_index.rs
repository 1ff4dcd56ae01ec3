//! Searching, suggesting and matching in this process, without I/O.
//!
//! Every method sees one consistent state of the catalogue, never waits for a writer and never blocks one. `now` decides
//! what is expired; the index reads no clock.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use domain::award::MinorUnits;
use domain::eligibility::VerdictSet;
use domain::recommendation::Score;
use domain::unlock::ProfileChange;
use domain::{
    Assessment, Citizenship, Currency, EditorialStatus, FieldOfStudy, Gpa, GradeLevel, Scholarship,
    ScholarshipId, ScholarshipType, StudentProfile, TermSet, Timestamp, UsState,
};

use crate::{CatalogueFingerprint, Change, FeedPosition, RevisionMark};

pub trait SearchIndex: Send + Sync {
    /// One page of what matches, best first in the order asked for.
    ///
    /// # Errors
    /// [`SearchError::InvalidCursor`] when the cursor was not made by this kind of index for the same request.
    fn search(&self, request: &SearchRequest, now: Timestamp) -> Result<SearchAnswer, SearchError>;

    /// Completions of what was typed so far, taken from open scholarships of the catalogue, best first.
    fn suggest(&self, typed: &str, limit: usize, now: Timestamp) -> Vec<Suggestion>;

    /// Open scholarships that share fields, criteria and rare words with one, those of other organizations first.
    /// `None` when there is no such scholarship.
    fn similar(&self, id: &ScholarshipId, limit: usize, now: Timestamp) -> Option<SearchAnswer>;

    /// Open scholarships ranked for a student by `domain::recommendation`, at most two of one organization before all
    /// organizations had their turn.
    fn recommend(
        &self,
        request: &RecommendationRequest<'_>,
        now: Timestamp,
    ) -> RecommendationAnswer;

    /// For each single change of the profile that opens scholarships now closed: how many, and for how much.
    fn unlocks(&self, profile: &StudentProfile, currency: Currency, now: Timestamp)
    -> UnlockAnswer;

    /// The record in full, whatever its status.
    fn scholarship(&self, id: &ScholarshipId) -> Option<Scholarship>;

    /// The words of the query in normal form, if every one of them is a word of the catalogue: only such queries may be
    /// counted, since nothing personal can be in them.
    fn public_words(&self, query: &str) -> Option<String>;

    /// Takes in changes in order; readers see all of them or none. `position` is where the log goes on afterwards.
    fn apply(&self, changes: Vec<Change>, position: FeedPosition);

    /// What the index holds.
    fn stats(&self, now: Timestamp) -> IndexStats;

    /// What the records in it come to, to be compared with that of a store. Cheap: a pass over eight bytes a record.
    fn fingerprint(&self) -> CatalogueFingerprint;

    /// Which revisions it holds: at most `limit` with ids above `after`, in the byte order of their ids.
    fn revisions(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Vec<(ScholarshipId, RevisionMark)>;
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchRequest {
    /// As typed, at most 500 characters are considered; empty: everything.
    pub query: String,
    pub filters: Filters,
    /// Keeps only scholarships whose verdict for the student is among `verdicts`, and explains each hit.
    pub profile: Option<ProfileFilter>,
    pub sort: SortOrder,
    pub facets: TermSet<FacetKind>,
    pub highlight: bool,
    /// 0 to 100.
    pub limit: usize,
    /// 0 to 10,000; ignored with a cursor.
    pub offset: usize,
    pub cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ProfileFilter {
    pub profile: StudentProfile,
    pub verdicts: VerdictSet,
}

/// AND between kinds, OR within a kind. A criterion that a scholarship does not state does not exclude it; one that it
/// states, in several alternative sets, is met by any set.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    pub fields_of_study: TermSet<FieldOfStudy>,
    pub scholarship_types: TermSet<ScholarshipType>,
    pub states: TermSet<UsState>,
    /// Only scholarships that state one of `states`.
    pub states_only: bool,
    pub grade_levels: TermSet<GradeLevel>,
    pub citizenship: Vec<Citizenship>,
    /// Compared with the most that a student can get; unknown amounts pass.
    pub min_amount: Option<MinorUnits>,
    /// Compared with the least that a winner gets; unknown amounts pass.
    pub max_amount: Option<MinorUnits>,
    /// Drops unknown amounts; those in another currency than `currency` count as unknown.
    pub known_amount: bool,
    /// Of amount filters, sorts, facets and sums.
    pub currency: Currency,
    /// Keeps those whose stated minimum is at most this.
    pub min_gpa: Option<Gpa>,
    /// `true`: those that ask for need; `false`: those that do not.
    pub financial_need: Option<bool>,
    /// Exact: a record that does not say matches neither value.
    pub renewable: Option<bool>,
    /// Next due day, inclusive; records without one do not match.
    pub deadline_after: Option<NaiveDate>,
    /// Next due day, inclusive; records without one do not match.
    pub deadline_before: Option<NaiveDate>,
    /// `Deadline::may_be_open_on`.
    pub open_on: Option<NaiveDate>,
    /// Empty: active only.
    pub status: TermSet<EditorialStatus>,
    pub include_expired: bool,
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            fields_of_study: TermSet::default(),
            scholarship_types: TermSet::default(),
            states: TermSet::default(),
            states_only: false,
            grade_levels: TermSet::default(),
            citizenship: Vec::new(),
            min_amount: None,
            max_amount: None,
            known_amount: false,
            currency: Currency::USD,
            min_gpa: None,
            financial_need: None,
            renewable: None,
            deadline_after: None,
            deadline_before: None,
            open_on: None,
            status: TermSet::default(),
            include_expired: false,
        }
    }
}

domain::vocabulary!(
    /// Orders of results; each is total, ties end with the id.
    SortOrder {
        Relevance = "relevance", Deadline = "deadline", DeadlineDescending = "-deadline", Amount = "amount",
        AmountDescending = "-amount", Newest = "newest", Name = "name",
    }
);

domain::vocabulary!(
    /// What can be counted over all results.
    FacetKind {
        ScholarshipTypes = "scholarship_types", FieldsOfStudy = "fields_of_study", States = "states", GradeLevels = "grade_levels",
        Citizenship = "citizenship", FinancialNeed = "financial_need", Renewable = "renewable", Amount = "amount",
        DeadlineMonth = "deadline_month",
    }
);

#[expect(
    clippy::derivable_impls,
    reason = "the macro derives what all vocabularies share, and only this one has a default"
)]
impl Default for SortOrder {
    fn default() -> Self {
        Self::Relevance
    }
}

/// A page of results. Cards are ready JSON objects (`domain::ScholarshipDocument`), one after the other in one buffer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchAnswer {
    pub cards: Vec<u8>,
    pub hits: Vec<Hit>,
    /// All that match, exact.
    pub total: u64,
    pub has_next: bool,
    /// Where the next page begins, unless this is the last.
    pub next_cursor: Option<String>,
    /// Words of the query that had to be dropped to find anything, as typed.
    pub relaxed: Vec<String>,
    /// (typed, used) for words that were corrected.
    pub corrected: Vec<(String, String)>,
    pub facets: Vec<Facet>,
    /// With a profile: verdicts over everything that the query and the filters leave.
    pub verdicts: Option<VerdictCounts>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// In [`SearchAnswer::cards`].
    pub card: Range<usize>,
    /// Whether the amount is known in the request's currency.
    pub amount_known: bool,
    pub expired: bool,
    pub assessment: Option<Box<Assessment>>,
    /// (field, text as safe HTML with `<em>` around matches), for `name`, `organization` and a passage of `description`.
    pub highlight: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Facet {
    pub kind: FacetKind,
    /// Most frequent first, then by value; amounts and months in their natural order.
    pub values: Vec<FacetValue>,
}

/// Money is that of the most a student can get, in the request's currency; `None` when no amount is known.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetValue {
    pub value: Cow<'static, str>,
    pub count: u64,
    pub min: Option<MinorUnits>,
    pub max: Option<MinorUnits>,
    pub sum: Option<MinorUnits>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictCounts {
    pub eligible: u64,
    pub possible: u64,
    pub ineligible: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    pub text: String,
    /// How many open scholarships it stands for.
    pub count: u64,
    pub kind: SuggestionKind,
}

domain::vocabulary!(
    /// What a completion is.
    SuggestionKind { Scholarship = "scholarship", Organization = "organization", Word = "word" }
);

#[derive(Debug, Clone)]
pub struct RecommendationRequest<'a> {
    pub profile: &'a StudentProfile,
    pub verdicts: VerdictSet,
    pub filters: &'a Filters,
    /// Popularity from 0 to 1; scholarships that are not named have 0.
    pub popularity: &'a HashMap<ScholarshipId, f32>,
    /// 1 to 100.
    pub limit: usize,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecommendationAnswer {
    pub cards: Vec<u8>,
    pub recommendations: Vec<Recommendation>,
    pub verdicts: VerdictCounts,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    pub card: Range<usize>,
    pub assessment: Assessment,
    pub score: Score,
}

/// Counts over all open scholarships.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnlockAnswer {
    pub verdicts: VerdictCounts,
    /// Most money first, then most scholarships.
    pub unlocks: Vec<Unlock>,
}

/// What one change would open: scholarships now ineligible that would become eligible or possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlock {
    pub change: ProfileChange,
    pub eligible: u64,
    pub possible: u64,
    /// Sum of the most that each pays, over those whose amount is known in the currency.
    pub sum: MinorUnits,
    pub unknown_amounts: u64,
    /// The dearest few: at most five.
    pub examples: Vec<(ScholarshipId, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct IndexStats {
    pub scholarships: u64,
    /// Active and not expired.
    pub open: u64,
    /// Parts that the index is in; each costs every search a little.
    pub segments: u64,
    pub position: FeedPosition,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    #[error("the cursor {0}")]
    InvalidCursor(&'static str),
}
