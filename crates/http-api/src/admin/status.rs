//! `/status` on the private listener: the service at a glance, for a person with nothing but a browser.
//!
//! Plain HTML with what it needs inside, so that it works while everything else is down.

mod chart;
mod facts;
mod page;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpResponse, web};

use crate::state::ApiState;

pub(super) async fn status(state: web::Data<ApiState>) -> HttpResponse {
    let facts = facts::of(&state).await;
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .body(page::rendered(&facts))
}
