//! The OpenAPI document: collected from the routes themselves, completed with what all of them share.

mod completion;
mod extended;

use actix_web::App;
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

pub(crate) use completion::completed;
pub(crate) use extended::{RecommendedScholarship, SearchResults};

use crate::error::Problem;
use crate::resources;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Scholarship Discovery & Search API",
        description = "Finds scholarships, checks whether a student may get them and why, recommends, and keeps count.\n\nErrors are problem documents (RFC 9457) with a stable `code`. Unknown parameters and keys are refused. Lists come in pages: `limit` and `offset` up to 10,000, then `cursor`.",
        license(name = "GPL-3.0-or-later", identifier = "GPL-3.0-or-later")
    ),
    tags(
        (name = "Catalogue", description = "Search, read and edit scholarships"),
        (name = "Matching", description = "Eligibility, unlocks and recommendations for a student whose profile comes with the request and goes with it"),
        (name = "Interactions", description = "What students do with scholarships"),
        (name = "Analytics", description = "Numbers for those who run the catalogue"),
        (name = "Agents", description = "Tasks of other programs' agents: taken in durably, worked at beside the requests, answered to their sender"),
        (name = "AI", description = "The language model, where one is configured"),
        (name = "Operations", description = "Probes, health and documentation"),
    ),
    components(schemas(Problem, domain::FieldError))
)]
struct Outline;

/// The document without its paths.
pub(crate) fn outline() -> utoipa::openapi::OpenApi {
    Outline::openapi()
}

/// The description of the public listener, OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let app = App::new()
        .into_utoipa_app()
        .openapi(outline())
        .configure(resources::configure);
    completed(app.split_for_parts().1)
}

/// The document as it is served.
pub(crate) struct OpenApiJson(pub(crate) Bytes);

impl OpenApiJson {
    pub(crate) fn of(document: &utoipa::openapi::OpenApi) -> Self {
        Self(serde_json::to_vec(document).unwrap_or_default().into())
    }
}
