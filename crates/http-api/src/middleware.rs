//! What happens around every request, from the outside in: observing it, then, behind `admission`, deciding whether it may go
//! on.

mod gate;
mod headers;
mod observe;

pub(crate) use gate::gate;
pub(crate) use observe::observe;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};

use crate::context::RequestContext;
use crate::error::{ApiError, render};

/// The route of requests that no route matched.
const UNMATCHED: &str = "unmatched";

/// A probe must get its answer whatever else is wrong with the request.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// The route's template, or a constant: metrics must not have a label per path.
fn route_of(request: &actix_web::HttpRequest) -> String {
    request
        .match_pattern()
        .unwrap_or_else(|| UNMATCHED.to_owned())
}

fn context_of(request: &actix_web::HttpRequest) -> RequestContext {
    use actix_web::HttpMessage;
    request
        .extensions()
        .get::<RequestContext>()
        .cloned()
        .unwrap_or_else(|| RequestContext::of(request.headers()))
}

/// The problem in place of the answer, for a request that goes no further.
pub(crate) fn refused(request: ServiceRequest, refusal: ApiError) -> ServiceResponse<BoxBody> {
    let context = context_of(request.request());
    let error = actix_web::Error::from(refusal);
    let status = error.as_response_error().status_code();
    let problem = render(Some(&error), status, request.path(), &context.trace_id);
    request.into_response(problem)
}
