//! The outermost layer: gives the request its identity, logs and counts it, and completes the answer's headers.

use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::uri::Authority;
use actix_web::http::{ConnectionType, Method, StatusCode, Version};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use app::limits::CallerClass;
use telemetry::{Incoming, RequestTraces, ServerSpan};
use tracing::Instrument;

use super::headers::{self, Circumstances};
use super::{UNMATCHED, route_of};
use crate::admission::{BusyBody, RATE_LIMIT, RATE_LIMIT_POLICY, Registered};
use crate::application::EXPOSED;
use crate::context::{RequestContext, trace_parent, trace_state};
use crate::error::{ApiError, ErrorCode, PROBLEM_JSON, code_of, render};
use crate::fallback::Routes;
use crate::state::ApiState;

pub(crate) async fn observe<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BusyBody<EitherBody<B>>>, Error> {
    let busy = request.request().conn_data().and_then(Registered::busy);
    let start = Instant::now();
    let state = request.app_data::<web::Data<ApiState>>().cloned();
    let traced = server_span(state.as_ref(), &request);
    let context = RequestContext::within(&traced, request.headers());
    let circumstances = Circumstances {
        context: context.clone(),
        documentation: request.path().starts_with("/docs"),
        authenticated: request.headers().contains_key(header::AUTHORIZATION),
    };
    // As an error, so that what is logged of a request names it also where errors alone are logged.
    let span = tracing::error_span!(
        "request",
        request_id = context.request_id,
        trace_id = context.trace_id,
        span_id = context.span_id,
    );
    request.extensions_mut().insert(context);
    let mut asked = Asked {
        method: request.method().clone(),
        path: request.path().to_owned(),
        state,
        routes: request.app_data::<web::Data<Routes>>().cloned(),
        origin: request.headers().get(header::ORIGIN).cloned(),
        traced,
        start,
    };
    // Whatever answers GET answers HEAD: the server leaves out the body.
    if asked.method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let answering = asked.traced.around(next.call(request));
    async move {
        match answering.await {
            Ok(response) => {
                let mut response = completed(response, &asked, &circumstances);
                let status = response.status();
                headers::add(response.headers_mut(), status, &circumstances);
                if asked
                    .state
                    .as_ref()
                    .is_some_and(|state| state.is_draining())
                {
                    let head = response.response_mut().head_mut();
                    head.set_connection_type(ConnectionType::Close);
                }
                if matches!(
                    status,
                    StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS
                ) {
                    asked.open_to_its_origin(response.headers_mut());
                }
                asked.count_refusal(&response);
                let code = response.response().extensions().get().copied();
                let kept_trace = circumstances.context.kept_trace(status.is_server_error());
                asked.finish(&route_of(response.request()), status, code, kept_trace);
                Ok(response.map_body(|_, body| BusyBody::new(body, busy)))
            }
            Err(error) => Err(asked.failed(&error, &circumstances)),
        }
    }
    .instrument(span)
    .await
}

fn server_span(state: Option<&web::Data<ApiState>>, request: &ServiceRequest) -> ServerSpan {
    let off = RequestTraces::default();
    let traces = state.map_or(&off, |state| &state.traces);
    traces.begin(|| {
        let (head, headers) = (request.head(), request.headers());
        let authority = head.uri.authority().map(Authority::as_str);
        let is_second = head.version == Version::HTTP_2;
        Incoming {
            method: head.method.as_str(),
            scheme: head.uri.scheme_str().unwrap_or("http"),
            host: authority.or_else(|| headers.get(header::HOST)?.to_str().ok()),
            version: if is_second { "2" } else { "1.1" },
            parent: trace_parent(headers),
            trace_state: trace_state(headers),
        }
    })
}

