//! Between the listener's requests and the library that speaks the protocol: stateless, so that any replica answers any
//! request, and with plain JSON answers.

use std::sync::Arc;

use actix_web::body::BodyStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ORIGIN};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use rmcp::model::JsonRpcError;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::ToolServer;
use super::message::read_message;
use crate::answer::{json, personal_json};
use crate::caller::Anyone;
use crate::context::RequestContext;
use crate::error::{ApiError, ErrorCode, code_of};
use crate::state::ApiState;

/// Answers one message.
///
/// # Errors
/// Refusals of the request as a whole; what is wrong with the message itself is an answer.
pub(crate) async fn exchange(
    request: &HttpRequest,
    state: &ApiState,
    caller: Anyone,
    context: RequestContext,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    check_origin(request, &state.settings.cors_origins)?;
    if let Err(refusal) = read_message(&body) {
        return Ok(refused(&refusal));
    }
    let server = ToolServer {
        state: state.clone(),
        caller,
        trace_id: Some(context.trace_id),
    };
    // The gate has decided on the host already, and the body is here.
    let settings = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(state.settings.max_body);
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        settings,
    );
    let answer = service.handle(translated(request, body)?).await;
    answered(answer).await
}

/// Pages of foreign origins may not ask (MCP 2025-11-25, Transports, Security Warning), where origins are configured.
fn check_origin(request: &HttpRequest, allowed: &[String]) -> Result<(), ApiError> {
    let mut origins = request.headers().get_all(ORIGIN);
    let is_allowed = origins.all(|origin| {
        let mut allowed = allowed.iter();
        allowed.any(|known| known.as_bytes() == origin.as_bytes())
    });
    if allowed.is_empty() || is_allowed {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::OriginNotAllowed))
    }
}

fn refused(refusal: &JsonRpcError) -> HttpResponse {
    let mut response = personal_json(json(refusal));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn translated(request: &HttpRequest, body: Bytes) -> Result<http::Request<Full<Bytes>>, ApiError> {
    // Answers are JSON whatever is accepted, and the library insists on clients that accept streams as well.
    let accepted = "application/json, text/event-stream";
    let mut translated = http::Request::post(super::PATH).header(ACCEPT.as_str(), accepted);
    let headers = request.headers().iter();
    for (name, value) in headers.filter(|(name, _)| **name != ACCEPT) {
        translated = translated.header(name.as_str(), value.as_bytes());
    }
    let translated = translated.body(Full::new(body));
    translated.map_err(|_| ApiError::new(ErrorCode::BadRequest))
}

type Answer = http::Response<http_body_util::combinators::BoxBody<Bytes, std::convert::Infallible>>;

/// The library refuses requests in plain text; its messages go on as they come.
async fn answered(answer: Answer) -> Result<HttpResponse, ApiError> {
    let (parts, body) = answer.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16());
    let status = status.map_err(|_| ApiError::new(ErrorCode::InternalError))?;
    let content_type = parts.headers.get(http::header::CONTENT_TYPE);
    if content_type.is_none() && (status.is_client_error() || status.is_server_error()) {
        let text = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        let text = text.unwrap_or_default();
        let detail = String::from_utf8_lossy(&text).into_owned();
        if status.is_server_error() {
            tracing::error!(detail, "a message could not be answered");
        }
        return Err(ApiError::new(code_of(status)).detail(detail));
    }
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    if let Some(kind) = content_type {
        response.insert_header((CONTENT_TYPE, kind.as_bytes()));
    }
    Ok(response.body(BodyStream::new(body.into_data_stream())))
}
