//! The private listener's application: metrics, a page for people, whether the process lives, and the level of its log.

mod status;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{App, Error, HttpResponse, web};
use serde::Serialize;
use telemetry::{LogLevel, METRICS_CONTENT_TYPE, check_level};

use crate::resources::operations::alive;
use crate::state::ApiState;

/// A level is a line; more than this is none.
const LONGEST_LEVEL: usize = 4_096;

/// Everything that the private listener serves. It has no access control of its own and belongs on a private address.
///
/// `log_level` is of the process's log, where it has one that can be changed.
pub fn admin_application(
    state: ApiState,
    log_level: Option<LogLevel>,
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
        .configure(|routes| {
            if let Some(level) = log_level {
                let resource = web::resource("/log-level")
                    .app_data(web::Data::new(level))
                    .app_data(web::PayloadConfig::new(LONGEST_LEVEL))
                    .get(shown_level)
                    .put(changed_level);
                routes.service(resource);
            }
        })
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

#[derive(Serialize)]
struct ShownLevel<'a> {
    level: &'a str,
    /// What it is again after a restart.
    configured: &'a str,
}

#[derive(Serialize)]
struct RefusedLevel {
    error: String,
}

async fn shown_level(level: web::Data<LogLevel>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(ShownLevel {
            level: &level.current(),
            configured: level.configured(),
        })
}

/// The body is the level alone, as plain text.
async fn changed_level(level: web::Data<LogLevel>, body: String) -> HttpResponse {
    let wanted = body.trim();
    let before = level.current();
    if check_level(wanted).is_ok() {
        // Before and after: at one of both levels, at least, whoever reads the log sees why it is fuller or emptier.
        tracing::warn!(before, after = wanted, "the log level will be changed");
    }
    match level.change(wanted) {
        Ok(()) => {
            tracing::warn!(before, after = wanted, "the log level was changed");
            shown_level(level).await
        }
        Err(error) => HttpResponse::UnprocessableEntity().json(RefusedLevel {
            error: reason(&error),
        }),
    }
}

/// With its causes: the first says which text, the last what is wrong with it.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