/// Turns refusals that were not made by this crate into problems.
fn completed<B: MessageBody>(
    response: ServiceResponse<B>,
    asked: &Asked,
    circumstances: &Circumstances,
) -> ServiceResponse<EitherBody<B>> {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == PROBLEM_JSON || kind == "application/json");
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response.map_into_left_body();
    }
    let (request, response) = response.into_parts();
    let mut problem = render(
        response.error(),
        status,
        &asked.path,
        &circumstances.context.trace_id,
    );
    for name in [&RATE_LIMIT, &RATE_LIMIT_POLICY, &header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(name) {
            problem.headers_mut().insert(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, problem).map_into_right_body()
}

/// What is known of the request when its answer is there.
struct Asked {
    method: Method,
    path: String,
    state: Option<web::Data<ApiState>>,
    routes: Option<web::Data<Routes>>,
    origin: Option<HeaderValue>,
    traced: ServerSpan,
    start: Instant,
}

impl Asked {
    /// Counts and logs. Paths and queries stay out of the logs: they may hold what students typed about themselves.
    fn finish(
        &mut self,
        route: &str,
        status: StatusCode,
        code: Option<ErrorCode>,
        kept_trace: Option<&str>,
    ) {
        let took = self.start.elapsed();
        if let Some(state) = &self.state {
            let (method, status_code) = (self.method.as_str(), status.as_u16());
            let metrics = &state.metrics;
            metrics.http_request_finished(method, route, status_code, took, kept_trace);
            if status.is_server_error() {
                let code = code.unwrap_or_else(|| code_of(status));
                state.application.tasks.error_occurred(code.as_str());
            }
        }
        self.end_span(route, status, code);
        tracing::info!(
            target: "http_api::access",
            method = self.method.as_str(),
            route,
            status = status.as_u16(),
            duration_ms = took.as_secs_f64() * 1000.0,
            "request"
        );
    }

    fn count_refusal<B>(&self, response: &ServiceResponse<B>) {
        let Some(state) = &self.state else {
            return;
        };
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let extensions = response.request().extensions();
            if let Some(class) = extensions.get::<CallerClass>() {
                state.metrics.request_limited(class.name());
            }
        }
        let code = response.response().extensions().get::<ErrorCode>().copied();
        if let Some(code) = code.filter(|code| code.is_about_rights()) {
            state.metrics.request_unauthorized(code.as_str());
        }
    }

    fn end_span(&mut self, route: &str, status: StatusCode, code: Option<ErrorCode>) {
        let code = code.unwrap_or_else(|| code_of(status));
        let code = status.is_server_error().then_some(code);
        let route = (route != UNMATCHED).then_some(route);
        let code = code.map(ErrorCode::as_str);
        self.traced.answered(route, status.as_u16(), code);
    }

    /// An error that came without an answer, since the request was given up on: a timeout or a panic.
    fn failed(&mut self, error: &Error, circumstances: &Circumstances) -> Error {
        let status = error.as_response_error().status_code();
        let trace_id = &circumstances.context.trace_id;
        let mut problem = render(Some(error), status, &self.path, trace_id);
        headers::add(problem.headers_mut(), status, circumstances);
        self.open_to_its_origin(problem.headers_mut());
        let routes = self.routes.as_ref();
        let route = routes.and_then(|routes| routes.template(&self.path));
        let route = route.unwrap_or(UNMATCHED).to_owned();
        let kept_trace = circumstances.context.kept_trace(status.is_server_error());
        let code = error.as_error::<ApiError>().map(ApiError::code);
        self.finish(&route, status, code, kept_trace);
        Rendered::of(problem).into()
    }

    /// The layer for CORS cannot do its part for an answer that it does not see.
    fn open_to_its_origin(&self, headers: &mut header::HeaderMap) {
        if let Some(allowed) = self.allowed_origin() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            let names = EXPOSED.each_ref().map(HeaderName::as_str).join(", ");
            if let Ok(names) = HeaderValue::from_str(&names) {
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
            }
        }
    }

    fn allowed_origin(&self) -> Option<HeaderValue> {
        let origin = self.origin.as_ref()?;
        let origins = &self.state.as_ref()?.settings.cors_origins;
        if origins.is_empty() {
            return Some(HeaderValue::from_static("*"));
        }
        let known = origins
            .iter()
            .any(|known| known.as_bytes() == origin.as_bytes());
        known.then(|| origin.clone())
    }
}

/// A complete answer on its way as an error.
#[derive(Debug, thiserror::Error)]
#[error("answered with {status}")]
struct Rendered {
    status: StatusCode,
    headers: header::HeaderMap,
    body: web::Bytes,
}

impl Rendered {
    fn of(response: HttpResponse<BoxBody>) -> Self {
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.into_body().try_into_bytes().unwrap_or_default();
        Self {
            status,
            headers,
            body,
        }
    }
}

impl ResponseError for Rendered {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::with_body(self.status, BoxBody::new(self.body.clone()));
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}
