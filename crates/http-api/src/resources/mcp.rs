//! The tools for language models over HTTP (Model Context Protocol, Streamable HTTP).

use actix_web::{HttpMessage, HttpRequest, HttpResponse, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::Body;
use crate::caller::Anyone;
use crate::context::RequestContext;
use crate::error::{ApiError, Problem};
use crate::mcp::exchange;
use crate::parameters::NoParameters;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(mcp);
}

/// Use tools, as a language model
///
/// The Model Context Protocol over Streamable HTTP, without sessions: each request carries one JSON-RPC message, and its answer
/// is JSON.
#[utoipa::path(
    tag = "AI",
    params(
        ("MCP-Protocol-Version" = Option<String>, Header, description = "The revision that initialize agreed on"),
    ),
    request_body(content = Object, example = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search_scholarships", "arguments": {"query": "engineering", "limit": 2}}})),
    responses(
        (status = 200, description = "The answer, which may be a JSON-RPC error", body = Object, content_type = "application/json"),
        (status = 202, description = "A notification was taken"),
        (status = 400, description = "The message cannot be understood", content((Object = "application/json"), (Problem = "application/problem+json"))),
        (status = 404, description = "There is no such method", body = Object, content_type = "application/json"),
    )
)]
#[post("/mcp")]
async fn mcp(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
    _: NoParameters,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let context = request.extensions().get::<RequestContext>().cloned();
    let context = context.unwrap_or_else(|| RequestContext::of(request.headers()));
    exchange(&request, &state, caller, context, body.bytes).await
}
