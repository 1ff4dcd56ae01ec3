//! Single scholarships: reading, and for editors creating, replacing, patching and deleting.

use std::time::Instant;

use actix_web::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, put, web,
};
use app::catalogue::{EditError, Viewer};
use domain::{Scholarship, ScholarshipContent, ScholarshipDocument, ScholarshipId};
use ports::StoreError;
use ports::search_index::SearchRequest;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::results;
use crate::body::{JsonBody, MergePatch};
use crate::caller::{Allowed, Anyone, WriteScholarships};
use crate::conditional::{Precondition, entity_tag_header, is_unchanged, precondition};
use crate::error::{ApiError, ErrorCode};
use crate::idempotency;
use crate::openapi::SearchResults;
use crate::parameters::{NoParameters, checked_limit};
use crate::query::QueryReader;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(create)
        .service(read)
        .service(similar)
        .service(replace)
        .service(patch_scholarship)
        .service(delete_scholarship);
}

/// An id from the path; what is no id names nothing.
pub(crate) fn scholarship_id(text: &str) -> Result<ScholarshipId, ApiError> {
    ScholarshipId::parse(text).map_err(|_| ApiError::new(ErrorCode::ScholarshipNotFound))
}

fn with_tag(mut response: HttpResponseBuilder, scholarship: &Scholarship) -> HttpResponse {
    response
        .insert_header((ETAG, entity_tag_header(scholarship)))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .json(ScholarshipDocument::from(scholarship))
}

fn content(document: ScholarshipDocument) -> Result<ScholarshipContent, ApiError> {
    document.into_content().map_err(ApiError::invalid)
}

/// The scholarship of an id, if the caller may see it.
pub(crate) fn visible(
    id: &str,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Scholarship, ApiError> {
    let id = scholarship_id(id)?;
    let catalogue = &state.application.catalogue;
    catalogue
        .get(&id, caller.viewer())
        .ok_or_else(|| ApiError::new(ErrorCode::ScholarshipNotFound))
}

/// Read a scholarship
#[utoipa::path(
    tag = "Catalogue",
    params(
        ("id" = ScholarshipId, Path, description = "Id of the scholarship"),
        ("If-None-Match" = Option<String>, Header, description = "ETag of the state that is known already"),
    ),
    responses(
        (status = 200, description = "The scholarship", body = ScholarshipDocument, headers(("ETag" = String, description = "Strong tag of this state"))),
        (status = 304, description = "It is as known"),
        (status = 404, description = "There is no such scholarship"),
    )
)]
#[get("/api/v1/scholarships/{id}")]
async fn read(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
    id: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let scholarship = visible(&id, &state, &caller)?;
    if is_unchanged(&request, &scholarship) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, entity_tag_header(&scholarship)))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .finish());
    }
    Ok(with_tag(HttpResponse::Ok(), &scholarship))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct SimilarParameters {
    /// 20 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

/// Find similar scholarships
///
/// Open scholarships that share fields, criteria and rare words, those of other organizations first. Of `page.total` the best
/// `limit` come; there are no further pages.
#[utoipa::path(
    tag = "Catalogue",
    params(
        ("id" = ScholarshipId, Path, description = "Id of the scholarship"),
        SimilarParameters,
        ("If-None-Match" = Option<String>, Header, description = "ETag of the results that are known already"),
    ),
    responses(
        (status = 200, description = "Similar scholarships, best first", body = SearchResults, headers(("ETag" = String, description = "Weak tag of these results"))),
        (status = 304, description = "They are as known"),
        (status = 404, description = "There is no such scholarship"),
    )
)]
#[get("/api/v1/scholarships/{id}/similar")]
async fn similar(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let start = Instant::now();
    let mut reader = QueryReader::new(request.query_string())?;
    let limit = reader.integer("limit");
    let limit = checked_limit(limit, &mut reader.errors);
    reader.finish()?;
    let not_found = || ApiError::new(ErrorCode::ScholarshipNotFound);
    let id = scholarship_id(&id)?;
    let viewer = caller.viewer();
    // Looks at the whole catalogue.
    let looked = state.heavy(move |application| {
        // What the caller may not see is not there, also as a starting point.
        let seen = application.catalogue.get(&id, viewer);
        seen.and_then(|_| application.search.similar(&id, limit))
    });
    let answer = looked.await?.ok_or_else(not_found)?;
    let wanted = SearchRequest {
        limit,
        ..SearchRequest::default()
    };
    let results = results(&answer, &wanted, start);
    Ok(results.public(&request, state.application.clock.now()))
}

/// Create a scholarship
///
/// With an `Idempotency-Key`, a repetition within 24 hours makes nothing twice and answers with what was made first.
#[utoipa::path(
    tag = "Catalogue",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    request_body(content = ScholarshipDocument, example = json!({"name": "Silver State Engineering Award", "organization": "Nevada Example Foundation", "amount": 5000, "application_deadline": "2027-03-01", "scholarship_type": "merit_based", "eligibility_criteria": {"min_gpa": 3.0, "residency_states": ["NV"], "fields_of_study": ["engineering"]}})),
    responses(
        (status = 201, description = "Created", body = ScholarshipDocument, headers(("Location" = String, description = "Path of the scholarship"), ("ETag" = String, description = "Strong tag of this state"))),
        (status = 409, description = "The key belongs to another request, or the source's record exists already"),
    )
)]
#[post("/api/v1/scholarships")]
async fn create(
    request: HttpRequest,
    state: web::Data<ApiState>,
    writer: Allowed<WriteScholarships>,
    _: NoParameters,
    body: JsonBody<ScholarshipDocument>,
) -> Result<HttpResponse, ApiError> {
    let idempotency = idempotency::request(&request, &writer.caller.subject, &body.bytes)?;
    let content = content(body.value)?;
    let made = state
        .application
        .catalogue
        .create(writer.actor(), content, idempotency)
        .await;
    let scholarship = made.map_err(|error| match error {
        EditError::Store(StoreError::NotFound) => ApiError::new(ErrorCode::IdempotencyKeyReused)
            .detail("What the first request with this key made has been deleted; use a new key."),
        error => error.into(),
    })?;
    let location = format!("/api/v1/scholarships/{}", scholarship.id);
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, location));
    Ok(with_tag(response, &scholarship))
}

