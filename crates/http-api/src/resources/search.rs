//! Searching and listing the catalogue.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use auth::Scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{personal_json, public_json, search_body};
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
#[utoipa::path(tag = "Catalogue", params(SearchParameters), responses((status = 200, description = "A page of results", body = SearchResults)))]
#[get("/api/v1/scholarships")]
async fn list_scholarships(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    Ok(public_json(from_query(&request, &state, &caller)?))
}

/// Search scholarships
///
/// Words must all match; if nothing is found, words are dropped one after the other and named in `relaxed`. Words that the
/// catalogue does not know are corrected and named in `corrected`.
#[utoipa::path(tag = "Catalogue", params(SearchParameters), responses((status = 200, description = "A page of results", body = SearchResults)))]
#[get("/api/v1/search")]
async fn search(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    Ok(public_json(from_query(&request, &state, &caller)?))
}

/// Search scholarships, also for a student
///
/// Takes the same as the query parameters, and a `profile`: then only scholarships that the student is, or may be, eligible
/// for come back, each with its verdict.
#[utoipa::path(tag = "Catalogue", request_body = SearchParameters, responses((status = 200, description = "A page of results", body = SearchResults)))]
#[post("/api/v1/search")]
async fn search_with_body(
    state: web::Data<ApiState>,
    caller: Anyone,
    _: NoParameters,
    body: JsonBody<SearchParameters>,
) -> Result<HttpResponse, ApiError> {
    Ok(personal_json(answer(body.value, &state, &caller)?))
}

fn from_query(
    request: &HttpRequest,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Vec<u8>, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let parameters = SearchParameters::read(&mut reader);
    let request = parameters.into_request(&mut reader.errors);
    reader.finish()?;
    run(&request, state, caller)
}

fn answer(
    parameters: SearchParameters,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Vec<u8>, ApiError> {
    let mut errors = Vec::new();
    let request = parameters.into_request(&mut errors);
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    run(&request, state, caller)
}

/// Runs in the worker itself: a search takes less than handing it to another thread would.
fn run(
    request: &ports::search_index::SearchRequest,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Vec<u8>, ApiError> {
    if status_needs_editor(&request.filters) && !caller.may(Scope::ScholarshipsWrite) {
        return Err(ApiError::insufficient_scope(Scope::ScholarshipsWrite));
    }
    let start = Instant::now();
    let answer = state.application.search.search(request)?;
    state.metrics.search_answered(answer.total > 0);
    Ok(search_body(&answer, request, start))
}
