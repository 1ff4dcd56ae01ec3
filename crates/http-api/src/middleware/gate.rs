//! The innermost layer: refuses what may not go on, bounds what does, and renders errors as problems.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use telemetry::Violation;

use super::{Template, context_of, declared_route, is_probe, refused};
use crate::error::{ApiError, ErrorCode, render};
use crate::panics::without_panic;
use crate::policy::Policy;
use crate::query::is_well_formed;
use crate::settings::ApiSettings;
use crate::state::ApiState;

pub(crate) async fn gate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(state) = request.app_data::<web::Data<ApiState>>().cloned() else {
        return Err(ApiError::new(ErrorCode::InternalError).into());
    };
    if let Err(refusal) = check(&request, &state) {
        return Ok(refused(request, refusal).map_into_right_body());
    }
    if let Some(disturbance) = state.disturbance()
        && !is_probe(request.path())
        && disturbance.fails().await
    {
        let failure = ApiError::new(ErrorCode::InternalError);
        return Ok(refused(request, failure).map_into_right_body());
    }
    let answer = without_panic(next.call(request));
    let answer = tokio::time::timeout(state.settings.request_timeout, answer)
        .await
        .map_err(|_| ApiError::new(ErrorCode::Timeout))??;
    let answer = answer?;
    watch_policy(&answer, &state);
    Ok(rendered(answer))
}

/// Tests hold all routes against the policies. Should one get past them, everybody may use it until somebody hears of it.
fn watch_policy<B>(response: &ServiceResponse<B>, state: &ApiState) {
    let request = response.request();
    let Some(route) = declared_route(request) else {
        return;
    };
    let error = response.response().error();
    let code = error.and_then(|error| Some(error.as_error::<ApiError>()?.code()));
    // Nobody's handler, whatever path it is.
    let is_fallback = matches!(
        code,
        Some(ErrorCode::NotFound | ErrorCode::MethodNotAllowed)
    );
    if !is_fallback && !Policy::is_declared(request.method().as_str(), &route) {
        state
            .metrics
            .policy_violated(Violation::RouteWithoutPolicy, 1);
        tracing::error!(
            event = "route_without_policy",
            method = request.method().as_str(),
            route,
            "a request was answered on a route for which no policy says who may use it"
        );
    }
    request.extensions_mut().insert(Template(route));
}

/// Problems in place of errors, while the answer's other headers stay.
fn rendered<B: MessageBody>(response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    if response.response().error().is_none() {
        return response.map_into_left_body();
    }
    let (request, response) = response.into_parts();
    let context = context_of(&request);
    let problem = render(
        response.error(),
        response.status(),
        request.path(),
        &context.trace_id,
    );
    ServiceResponse::new(request, problem).map_into_right_body()
}

/// Everything that holds for all routes.
fn check(request: &ServiceRequest, state: &ApiState) -> Result<(), ApiError> {
    let path = request.path();
    if is_probe(path) {
        return Ok(());
    }
    let uri = request.uri();
    let length = uri.path_and_query().map_or(0, |text| text.as_str().len());
    if length > ApiSettings::MAX_URL {
        return Err(ApiError::new(ErrorCode::UrlTooLong));
    }
    if !is_well_formed(uri.path()) || !uri.query().is_none_or(is_well_formed) {
        return Err(ApiError::new(ErrorCode::MalformedUrl));
    }
    if !is_short(request.headers()) {
        return Err(ApiError::new(ErrorCode::HeadersTooLarge));
    }
    if !is_served_here(request, &state.settings.allowed_hosts) {
        return Err(ApiError::new(ErrorCode::MisdirectedRequest));
    }
    if path.starts_with("/api/") && !state.application.follower.is_loaded() {
        return Err(ApiError::new(ErrorCode::NotReady));
    }
    Ok(())
}

fn is_short(headers: &HeaderMap) -> bool {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    headers.len() <= ApiSettings::MAX_HEADERS && bytes <= ApiSettings::MAX_HEADER_BYTES
}

fn is_served_here(request: &ServiceRequest, allowed: &[String]) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let host = request
        .uri()
        .authority()
        .map(actix_web::http::uri::Authority::as_str)
        .or_else(|| request.headers().get(header::HOST)?.to_str().ok())
        .unwrap_or("");
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    allowed
        .iter()
        .any(|known| known.eq_ignore_ascii_case(host) || known.eq_ignore_ascii_case(name))
}
