//! The OpenAPI document and the interactive pages over it, served from this process alone.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, LOCATION};
use actix_web::{HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::Config;

use crate::answer::public_json;
use crate::error::{ApiError, ErrorCode};
use crate::openapi::OpenApiJson;
use crate::parameters::NoParameters;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(openapi_document)
        .service(documentation)
        .service(documentation_file);
}

/// This description
#[utoipa::path(tag = "Operations", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi.json")]
async fn openapi_document(document: web::Data<OpenApiJson>, _: NoParameters) -> HttpResponse {
    public_json(document.0.to_vec())
}

/// Interactive documentation
#[utoipa::path(tag = "Operations", responses((status = 308, description = "To /docs/")))]
#[get("/docs")]
async fn documentation(_: NoParameters) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/docs/"))
        .finish()
}

/// A file of the interactive documentation
///
/// The empty name is the page itself.
#[utoipa::path(
    tag = "Operations",
    params(("file" = String, Path, description = "Name of the file, or nothing")),
    responses(
        (status = 200, description = "The file"),
        (status = 404, description = "There is no such file"),
    )
)]
#[get("/docs/{file:.*}")]
async fn documentation_file(
    file: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let config = Arc::new(Config::from("/openapi.json"));
    let served = utoipa_swagger_ui::serve(&file, config).map_err(|_| {
        tracing::error!("a page of the documentation is broken");
        ApiError::new(ErrorCode::InternalError)
    })?;
    let served = served.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    let mut response = HttpResponse::Ok();
    if served.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response
        .content_type(served.content_type)
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(served.bytes.into_owned()))
}
