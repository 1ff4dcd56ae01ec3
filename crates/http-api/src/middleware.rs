//! What happens around every request, from the outside in: observing it, then deciding whether it may go on.

mod gate;
mod headers;
mod observe;

pub(crate) use gate::gate;
pub(crate) use observe::observe;

use crate::context::RequestContext;

/// The route of requests that no route matched.
const UNMATCHED: &str = "unmatched";

/// A probe must get its answer whatever else is wrong with the request.
fn is_probe(path: &str) -> bool {
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
