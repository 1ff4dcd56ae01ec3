//! Numbers about what happens, for those who run the catalogue. They may be ten seconds old.

use std::collections::BTreeMap;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, get, web};
use app::analytics::{MOST_DAYS, PopularScholarship, SearchTrend};
use domain::{InteractionKind, ScholarshipId, Term, Timestamp};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{List, Page, json, milliseconds_since, personal_json};
use crate::caller::{Allowed, ReadAnalytics};
use crate::error::ApiError;
use crate::parameters::checked_limit;
use crate::query::QueryReader;
use crate::resources::interactions::InteractionEntry;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(summary)
        .service(popular_scholarships)
        .service(search_trends)
        .service(recent_interactions);
}

/// A period when none is given.
const DEFAULT_DAYS: i64 = 30;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handlers read them")]
pub(crate) struct PeriodParameters {
    /// How many days to look back; 30 when not given.
    #[param(minimum = 1, maximum = 400)]
    days: Option<i64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handlers read them")]
struct LimitParameters {
    /// 20 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

pub(crate) fn read_days(reader: &mut QueryReader) -> i64 {
    let days = reader.scalar("days", "a whole number", |text| text.parse().ok());
    read_number_of_days(days).unwrap_or_else(|message| {
        reader.refuse("days", message);
        DEFAULT_DAYS
    })
}

/// # Errors
/// What is wrong with it.
pub(crate) fn read_number_of_days(days: Option<i64>) -> Result<i64, String> {
    let days = days.unwrap_or(DEFAULT_DAYS);
    if (1..=MOST_DAYS).contains(&days) {
        Ok(days)
    } else {
        Err(format!("must be a whole number from 1 to {MOST_DAYS}"))
    }
}

fn read_period(request: &HttpRequest) -> Result<(i64, usize), ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let days = read_days(&mut reader);
    let limit = reader.integer("limit");
    let limit = checked_limit(limit, &mut reader.errors);
    reader.finish()?;
    Ok((days, limit))
}

/// Totals of a period.
#[derive(Serialize, ToSchema)]
#[schema(as = AnalyticsSummary)]
pub(crate) struct SummaryBody {
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    since: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    until: Timestamp,
    scholarships: u64,
    open_scholarships: u64,
    /// By kind.
    #[schema(value_type = std::collections::HashMap<String, u64>)]
    interactions: BTreeMap<&'static str, u64>,
    searches: u64,
    searches_without_results: u64,
}

/// Totals
#[utoipa::path(tag = "Analytics", params(PeriodParameters), responses((status = 200, description = "Totals of the period", body = SummaryBody)))]
#[get("/api/v1/analytics/summary")]
async fn summary(
    request: HttpRequest,
    state: web::Data<ApiState>,
    _: Allowed<ReadAnalytics>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let days = read_days(&mut reader);
    reader.finish()?;
    Ok(personal_json(summary_of(&state, days).await?))
}

/// Totals of the last `days` as JSON, by whichever way they were asked for.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn summary_of(state: &ApiState, days: i64) -> Result<Vec<u8>, ApiError> {
    let totals = state.application.analytics.summary(days).await?;
    let count = |kind: &InteractionKind| {
        let count = totals.interactions.get(kind).copied().unwrap_or(0);
        (kind.code(), count)
    };
    Ok(json(&SummaryBody {
        since: totals.since,
        until: totals.until,
        scholarships: totals.scholarships,
        open_scholarships: totals.open_scholarships,
        interactions: InteractionKind::ALL.iter().map(count).collect(),
        searches: totals.searches,
        searches_without_results: totals.searches_without_results,
    }))
}

/// One scholarship with what was done with it.
#[derive(Serialize, ToSchema)]
#[schema(as = PopularScholarship)]
struct PopularEntry {
    scholarship_id: ScholarshipId,
    /// Null when it has been deleted.
    #[schema(required)]
    name: Option<String>,
    views: u64,
    saves: u64,
    recommendation_clicks: u64,
    apply_clicks: u64,
}

impl From<PopularScholarship> for PopularEntry {
    fn from(popular: PopularScholarship) -> Self {
        Self {
            scholarship_id: popular.scholarship_id,
            name: popular.name,
            views: popular.views,
            saves: popular.saves,
            recommendation_clicks: popular.recommendation_clicks,
            apply_clicks: popular.apply_clicks,
        }
    }
}

/// A query with how often it was asked.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchTrend)]
struct TrendEntry {
    query: String,
    count: u64,
    without_results: u64,
}

impl From<SearchTrend> for TrendEntry {
    fn from(trend: SearchTrend) -> Self {
        Self {
            query: trend.query,
            count: trend.count,
            without_results: trend.without_results,
        }
    }
}

fn list<F, T: From<F> + Serialize>(found: Vec<F>, limit: usize, start: Instant) -> HttpResponse {
    personal_json(json(&List {
        page: Page::whole(found.len(), limit),
        data: found.into_iter().map(T::from).collect(),
        took_ms: milliseconds_since(start),
    }))
}

/// Most popular scholarships
#[utoipa::path(tag = "Analytics", params(PeriodParameters, LimitParameters), responses((status = 200, description = "Most interactions first", body = List<PopularEntry>)))]
#[get("/api/v1/analytics/popular-scholarships")]
async fn popular_scholarships(
    request: HttpRequest,
    state: web::Data<ApiState>,
    _: Allowed<ReadAnalytics>,
) -> Result<HttpResponse, ApiError> {
    let start = Instant::now();
    let (days, limit) = read_period(&request)?;
    let found = state.application.analytics.popular(days, limit).await?;
    Ok(list::<_, PopularEntry>(found, limit, start))
}

/// Most frequent searches
///
/// Only queries whose words are all in the catalogue are counted: nothing personal is kept.
#[utoipa::path(tag = "Analytics", params(PeriodParameters, LimitParameters), responses((status = 200, description = "Most frequent first", body = List<TrendEntry>)))]
#[get("/api/v1/analytics/search-trends")]
async fn search_trends(
    request: HttpRequest,
    state: web::Data<ApiState>,
    _: Allowed<ReadAnalytics>,
) -> Result<HttpResponse, ApiError> {
    let start = Instant::now();
    let (days, limit) = read_period(&request)?;
    let found = state
        .application
        .analytics
        .search_trends(days, limit)
        .await?;
    Ok(list::<_, TrendEntry>(found, limit, start))
}

/// Newest interactions
///
/// Without any trace of who did them.
#[utoipa::path(tag = "Analytics", params(PeriodParameters, LimitParameters), responses((status = 200, description = "Newest first", body = List<InteractionEntry>)))]
#[get("/api/v1/analytics/interactions")]
async fn recent_interactions(
    request: HttpRequest,
    state: web::Data<ApiState>,
    _: Allowed<ReadAnalytics>,
) -> Result<HttpResponse, ApiError> {
    let start = Instant::now();
    let (days, limit) = read_period(&request)?;
    let found = state.application.analytics.recent(days, limit).await?;
    Ok(list::<_, InteractionEntry>(found, limit, start))
}
