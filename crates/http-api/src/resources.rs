//! One module a resource: its routes, handlers and OpenAPI together.

pub(crate) mod agent;
pub(crate) mod ai;
pub(crate) mod analytics;
pub(crate) mod documentation;
pub(crate) mod eligibility;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod interactions;
pub(crate) mod mcp;
pub(crate) mod operations;
pub(crate) mod recommendations;
pub(crate) mod scholarships;
pub(crate) mod search;
pub(crate) mod suggestions;
pub(crate) mod unlocks;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the public listener, the most frequent ones first.
pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    search::configure(service);
    suggestions::configure(service);
    export::configure(service);
    import::configure(service);
    scholarships::configure(service);
    eligibility::configure(service);
    unlocks::configure(service);
    recommendations::configure(service);
    interactions::configure(service);
    analytics::configure(service);
    mcp::configure(service);
    operations::configure(service);
    ai::configure(service);
    agent::configure(service);
    documentation::configure(service);
}