/// The precondition of a write to one scholarship, with the version that this process knows.
fn write_precondition(
    request: &HttpRequest,
    state: &ApiState,
    id: &ScholarshipId,
) -> Result<(Precondition, Option<u64>), ApiError> {
    let current = state.application.catalogue.get(id, Viewer::Editor);
    let wanted = precondition(request, current.as_ref())?;
    Ok((wanted, current.map(|scholarship| scholarship.version)))
}

/// Replace a scholarship
#[utoipa::path(
    tag = "Catalogue",
    params(
        ("id" = ScholarshipId, Path, description = "Id of the scholarship"),
        ("If-Match" = String, Header, description = "ETag that was read, or *"),
    ),
    request_body = ScholarshipDocument,
    responses(
        (status = 200, description = "The new state", body = ScholarshipDocument, headers(("ETag" = String, description = "Strong tag of this state"))),
        (status = 404, description = "There is no such scholarship"),
        (status = 409, description = "The source's record belongs to another scholarship"),
        (status = 412, description = "It has changed meanwhile"),
        (status = 428, description = "If-Match is missing"),
    )
)]
#[put("/api/v1/scholarships/{id}")]
async fn replace(
    request: HttpRequest,
    state: web::Data<ApiState>,
    writer: Allowed<WriteScholarships>,
    id: web::Path<String>,
    _: NoParameters,
    body: JsonBody<ScholarshipDocument>,
) -> Result<HttpResponse, ApiError> {
    let id = scholarship_id(&id)?;
    let (wanted, _) = write_precondition(&request, &state, &id)?;
    let content = content(body.value)?;
    let catalogue = &state.application.catalogue;
    let replaced = catalogue.replace(writer.actor(), &id, content, wanted.version());
    let scholarship = replaced.await?;
    Ok(with_tag(HttpResponse::Ok(), &scholarship))
}

/// Change parts of a scholarship
///
/// A JSON merge patch (RFC 7396): keys that are null are removed, lists are replaced as a whole.
#[utoipa::path(
    tag = "Catalogue",
    params(
        ("id" = ScholarshipId, Path, description = "Id of the scholarship"),
        ("If-Match" = String, Header, description = "ETag that was read, or *"),
    ),
    request_body(content = Object, content_type = "application/merge-patch+json", example = json!({"max_awards": 3, "description": null})),
    responses(
        (status = 200, description = "The new state", body = ScholarshipDocument, headers(("ETag" = String, description = "Strong tag of this state"))),
        (status = 404, description = "There is no such scholarship"),
        (status = 409, description = "The source's record belongs to another scholarship"),
        (status = 412, description = "It has changed meanwhile"),
        (status = 428, description = "If-Match is missing"),
    )
)]
#[patch("/api/v1/scholarships/{id}")]
async fn patch_scholarship(
    request: HttpRequest,
    state: web::Data<ApiState>,
    writer: Allowed<WriteScholarships>,
    id: web::Path<String>,
    _: NoParameters,
    body: JsonBody<Value, MergePatch>,
) -> Result<HttpResponse, ApiError> {
    let id = scholarship_id(&id)?;
    let (wanted, known) = write_precondition(&request, &state, &id)?;
    let catalogue = &state.application.catalogue;
    let version = wanted.version().or(known).unwrap_or(0);
    let patched = match catalogue
        .patch(writer.actor(), &id, &body.value, version)
        .await
    {
        // With `*` any state will do, so the store's newest one does.
        Err(EditError::Store(StoreError::VersionMismatch { actual }))
            if wanted == Precondition::Any =>
        {
            catalogue
                .patch(writer.actor(), &id, &body.value, actual)
                .await
        }
        patched => patched,
    };
    Ok(with_tag(HttpResponse::Ok(), &patched?))
}

/// Delete a scholarship
#[utoipa::path(
    tag = "Catalogue",
    params(
        ("id" = ScholarshipId, Path, description = "Id of the scholarship"),
        ("If-Match" = String, Header, description = "ETag that was read, or *"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is no such scholarship"),
        (status = 412, description = "It has changed meanwhile"),
        (status = 428, description = "If-Match is missing"),
    )
)]
#[delete("/api/v1/scholarships/{id}")]
async fn delete_scholarship(
    request: HttpRequest,
    state: web::Data<ApiState>,
    writer: Allowed<WriteScholarships>,
    id: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let id = scholarship_id(&id)?;
    let (wanted, _) = write_precondition(&request, &state, &id)?;
    let catalogue = &state.application.catalogue;
    catalogue
        .delete(writer.actor(), &id, wanted.version())
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
