//! Searching and listing the catalogue.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use auth::Scope;
use ports::search_index::SearchRequest;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{Results, personal_json, results};
use crate::body::JsonBody;
use crate::caller::Anyone;
use crate::error::ApiError;
use crate::openapi::SearchResults;
use crate::parameters::{NoParameters, SearchParameters, status_needs_editor};
use crate::query::QueryReader;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(list_scholarships)
        .service(search)
        .service(search_with_body);
}

/// List or search scholarships
///
/// Without parameters: all open scholarships. With `q` and filters it is the same as `/api/v1/search`.
#[utoipa::path(
    tag = "Catalogue",
    params(
        SearchParameters,
        ("If-None-Match" = Option<String>, Header, description = "ETag of the results that are known already"),
    ),
    responses(
        (status = 200, description = "A page of results", body = SearchResults, headers(("ETag" = String, description = "Weak tag of these results"))),
        (status = 304, description = "They are as known"),
    )
)]
#[get("/api/v1/scholarships")]
async fn list_scholarships(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    let results = from_query(&request, &state, &caller).await?;
    Ok(results.public(&request, state.application.clock.now()))
}

/// Search scholarships
///
/// Words must all match; if nothing is found, words are dropped one after the other and named in `relaxed`. Words that the
/// catalogue does not know are corrected and named in `corrected`.
#[utoipa::path(
    tag = "Catalogue",
    params(
        SearchParameters,
        ("If-None-Match" = Option<String>, Header, description = "ETag of the results that are known already"),
    ),
    responses(
        (status = 200, description = "A page of results", body = SearchResults, headers(("ETag" = String, description = "Weak tag of these results"))),
        (status = 304, description = "They are as known"),
    )
)]
#[get("/api/v1/search")]
async fn search(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    let results = from_query(&request, &state, &caller).await?;
    Ok(results.public(&request, state.application.clock.now()))
}

/// Search scholarships, also for a student
///
/// Takes the same as the query parameters, and a `profile`: then only scholarships that the student is, or may be, eligible
/// for come back, each with its verdict.
#[utoipa::path(tag = "Catalogue", request_body(content = SearchParameters, example = json!({"query": "engineering", "states": ["NV"], "profile": {"gpa": 3.4, "state_of_residence": "NV", "field_of_study": "engineering"}, "facets": ["fields_of_study"], "limit": 5})), responses((status = 200, description = "A page of results", body = SearchResults)))]
#[post("/api/v1/search")]
async fn search_with_body(
    state: web::Data<ApiState>,
    caller: Anyone,
    _: NoParameters,
    body: JsonBody<SearchParameters>,
) -> Result<HttpResponse, ApiError> {
    let request = body.value.checked()?;
    Ok(personal_json(run(request, &state, &caller).await?.body))
}

async fn from_query(
    request: &HttpRequest,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Results, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let parameters = SearchParameters::read(&mut reader);
    let request = parameters.into_request(&mut reader.errors);
    reader.finish()?;
    run(request, state, caller).await
}

/// What a search finds, by whichever way it came.
///
/// # Errors
/// `INSUFFICIENT_SCOPE` for drafts, `INVALID_CURSOR`, `OVERLOADED`.
pub(crate) async fn run(
    request: SearchRequest,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Results, ApiError> {
    if status_needs_editor(&request.filters) && !caller.may(Scope::ScholarshipsWrite) {
        return Err(ApiError::insufficient_scope(Scope::ScholarshipsWrite));
    }
    let start = Instant::now();
    let (answer, request) = if request.profile.is_some() {
        // Looks at the criteria of the whole catalogue.
        let searched = state.heavy(move |application| {
            let answer = application.search.search(&request);
            (answer, request)
        });
        let (answer, request) = searched.await?;
        (answer?, request)
    } else {
        // Takes less than handing it to another thread would.
        (state.application.search.search(&request)?, request)
    };
    state.metrics.search_answered(answer.total > 0);
    state.application.tasks.search_executed(answer.total);
    Ok(results(&answer, &request, start))
}
