//! What happens around every request, from the outside in: observing it, then, behind `admission`, deciding whether it may go
//! on.

mod gate;
mod headers;
mod observe;

pub(crate) use gate::gate;
pub(crate) use observe::observe;

use actix_web::HttpMessage as _;
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
    if let Some(Template(route)) = request.extensions_mut().remove() {
        return route;
    }
    declared_route(request).unwrap_or_else(|| UNMATCHED.to_owned())
}

/// The route of a request that got as far as its handler, so that it is worked out once.
pub(crate) struct Template(pub(crate) String);

/// The template as the description has it: without what a parameter must look like.
fn declared_route(request: &actix_web::HttpRequest) -> Option<String> {
    let mut pattern = request.match_pattern()?;
    if pattern.contains(':') {
        pattern = without_expressions(&pattern);
    }
    Some(pattern)
}

/// `/a/{id:[0-9]{2}}` as `/a/{id}`.
fn without_expressions(pattern: &str) -> String {
    let (mut depth, mut is_name) = (0, true);
    let kept = pattern.chars().filter(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ':' if depth == 1 => is_name = false,
            _ => {}
        }
        let is_end = *character == '}' && depth == 0;
        is_name |= depth == 0;
        is_name || is_end
    });
    kept.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_does_not_say_what_its_parameters_look_like() {
        for (pattern, template) in [
            ("/docs/{file:.*}", "/docs/{file}"),
            ("/a/{id:[0-9]{1,3}}/b/{c}", "/a/{id}/b/{c}"),
            ("/a/{id}/b:c", "/a/{id}/b:c"),
        ] {
            assert_eq!(without_expressions(pattern), template);
        }
    }
}
