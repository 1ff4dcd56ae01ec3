//! What every operation has in common: the problems it may answer with, the token it may carry.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr, Response};

use crate::error::PROBLEM_JSON;
use crate::policy::Policy;

/// Problems of every operation.
const ALWAYS: &[(&str, &str)] = &[
    ("400", "The request cannot be understood"),
    ("401", "The token is missing or not accepted"),
    ("406", "No acceptable encoding"),
    ("414", "The URL is too long"),
    ("421", "This host is not served here"),
    ("422", "Some values are wrong"),
    ("429", "Too many requests"),
    ("431", "The headers are too large"),
    ("500", "Something went wrong here"),
    ("503", "The service cannot answer now"),
    ("504", "The answer took too long"),
];
const WITH_BODY: &[(&str, &str)] = &[
    ("413", "The body is too large"),
    ("415", "The body has another media type"),
];
const WITH_TOKEN: &[(&str, &str)] = &[("403", "The token does not allow this")];

/// Adds to a document collected from the routes what holds for all of them.
pub(crate) fn completed(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(operation, Policy::of(method, path));
        }
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("HS256, with the claims role and scope"))
        .build();
    document
        .components
        .get_or_insert_with(Components::new)
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", item.get.as_mut()),
        ("post", item.post.as_mut()),
        ("put", item.put.as_mut()),
        ("patch", item.patch.as_mut()),
        ("delete", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn complete(operation: &mut Operation, policy: Option<Policy>) {
    let is_probe = policy == Some(Policy::Probe);
    operation.security = policy.and_then(Policy::requirements);
    let mut problems = ALWAYS.to_vec();
    if operation.request_body.is_some() {
        problems.extend(WITH_BODY);
    }
    // A search for drafts needs a scope as well.
    if !is_probe {
        problems.extend(WITH_TOKEN);
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in problems {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| Response::new(description).into());
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
            && response.content.is_empty()
        {
            let problem = Content::new(Some(Ref::from_schema_name("Problem")));
            response
                .content
                .insert(PROBLEM_JSON.to_owned(), problem.into());
        }
    }
}
