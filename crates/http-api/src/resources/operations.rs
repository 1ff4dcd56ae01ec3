//! What operators and their probes ask.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use app::readiness::Report;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::error::ApiError;
use crate::parameters::NoParameters;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(service_card)
        .service(alive)
        .service(ready)
        .service(health)
        .service(database_status);
}

/// Where to go from here.
#[derive(Serialize, ToSchema)]
struct ServiceCard {
    name: &'static str,
    version: String,
    scholarships: u64,
    #[schema(value_type = std::collections::HashMap<String, String>)]
    links: BTreeMap<&'static str, &'static str>,
}

/// What this service is
#[utoipa::path(tag = "Operations", responses((status = 200, description = "The service and its entry points", body = ServiceCard)))]
#[get("/")]
async fn service_card(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    HttpResponse::Ok().json(ServiceCard {
        name: "Scholarship Discovery & Search API",
        version: state.settings.version.clone(),
        scholarships: state.application.readiness.index().open,
        links: BTreeMap::from([
            ("documentation", "/docs/"),
            ("openapi", "/openapi.json"),
            ("scholarships", "/api/v1/scholarships"),
            ("search", "/api/v1/search"),
            ("health", "/health"),
        ]),
    })
}

#[derive(Serialize, ToSchema)]
struct Alive {
    #[schema(example = "healthy")]
    status: &'static str,
    /// The version that this process runs.
    version: String,
}

/// Whether the process lives
///
/// Touches no dependency, and answers by any host name.
#[utoipa::path(tag = "Operations", responses((status = 200, description = "It lives", body = Alive)))]
#[get("/healthz")]
pub(crate) async fn alive(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    HttpResponse::Ok().json(Alive {
        status: "healthy",
        version: state.settings.version.clone(),
    })
}

#[derive(Serialize, ToSchema)]
struct Ready {
    /// `ready`; `not_ready`: the index is being filled; `draining`: this process ends.
    #[schema(example = "ready")]
    status: &'static str,
    /// `up` or `down` for each check.
    #[schema(value_type = std::collections::HashMap<String, String>)]
    checks: BTreeMap<&'static str, &'static str>,
    /// Dependencies that are down while the service goes on without them.
    degraded: Vec<&'static str>,
}

fn checks(report: &Report) -> BTreeMap<&'static str, &'static str> {
    let state = |problem: &Option<String>| if problem.is_none() { "up" } else { "down" };
    let checks = report.checks.iter();
    checks
        .map(|check| (check.name, state(&check.problem)))
        .collect()
}

/// Whether requests can be answered
#[utoipa::path(tag = "Operations", responses((status = 200, description = "They can", body = Ready), (status = 503, description = "Not yet, or not any more", body = Ready)))]
#[get("/readyz")]
async fn ready(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    let report = state.application.readiness.report().await;
    let (mut response, status) = if state.is_draining() {
        (HttpResponse::ServiceUnavailable(), "draining")
    } else if report.ready {
        (HttpResponse::Ok(), "ready")
    } else {
        (HttpResponse::ServiceUnavailable(), "not_ready")
    };
    response.json(Ready {
        status,
        checks: checks(&report),
        degraded: report.degraded(),
    })
}

#[derive(Serialize, ToSchema)]
struct ServiceHealth {
    #[schema(example = "healthy")]
    status: &'static str,
    /// `up` or `down` for each dependency.
    #[schema(value_type = std::collections::HashMap<String, String>)]
    dependencies: BTreeMap<&'static str, &'static str>,
    version: String,
}

/// How the service is
#[utoipa::path(tag = "Operations", responses((status = 200, description = "healthy, or degraded: some dependency is bridged", body = ServiceHealth), (status = 503, description = "unhealthy", body = ServiceHealth)))]
#[get("/health")]
async fn health(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    let report = state.application.readiness.report().await;
    let (mut response, status) = if !report.ready {
        (HttpResponse::ServiceUnavailable(), "unhealthy")
    } else if report.degraded().is_empty() {
        (HttpResponse::Ok(), "healthy")
    } else {
        (HttpResponse::Ok(), "degraded")
    };
    response.json(ServiceHealth {
        status,
        dependencies: checks(&report),
        version: state.settings.version.clone(),
    })
}

#[derive(Serialize, ToSchema)]
struct DatabaseStatus {
    /// Share of the pool in use.
    #[schema(minimum = 0, maximum = 1)]
    pool_usage: f64,
    pool_size: u32,
    in_use: u32,
    idle: u32,
    /// One trivial query.
    latency_ms: f64,
    /// The newest migration that was applied.
    migration: String,
}

/// The store's connections, latency and schema
#[utoipa::path(tag = "Operations", responses((status = 200, description = "The store answers", body = DatabaseStatus)))]
#[get("/db/status")]
async fn database_status(
    state: web::Data<ApiState>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let store = state.application.readiness.store().await?;
    Ok(HttpResponse::Ok().json(DatabaseStatus {
        pool_usage: f64::from(store.in_use) / f64::from(store.pool_size.max(1)),
        pool_size: store.pool_size,
        in_use: store.in_use,
        idle: store.idle,
        latency_ms: store.latency_ms,
        migration: store.migration,
    }))
}
