//! Whether a language model helps: none does in this version.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::parameters::NoParameters;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(ai_status);
}

#[derive(Serialize, ToSchema)]
struct AiStatus {
    ai_service_available: bool,
    #[schema(required)]
    model: Option<String>,
    /// Why the service is not available.
    #[schema(required)]
    reason: Option<&'static str>,
}

/// Whether a language model is configured and answers
#[utoipa::path(tag = "AI", responses((status = 200, description = "The state of the AI service", body = AiStatus)))]
#[get("/ai/status")]
async fn ai_status(_: NoParameters) -> HttpResponse {
    HttpResponse::Ok().json(AiStatus {
        ai_service_available: false,
        model: None,
        reason: Some("no model is configured"),
    })
}
