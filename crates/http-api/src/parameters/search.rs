//! Parameters of search: one declaration for the query string and the JSON body.

use domain::eligibility::VerdictSet;
use domain::{EditorialStatus, FieldError, ProfileDocument, TermSet, Verdict};
use ports::search_index::{FacetKind, Filters, ProfileFilter, SearchRequest, SortOrder};

use super::filters::with_filters;
use super::{FilterParameters, checked_limit, checked_offset};
use crate::error::ApiError;
use crate::query::{QueryReader, control_character};

/// Characters of a query.
pub(crate) const MAX_QUERY: usize = 500;

with_filters!(
    /// A search, with all its filters.
    #[schema(as = SearchRequest)]
    SearchParameters {
        /// Words to look for, at most 500 characters.
        #[schema(max_length = 500)]
        #[param(max_length = 500, example = "engineering nevada")]
        q: Option<String>,
        /// Another name of `q`.
        #[schema(max_length = 500)]
        #[param(max_length = 500)]
        keyword: Option<String>,
        /// Another name of `q`, in bodies.
        #[schema(max_length = 500)]
        #[param(ignore)]
        query: Option<String>,
        /// `relevance` when not given.
        sort: Option<SortOrder>,
        /// What to count over all results.
        #[schema(value_type = Vec<FacetKind>)]
        #[param(value_type = Option<Vec<FacetKind>>)]
        #[serde(default)]
        facets: TermSet<FacetKind>,
        /// Marks matches with `<em>` in safe HTML.
        #[schema(value_type = bool, required = false)]
        highlight: Option<bool>,
        /// Results on one page; 20 when not given.
        #[schema(minimum = 1, maximum = 100)]
        #[param(minimum = 1, maximum = 100)]
        limit: Option<u64>,
        /// Results to skip.
        #[schema(minimum = 0, maximum = 10_000)]
        #[param(minimum = 0, maximum = 10_000)]
        offset: Option<u64>,
        /// `page.next_cursor` of the page before, with the same parameters.
        cursor: Option<String>,
        /// Keeps what the student is, or may be, eligible for, and explains each result.
        #[param(ignore)]
        profile: Option<ProfileDocument>,
        /// With `profile`: which verdicts to keep; eligible and possible when not given.
        #[schema(value_type = Vec<Verdict>, required = false)]
        #[param(ignore)]
        verdicts: Option<VerdictSet>,
    }
);

impl SearchParameters {
    pub(crate) fn read(reader: &mut QueryReader) -> Self {
        Self {
            q: reader.text("q"),
            keyword: reader.text("keyword"),
            sort: reader.term("sort"),
            facets: reader.terms("facets"),
            highlight: reader.truth("highlight"),
            limit: reader.integer("limit"),
            offset: reader.integer("offset"),
            cursor: reader.text("cursor"),
            ..Self::with(FilterParameters::read(reader))
        }
    }

    /// One page, as agents ask for it.
    pub(crate) fn page_of(
        query: Option<String>,
        filters: FilterParameters,
        offset: u64,
        limit: u64,
    ) -> Self {
        Self {
            query,
            offset: Some(offset),
            limit: Some(limit),
            ..Self::with(filters)
        }
    }

    /// A search with nothing but filters.
    fn with(filters: FilterParameters) -> Self {
        Self {
            fields_of_study: filters.fields_of_study,
            scholarship_types: filters.scholarship_types,
            states: filters.states,
            states_only: filters.states_only,
            grade_levels: filters.grade_levels,
            citizenship: filters.citizenship,
            min_amount: filters.min_amount,
            max_amount: filters.max_amount,
            known_amount: filters.known_amount,
            currency: filters.currency,
            min_gpa: filters.min_gpa,
            financial_need: filters.financial_need,
            renewable: filters.renewable,
            deadline_after: filters.deadline_after,
            deadline_before: filters.deadline_before,
            open_on: filters.open_on,
            status: filters.status,
            include_expired: filters.include_expired,
            ..Self::default()
        }
    }

    fn filters(&self) -> FilterParameters {
        FilterParameters {
            fields_of_study: self.fields_of_study,
            scholarship_types: self.scholarship_types,
            states: self.states,
            states_only: self.states_only,
            grade_levels: self.grade_levels,
            citizenship: self.citizenship.clone(),
            min_amount: self.min_amount.clone(),
            max_amount: self.max_amount.clone(),
            known_amount: self.known_amount,
            currency: self.currency,
            min_gpa: self.min_gpa,
            financial_need: self.financial_need,
            renewable: self.renewable,
            deadline_after: self.deadline_after,
            deadline_before: self.deadline_before,
            open_on: self.open_on,
            status: self.status,
            include_expired: self.include_expired,
        }
    }

    /// The search, checked.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with everything that is wrong.
    pub(crate) fn checked(self) -> Result<SearchRequest, ApiError> {
        let mut errors = Vec::new();
        let request = self.into_request(&mut errors);
        if errors.is_empty() {
            Ok(request)
        } else {
            Err(ApiError::invalid(errors))
        }
    }

    /// The search, checked. Errors go to `errors`.
    pub(crate) fn into_request(self, errors: &mut Vec<FieldError>) -> SearchRequest {
        let filters = self.filters().into_filters(errors);
        let query = query(
            [
                ("q", self.q),
                ("keyword", self.keyword),
                ("query", self.query),
            ],
            errors,
        );
        if self.verdicts.is_some() && self.profile.is_none() {
            errors.push(FieldError::new("verdicts", "needs a profile"));
        }
        let profile = self.profile.and_then(|document| {
            let profile = document
                .into_profile()
                .map_err(|wrong| {
                    errors.extend(wrong.into_iter().map(|error| error.below("profile")))
                })
                .ok()?;
            let verdicts = self.verdicts.filter(|verdicts| !verdicts.is_empty());
            Some(ProfileFilter {
                profile,
                verdicts: verdicts
                    .unwrap_or_else(|| VerdictSet::of(&[Verdict::Eligible, Verdict::Possible])),
            })
        });
        SearchRequest {
            query,
            filters,
            profile,
            sort: self.sort.unwrap_or_default(),
            facets: self.facets,
            highlight: self.highlight.unwrap_or(false),
            limit: checked_limit(self.limit, errors),
            offset: checked_offset(self.offset, self.cursor.as_deref(), errors),
            cursor: self.cursor,
        }
    }
}

/// The words to look for, from whichever of its names was used.
fn query(names: [(&str, Option<String>); 3], errors: &mut Vec<FieldError>) -> String {
    let mut given = names
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    let Some((name, text)) = given.next() else {
        return String::new();
    };
    for (other, _) in given {
        let message = format!("is another name of {name}; give one of them");
        errors.push(FieldError::new(other, message));
    }
    if text.chars().count() > MAX_QUERY {
        let message = format!("must have at most {MAX_QUERY} characters");
        errors.push(FieldError::new(name, message));
    }
    if let Some(character) = text.chars().find(|character| character.is_control()) {
        errors.push(control_character(name, character));
    }
    text
}

/// Whether the filters ask for what only editors see.
pub(crate) fn status_needs_editor(filters: &Filters) -> bool {
    filters.status.contains(EditorialStatus::Draft)
}
