//! The public listener's application: routes inside their middleware.

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, web};
use utoipa_actix_web::AppExt;

use crate::admission::{RATE_LIMIT, RATE_LIMIT_POLICY, identify, limit};
use crate::context::REQUEST_ID;
use crate::fallback;
use crate::middleware::{gate, observe};
use crate::openapi::{OpenApiJson, completed, outline};
use crate::resources;
use crate::settings::ApiSettings;
use crate::state::ApiState;

/// Headers that scripts of web pages may read.
pub(crate) const EXPOSED: [HeaderName; 7] = [
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static(REQUEST_ID),
    RATE_LIMIT,
    RATE_LIMIT_POLICY,
];

/// Everything that the public listener serves. Made once per worker.
pub fn application(
    state: ApiState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let cors = cors(&state.settings);
    let (app, document) = App::new()
        .into_utoipa_app()
        .openapi(outline())
        .configure(resources::configure)
        .split_for_parts();
    let document = completed(document);
    let [public, authenticated, agent, admin, auth_failure] = state.floods.guards();
    app.app_data(web::Data::new(OpenApiJson::of(&document)))
        .app_data(web::Data::new(fallback::Routes::of(&document)))
        .app_data(web::Data::new(state))
        .default_service(web::to(fallback::fallback))
        .wrap(from_fn(gate))
        .wrap(cors)
        .wrap(Compress::default())
        .wrap(from_fn(limit))
        .wrap(public)
        .wrap(authenticated)
        .wrap(agent)
        .wrap(admin)
        .wrap(auth_failure)
        .wrap(from_fn(identify))
        .wrap(from_fn(observe))
}

/// Without origins in the settings any may read and search; otherwise only those, which may also write. Credentials are never allowed: tokens
/// travel in a header that scripts set themselves.
fn cors(settings: &ApiSettings) -> Cors {
    let allowed = [
        header::ACCEPT,
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("mcp-method"),
        HeaderName::from_static("mcp-name"),
        HeaderName::from_static("mcp-protocol-version"),
        HeaderName::from_static("traceparent"),
        HeaderName::from_static(REQUEST_ID),
    ];
    let cors = Cors::default()
        .allowed_headers(allowed)
        .expose_headers(EXPOSED)
        .block_on_origin_mismatch(false)
        .max_age(3600);
    if settings.cors_origins.is_empty() {
        return cors
            .allow_any_origin()
            .send_wildcard()
            .allowed_methods(["GET", "HEAD", "POST"]);
    }
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    settings
        .cors_origins
        .iter()
        .fold(cors.allowed_methods(methods), |cors, origin| {
            cors.allowed_origin(origin)
        })
}
