//! The private listener's application: metrics, a page for people, and whether the process lives.

mod status;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{App, Error, HttpResponse, web};
use telemetry::METRICS_CONTENT_TYPE;

use crate::resources::operations::alive;
use crate::state::ApiState;

/// Everything that the private listener serves. It has no access control of its own and belongs on a private address.
pub fn admin_application(
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
    App::new()
        .app_data(web::Data::new(state))
        .route("/metrics", web::get().to(metrics))
        .route("/status", web::get().to(status::status))
        .service(alive)
}

async fn metrics(state: web::Data<ApiState>) -> HttpResponse {
    if !state.metrics.are_on() {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, METRICS_CONTENT_TYPE))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(state.metrics.encode())
}
