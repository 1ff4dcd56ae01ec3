//! Searching the catalogue.

use std::sync::Arc;

use domain::ScholarshipId;
use ports::search_index::{SearchAnswer, SearchError, SearchRequest, Suggestion};
use ports::{Clock, SearchIndex};

use crate::search_trends::SearchTrends;

pub struct Search {
    index: Arc<dyn SearchIndex>,
    trends: Arc<SearchTrends>,
    clock: Arc<dyn Clock>,
}

impl Search {
    pub(crate) fn new(
        index: Arc<dyn SearchIndex>,
        trends: Arc<SearchTrends>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            index,
            trends,
            clock,
        }
    }

    /// One page of results. First pages of text queries are counted for the search trends.
    ///
    /// # Errors
    /// [`SearchError::InvalidCursor`].
    pub fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, SearchError> {
        let now = self.clock.now();
        let answer = self.index.search(request, now)?;
        if !request.query.is_empty()
            && request.cursor.is_none()
            && request.offset == 0
            && let Some(words) = self.index.public_words(&request.query)
        {
            self.trends.count(words, answer.total == 0, now);
        }
        Ok(answer)
    }

    /// Completions of what was typed so far.
    pub fn suggestions(&self, typed: &str, limit: usize) -> Vec<Suggestion> {
        self.index.suggest(typed, limit, self.clock.now())
    }

    /// Scholarships like one; `None` when there is no such one.
    pub fn similar(&self, id: &ScholarshipId, limit: usize) -> Option<SearchAnswer> {
        self.index.similar(id, limit, self.clock.now())
    }
}
