//! Help by a language model. Every answer says whose it is; rules of our own answer when the model does not.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use app::assistant::{Answered, FallbackReason, Figures, Source, Trends};
use app::matching::Check;
use domain::circuit_breaker::BreakerState;
use domain::{CriterionResult, FieldError, ProfileDocument, ScholarshipId, Verdict};
use ports::MicroUsd;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::admission::CallerKey;
use crate::answer::{FilterEntry, json, personal_json, public_json};
use crate::body::JsonBody;
use crate::caller::Anyone;
use crate::error::{ApiError, ErrorCode};
use crate::parameters::{MAX_QUERY, NoParameters};
use crate::query::QueryReader;
use crate::resources::analytics::{PeriodParameters, read_days};
use crate::resources::eligibility::{NotFoundEntry, checked_ids};
use crate::resources::recommendations::profile_of;
use crate::resources::scholarships::scholarship_id;
use crate::resources::suggestions::read_typed;
use crate::state::ApiState;

/// Scholarships in one analysis.
const MAX_IDS: usize = 10;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(ai_status)
        .service(enhance_search)
        .service(search_suggestions)
        .service(analyze_eligibility)
        .service(scholarship_summary)
        .service(trends_analysis);
}

/// Whose answer it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Origin {
    /// `model`, `cache` (the model's, asked before) or `fallback` (our own rules).
    #[schema(pattern = "^(model|cache|fallback)$")]
    source: &'static str,
    /// Why rules of our own answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "not_configured")]
    fallback_reason: Option<&'static str>,
}

impl From<Source> for Origin {
    fn from(source: Source) -> Self {
        Self {
            source: source.name(),
            fallback_reason: source.fallback_reason().map(FallbackReason::code),
        }
    }
}

/// The answer with its origin, unless an operator wants none but the model's.
fn origin<T>(state: &ApiState, answered: Answered<T>) -> Result<(T, Origin), ApiError> {
    let is_fallback = answered.source.fallback_reason().is_some();
    if is_fallback && !state.settings.ai_fallback {
        return Err(ApiError::new(ErrorCode::AiUnavailable));
    }
    Ok((answered.value, answered.source.into()))
}

#[derive(Serialize, ToSchema)]
struct AiStatus {
    /// A model is configured, and has not failed too often.
    ai_service_available: bool,
    #[schema(required)]
    model: Option<String>,
    /// Why the service is not available.
    #[schema(required)]
    reason: Option<&'static str>,
    /// `closed`: it is asked; `open`: left alone for a while; `half_open`: one question tries.
    #[schema(required, pattern = "^(closed|open|half_open)$")]
    circuit_breaker: Option<&'static str>,
    #[schema(required)]
    budget: Option<Budget>,
}

/// In US dollars, for this UTC day and all replicas together.
#[derive(Serialize, ToSchema)]
struct Budget {
    limit: f64,
    /// Null when nobody can say.
    #[schema(required)]
    spent: Option<f64>,
    #[schema(required)]
    left: Option<f64>,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no budget has more than 2^52 millionths of a dollar"
)]
fn dollars(amount: MicroUsd) -> f64 {
    amount.0 as f64 / 1_000_000.0
}

