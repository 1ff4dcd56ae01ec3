//! What happened, in numbers, for those who run the catalogue. Answers may be ten seconds old.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use domain::{Interaction, InteractionKind, ScholarshipId, Timestamp};
use ports::{
    Cache, CacheError, Clock, InteractionStore, InteractionStoreError, SearchCount, SearchIndex,
};
use serde::{Deserialize, Serialize};

/// How long an aggregate is served again.
const FRESH: Duration = Duration::from_secs(10);
/// Days that an aggregate may reach back.
pub const MOST_DAYS: i64 = 400;

/// Totals of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub since: Timestamp,
    pub until: Timestamp,
    /// Scholarships in the catalogue, and those open now.
    pub scholarships: u64,
    pub open_scholarships: u64,
    pub interactions: HashMap<InteractionKind, u64>,
    pub searches: u64,
    pub searches_without_results: u64,
}

/// One scholarship with what was done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopularScholarship {
    pub scholarship_id: ScholarshipId,
    /// `None` when it has been deleted.
    pub name: Option<String>,
    pub views: u64,
    pub saves: u64,
    pub recommendation_clicks: u64,
    pub apply_clicks: u64,
}

impl PopularScholarship {
    fn count(&mut self, kind: InteractionKind) -> &mut u64 {
        match kind {
            InteractionKind::View => &mut self.views,
            InteractionKind::Save => &mut self.saves,
            InteractionKind::RecommendationClick => &mut self.recommendation_clicks,
            InteractionKind::ApplyClick => &mut self.apply_clicks,
        }
    }

    fn total(&self) -> u64 {
        self.views + self.saves + self.recommendation_clicks + self.apply_clicks
    }
}

/// A query with how often it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchTrend {
    pub query: String,
    pub count: u64,
    pub without_results: u64,
}

impl From<SearchCount> for SearchTrend {
    fn from(count: SearchCount) -> Self {
        Self {
            query: count.query,
            count: count.count,
            without_results: count.without_results,
        }
    }
}

pub struct Analytics {
    store: Arc<dyn InteractionStore>,
    index: Arc<dyn SearchIndex>,
    cache: Arc<dyn Cache>,
    clock: Arc<dyn Clock>,
}

impl Analytics {
    pub(crate) fn new(
        store: Arc<dyn InteractionStore>,
        index: Arc<dyn SearchIndex>,
        cache: Arc<dyn Cache>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            index,
            cache,
            clock,
        }
    }

    /// Totals of the last `days` (1 to [`MOST_DAYS`]).
    ///
    /// # Errors
    /// [`CacheError::Computation`] when the store does not answer.
    pub async fn summary(&self, days: i64) -> Result<Summary, CacheError> {
        self.remembered(&format!("analytics:summary:{days}"), async {
            let until = self.clock.now();
            let since = until - TimeDelta::days(days);
            let mut interactions: HashMap<InteractionKind, u64> = HashMap::new();
            for count in self.store.count_by_scholarship(since, until).await? {
                *interactions.entry(count.kind).or_default() += count.count;
            }
            let searches = self
                .store
                .searches(since.date_naive(), until.date_naive(), usize::MAX)
                .await?;
            let stats = self.index.stats(until);
            Ok(Summary {
                since,
                until,
                scholarships: stats.scholarships,
                open_scholarships: stats.open,
                interactions,
                searches: searches.iter().map(|count| count.count).sum(),
                searches_without_results: searches.iter().map(|count| count.without_results).sum(),
            })
        })
        .await
    }

    /// The scholarships that met most interactions in the last `days`, most first.
    ///
    /// # Errors
    /// As [`Self::summary`].
    pub async fn popular(
        &self,
        days: i64,
        limit: usize,
    ) -> Result<Vec<PopularScholarship>, CacheError> {
        self.remembered(&format!("analytics:popular:{days}:{limit}"), async {
            let until = self.clock.now();
            let mut by_id: HashMap<ScholarshipId, PopularScholarship> = HashMap::new();
            for count in self
                .store
                .count_by_scholarship(until - TimeDelta::days(days), until)
                .await?
            {
                let entry = by_id
                    .entry(count.scholarship_id.clone())
                    .or_insert_with(|| PopularScholarship {
                        scholarship_id: count.scholarship_id,
                        name: None,
                        views: 0,
                        saves: 0,
                        recommendation_clicks: 0,
                        apply_clicks: 0,
                    });
                *entry.count(count.kind) += count.count;
            }
            let mut popular: Vec<PopularScholarship> = by_id.into_values().collect();
            popular.sort_by(|left, right| {
                right
                    .total()
                    .cmp(&left.total())
                    .then_with(|| left.scholarship_id.cmp(&right.scholarship_id))
            });
            popular.truncate(limit);
            for entry in &mut popular {
                entry.name = self
                    .index
                    .scholarship(&entry.scholarship_id)
                    .map(|scholarship| scholarship.content.name);
            }
            Ok(popular)
        })
        .await
    }

    /// The queries asked most often in the last `days`.
    ///
    /// # Errors
    /// As [`Self::summary`].
    pub async fn search_trends(
        &self,
        days: i64,
        limit: usize,
    ) -> Result<Vec<SearchTrend>, CacheError> {
        self.remembered(&format!("analytics:trends:{days}:{limit}"), async {
            let until: NaiveDate = self.clock.now().date_naive();
            let since = until - TimeDelta::days(days);
            let counts = self.store.searches(since, until, limit).await?;
            Ok(counts
                .into_iter()
                .map(SearchTrend::from)
                .collect::<Vec<_>>())
        })
        .await
    }

    /// The newest interactions of the last `days`, without pseudonyms.
    ///
    /// # Errors
    /// [`InteractionStoreError::Unavailable`].
    pub async fn recent(
        &self,
        days: i64,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let until = self.clock.now();
        self.store
            .recent(until - TimeDelta::days(days), until, limit)
            .await
    }

    async fn remembered<T: Serialize + for<'de> Deserialize<'de>>(
        &self,
        key: &str,
        compute: impl Future<Output = Result<T, InteractionStoreError>> + Send,
    ) -> Result<T, CacheError> {
        let bytes = self
            .cache
            .get_or_compute(
                key,
                FRESH,
                Box::pin(async move {
                    let value = compute.await.map_err(|error| {
                        Arc::new(error) as Arc<dyn std::error::Error + Send + Sync>
                    })?;
                    serde_json::to_vec(&value).map_err(|error| {
                        Arc::new(error) as Arc<dyn std::error::Error + Send + Sync>
                    })
                }),
            )
            .await?;
        serde_json::from_slice(&bytes).map_err(|error| CacheError::Computation(Arc::new(error)))
    }
}
