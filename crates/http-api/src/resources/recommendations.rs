//! Scholarships ranked for one student, with reasons.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use auth::Scope;
use domain::eligibility::VerdictSet;
use domain::recommendation::Score;
use domain::{FieldError, ProfileDocument, StudentProfile, Verdict};
use ports::search_index::{Filters, RecommendationAnswer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{Page, Verdicts, append, append_open_card, milliseconds_since, personal_json};
use crate::body::JsonBody;
use crate::caller::Anyone;
use crate::error::ApiError;
use crate::openapi::RecommendedScholarship;
use crate::parameters::{
    FilterParameters, NoParameters, ProfileParameters, checked_limit, read_profile,
    status_needs_editor,
};
use crate::query::QueryReader;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(recommendations)
        .service(recommendations_with_body);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecommendationRequest)]
pub(crate) struct RecommendationBody {
    profile: ProfileDocument,
    /// 20 when not given.
    #[schema(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// Also what the student is not eligible for.
    include_ineligible: Option<bool>,
    filters: Option<FilterParameters>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct RecommendationParameters {
    /// 20 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// Also what the student is not eligible for.
    include_ineligible: Option<bool>,
}

/// Recommendations, best first.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body; it is put together from ready cards"
)]
pub(crate) struct Recommendations {
    data: Vec<RecommendedScholarship>,
    /// `total` counts all candidates, of which the best `limit` come; there are no further pages.
    page: Page,
    /// Over all open scholarships that the filters leave.
    verdicts: Verdicts,
    /// Milliseconds that the answer took to make.
    took_ms: f64,
}

/// A score without the name of its total, which the answer calls `score`.
#[derive(Serialize)]
struct Ranked<'a> {
    score: f64,
    components: &'a [domain::recommendation::Component],
}

impl<'a> From<&'a Score> for Ranked<'a> {
    fn from(score: &'a Score) -> Self {
        Self {
            score: score.total,
            components: &score.components,
        }
    }
}

/// The profile, checked; errors are named below `place`.
pub(crate) fn profile_of(
    document: ProfileDocument,
    place: &str,
    errors: &mut Vec<FieldError>,
) -> StudentProfile {
    document.into_profile().unwrap_or_else(|wrong| {
        errors.extend(wrong.into_iter().map(|error| {
            if place.is_empty() {
                error
            } else {
                error.below(place)
            }
        }));
        StudentProfile::default()
    })
}

pub(crate) struct Wish {
    profile: StudentProfile,
    verdicts: VerdictSet,
    filters: Filters,
    limit: usize,
}

impl RecommendationBody {
    /// As a body has it.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with everything that is wrong.
    pub(crate) fn checked_body(self) -> Result<Wish, ApiError> {
        let mut errors = Vec::new();
        let wish = self.checked("profile", &mut errors);
        if errors.is_empty() {
            Ok(wish)
        } else {
            Err(ApiError::invalid(errors))
        }
    }

    fn checked(self, place: &str, errors: &mut Vec<FieldError>) -> Wish {
        let mut filter_errors = Vec::new();
        let filters = self.filters.unwrap_or_default();
        let filters = filters.into_filters(&mut filter_errors);
        errors.extend(
            filter_errors
                .into_iter()
                .map(|error| error.below("filters")),
        );
        let mut verdicts = VerdictSet::of(&[Verdict::Eligible, Verdict::Possible]);
        if self.include_ineligible == Some(true) {
            verdicts.insert(Verdict::Ineligible);
        }
        Wish {
            profile: profile_of(self.profile, place, errors),
            verdicts,
            filters,
            limit: checked_limit(self.limit, errors),
        }
    }
}

/// Recommend scholarships by query parameters
#[utoipa::path(tag = "Matching", params(RecommendationParameters, ProfileParameters), responses((status = 200, description = "Recommendations, best first", body = Recommendations)))]
#[get("/api/v1/recommendations")]
async fn recommendations(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let body = RecommendationBody {
        profile: read_profile(&mut reader),
        limit: reader.integer("limit"),
        include_ineligible: reader.truth("include_ineligible"),
        filters: None,
    };
    let wish = body.checked("", &mut reader.errors);
    reader.finish()?;
    Ok(personal_json(run(wish, &state, &caller).await?))
}

/// Recommend scholarships
///
/// Ranked by a documented score (fit, field, amount, deadline, need, popularity) whose components are explained; at most two
/// of one organization before all had their turn.
#[utoipa::path(tag = "Matching", request_body(content = RecommendationBody, example = json!({"profile": {"gpa": 3.4, "field_of_study": "engineering", "state_of_residence": "NV"}, "limit": 5, "filters": {"min_amount": 1000}})), responses((status = 200, description = "Recommendations, best first", body = Recommendations)))]
#[post("/api/v1/recommendations")]
async fn recommendations_with_body(
    state: web::Data<ApiState>,
    caller: Anyone,
    _: NoParameters,
    body: JsonBody<RecommendationBody>,
) -> Result<HttpResponse, ApiError> {
    let wish = body.value.checked_body()?;
    Ok(personal_json(run(wish, &state, &caller).await?))
}

/// Recommendations as JSON, by whichever way they were asked for.
///
/// # Errors
/// `INSUFFICIENT_SCOPE` for drafts, `OVERLOADED`.
pub(crate) async fn run(
    wish: Wish,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Vec<u8>, ApiError> {
    if status_needs_editor(&wish.filters) && !caller.may(Scope::ScholarshipsWrite) {
        return Err(ApiError::insufficient_scope(Scope::ScholarshipsWrite));
    }
    let start = Instant::now();
    let Wish {
        limit, verdicts, ..
    } = wish;
    let found = state
        .heavy(move |application| {
            let matching = &application.matching;
            matching.recommend(&wish.profile, wish.verdicts, &wish.filters, wish.limit)
        })
        .await?;
    state.metrics.eligibility_checked();
    let shown = found.recommendations.len();
    state.metrics.recommendations_shown(shown as u64);
    let candidates = [
        (Verdict::Eligible, found.verdicts.eligible),
        (Verdict::Possible, found.verdicts.possible),
        (Verdict::Ineligible, found.verdicts.ineligible),
    ];
    let kept = candidates
        .iter()
        .filter(|(verdict, _)| verdicts.contains(*verdict));
    let page = Page::best(kept.map(|(_, count)| count).sum(), limit);
    Ok(body(&found, &page, start))
}

fn body(answer: &RecommendationAnswer, page: &Page, start: Instant) -> Vec<u8> {
    let mut body = Vec::with_capacity(answer.cards.len() + 2_048);
    body.extend_from_slice(b"{\"data\":[");
    for (at, recommendation) in answer.recommendations.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        append_open_card(&mut body, &answer.cards[recommendation.card.clone()]);
        body.extend_from_slice(b",\"match\":");
        append(&mut body, &recommendation.assessment);
        body.extend_from_slice(b",\"recommendation\":");
        append(&mut body, &Ranked::from(&recommendation.score));
        body.push(b'}');
    }
    body.extend_from_slice(b"],\"page\":");
    append(&mut body, page);
    body.extend_from_slice(b",\"verdicts\":");
    append(&mut body, &Verdicts::from(answer.verdicts));
    body.extend_from_slice(b",\"took_ms\":");
    append(&mut body, &milliseconds_since(start));
    body.push(b'}');
    body
}