/// Whether a language model is configured and answers
#[utoipa::path(tag = "AI", responses((status = 200, description = "The state of the AI service", body = AiStatus)))]
#[get("/ai/status")]
async fn ai_status(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    let Some(status) = state.application.assistant.status().await else {
        return HttpResponse::Ok().json(AiStatus {
            ai_service_available: false,
            model: None,
            reason: Some("no model is configured"),
            circuit_breaker: None,
            budget: None,
        });
    };
    let left = status
        .spent_today
        .map(|spent| MicroUsd(status.daily_limit.0.saturating_sub(spent.0)));
    let breaker = match status.breaker {
        BreakerState::Closed => "closed",
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half_open",
    };
    let reason = match status.spent_today {
        _ if status.breaker == BreakerState::Open => {
            Some("the model failed too often and is left alone for a while")
        }
        Some(_) if status.is_exhausted => Some("the day's money is spent"),
        Some(_) => None,
        None => Some("nobody can say what is spent already"),
    };
    HttpResponse::Ok().json(AiStatus {
        ai_service_available: reason.is_none(),
        model: Some(status.name),
        reason,
        circuit_breaker: Some(breaker),
        budget: Some(Budget {
            limit: dollars(status.daily_limit),
            spent: status.spent_today.map(dollars),
            left: left.map(dollars),
        }),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EnhanceSearchRequest)]
struct EnhanceBody {
    /// A request for scholarships in plain words, 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    query: String,
}

#[derive(Serialize, ToSchema)]
struct EnhancedSearch {
    /// Words to search for; may be empty.
    query: String,
    /// By the names of the parameters of search; only those that are set.
    filters: FilterEntry,
    #[serde(flatten)]
    origin: Origin,
}

/// Turn a sentence into words and filters for search
///
/// Give `query` and `filters` to `/api/v1/search` as they are. Personal data is taken out before a model sees the sentence.
#[utoipa::path(tag = "AI", request_body(content = EnhanceBody, example = json!({"query": "nursing scholarships in Texas over $5k due before June, I have a 3.2"})), responses((status = 200, description = "Words and filters", body = EnhancedSearch)))]
#[post("/ai/enhance-search")]
async fn enhance_search(
    request: HttpRequest,
    state: web::Data<ApiState>,
    _: NoParameters,
    body: JsonBody<EnhanceBody>,
) -> Result<HttpResponse, ApiError> {
    let query = &body.value.query;
    if query.trim().is_empty() || query.chars().count() > MAX_QUERY {
        let message = format!("must have 1 to {MAX_QUERY} characters");
        return Err(ApiError::invalid(vec![FieldError::new("query", message)]));
    }
    let assistant = &state.application.assistant;
    let answered = assistant
        .enhance_search(&CallerKey::text_of(&request), query)
        .await;
    let (parsed, origin) = origin(&state, answered)?;
    Ok(personal_json(json(&EnhancedSearch {
        query: parsed.query,
        filters: FilterEntry::of(&parsed.filters),
        origin,
    })))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct SuggestionParameters {
    /// What was searched for, 1 to 100 characters.
    #[param(min_length = 1, max_length = 100, example = "nursing")]
    q: String,
    /// 5 when not given.
    #[param(minimum = 1, maximum = 10)]
    limit: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct SearchSuggestions {
    /// Searches to try next; each finds something.
    data: Vec<String>,
    #[serde(flatten)]
    origin: Origin,
}

/// Suggest searches to try next
#[utoipa::path(tag = "AI", params(SuggestionParameters), responses((status = 200, description = "Searches", body = SearchSuggestions)))]
#[get("/ai/search-suggestions")]
async fn search_suggestions(
    request: HttpRequest,
    state: web::Data<ApiState>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let (typed, limit) = read_typed(&mut reader, 5, 10);
    reader.finish()?;
    let assistant = &state.application.assistant;
    let caller = CallerKey::text_of(&request);
    let answered = assistant.search_suggestions(&caller, &typed, limit).await;
    let (data, origin) = origin(&state, answered)?;
    Ok(public_json(json(&SearchSuggestions { data, origin })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnalyzeEligibilityRequest)]
struct AnalyzeBody {
    profile: ProfileDocument,
    #[schema(min_items = 1, max_items = 10)]
    scholarship_ids: Vec<String>,
}

/// The rules' verdict, explained; one that is not there only has its id and the verdict `not_found`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum AnalysisEntry {
    Assessed(Box<AnalyzedEntry>),
    NotFound(NotFoundEntry),
}

#[derive(Serialize, ToSchema)]
#[schema(as = AnalyzedScholarship)]
struct AnalyzedEntry {
    scholarship_id: ScholarshipId,
    name: String,
    /// The rules' own.
    verdict: Verdict,
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
    criteria: Vec<CriterionResult>,
    explanation: String,
    /// What to do next, at most three.
    advice: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct EligibilityAnalysis {
    data: Vec<AnalysisEntry>,
    #[serde(flatten)]
    origin: Origin,
}

/// Explain eligibility and give advice
///
/// The verdicts are those of `/api/v1/eligibility/check`; a model may only explain them. It sees which criteria are met, and
/// nothing else of the profile.
#[utoipa::path(tag = "AI", request_body(content = AnalyzeBody), responses((status = 200, description = "Verdicts with explanations, in the order of the ids", body = EligibilityAnalysis)))]
#[post("/ai/analyze-eligibility")]
async fn analyze_eligibility(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
    _: NoParameters,
    body: JsonBody<AnalyzeBody>,
) -> Result<HttpResponse, ApiError> {
    let AnalyzeBody {
        profile,
        scholarship_ids,
    } = body.value;
    let mut errors = Vec::new();
    let profile = profile_of(profile, "profile", &mut errors);
    let ids = checked_ids(&scholarship_ids, MAX_IDS, &mut errors);
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    let answered = state
        .application
        .assistant
        .analyze_eligibility(
            &CallerKey::text_of(&request),
            &profile,
            &ids,
            caller.viewer(),
        )
        .await;
    let (checks, origin) = origin(&state, answered)?;
    state.metrics.eligibility_checked();
    let entries = checks.into_iter().map(|advised| {
        let advice = advised.advice;
        match advised.check {
            Check::NotFound(id) => AnalysisEntry::NotFound(NotFoundEntry::of(&id)),
            Check::Assessed {
                scholarship,
                assessment,
                ..
            } => {
                let (explanation, advice) = advice
                    .map(|advice| (advice.explanation, advice.advice))
                    .unwrap_or_default();
                AnalysisEntry::Assessed(Box::new(AnalyzedEntry {
                    scholarship_id: scholarship.id,
                    name: scholarship.content.name,
                    verdict: assessment.verdict,
                    score: assessment.match_score,
                    criteria: assessment.criteria,
                    explanation,
                    advice,
                }))
            }
        }
    });
    let data = entries.collect();
    Ok(personal_json(json(&EligibilityAnalysis { data, origin })))
}

#[derive(Serialize, ToSchema)]
struct ScholarshipSummary {
    scholarship_id: ScholarshipId,
    name: String,
    summary: String,
    /// At most five.
    highlights: Vec<String>,
    #[serde(flatten)]
    origin: Origin,
}

/// Summarize a scholarship
#[utoipa::path(
    tag = "AI",
    params(("id" = ScholarshipId, Path, description = "Id of the scholarship")),
    responses(
        (status = 200, description = "A summary", body = ScholarshipSummary),
        (status = 404, description = "There is no such scholarship"),
    )
)]
#[get("/ai/scholarship-summary/{id}")]
async fn scholarship_summary(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
    id: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let id = scholarship_id(&id)?;
    let assistant = &state.application.assistant;
    let key = CallerKey::text_of(&request);
    let found = assistant
        .scholarship_summary(&key, &id, caller.viewer())
        .await;
    let (scholarship, answered) =
        found.ok_or_else(|| ApiError::new(ErrorCode::ScholarshipNotFound))?;
    let (summary, origin) = origin(&state, answered)?;
    Ok(public_json(json(&ScholarshipSummary {
        scholarship_id: scholarship.id,
        name: scholarship.content.name,
        summary: summary.summary,
        highlights: summary.highlights,
        origin,
    })))
}

/// Figures of the open catalogue and of searches, in words.
#[derive(Serialize, ToSchema)]
struct TrendsAnalysis {
    #[schema(value_type = TrendFigures)]
    figures: Figures,
    analysis: String,
    /// At most five.
    insights: Vec<String>,
    #[serde(flatten)]
    origin: Origin,
}

/// Computed here; the words about them may be a model's.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `app::assistant::Figures`")]
pub(crate) struct TrendFigures {
    days: i64,
    open_scholarships: u64,
    fields_of_study: Vec<TrendShare>,
    scholarship_types: Vec<TrendShare>,
    /// As 2027-03.
    deadline_months: Vec<TrendShare>,
    /// Made at least five times; empty while the store does not answer.
    searches: Vec<TrendSearch>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `app::assistant::Share`")]
struct TrendShare {
    value: String,
    count: u64,
    /// Of the most that each pays, in US dollars; null when no amount is known.
    #[schema(required)]
    sum: Option<f64>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `app::assistant::PopularSearch`")]
struct TrendSearch {
    query: String,
    count: u64,
}

/// Say what the catalogue holds and what is searched for
#[utoipa::path(tag = "AI", params(PeriodParameters), responses((status = 200, description = "Figures, and words about them", body = TrendsAnalysis)))]
#[get("/ai/trends-analysis")]
async fn trends_analysis(
    request: HttpRequest,
    state: web::Data<ApiState>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let days = read_days(&mut reader);
    reader.finish()?;
    let assistant = &state.application.assistant;
    let (figures, answered) = assistant
        .trends_analysis(&CallerKey::text_of(&request), days)
        .await;
    let (Trends { analysis, insights }, origin) = origin(&state, answered)?;
    Ok(public_json(json(&TrendsAnalysis {
        figures,
        analysis,
        insights,
        origin,
    })))
}
