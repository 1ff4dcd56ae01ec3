//! What no route answers: an unknown path, or a known one with another method.

use actix_web::dev::ResourceDef;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::OpenApi;

use crate::error::{ApiError, ErrorCode};

/// Every path with its methods, for `Allow`. Taken from the OpenAPI document, which is made of the routes themselves.
pub(crate) struct Routes(Vec<(ResourceDef, String)>);

impl Routes {
    pub(crate) fn of(document: &OpenApi) -> Self {
        let routes = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                (item.get.is_some(), "GET, HEAD"),
                (item.post.is_some(), "POST"),
                (item.put.is_some(), "PUT"),
                (item.patch.is_some(), "PATCH"),
                (item.delete.is_some(), "DELETE"),
            ];
            let allow: Vec<&str> = methods
                .iter()
                .filter_map(|(present, name)| present.then_some(*name))
                .collect();
            (ResourceDef::new(path.as_str()), allow.join(", "))
        });
        // Fixed paths first: a template would match some of them.
        let mut routes: Vec<_> = routes.collect();
        routes.sort_by_key(|(path, _)| path.pattern().is_some_and(|pattern| pattern.contains('{')));
        Self(routes)
    }

    /// The template that a path matches.
    pub(crate) fn template(&self, path: &str) -> Option<&str> {
        let mut routes = self.0.iter();
        let (route, _) = routes.find(|(route, _)| route.is_match(path))?;
        route.pattern()
    }

    fn allow(&self, path: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(route, _)| route.is_match(path))
            .map(|(_, allow)| allow.as_str())
    }
}

pub(crate) async fn fallback(
    request: HttpRequest,
    routes: web::Data<Routes>,
) -> Result<HttpResponse, ApiError> {
    let Some(allow) = routes.allow(request.path()) else {
        return Err(ApiError::new(ErrorCode::NotFound));
    };
    let error =
        ApiError::new(ErrorCode::MethodNotAllowed).detail(format!("This path knows {allow}."));
    Err(match HeaderValue::from_str(allow) {
        Ok(value) => error.header(ALLOW, value),
        Err(_) => error,
    })
}
