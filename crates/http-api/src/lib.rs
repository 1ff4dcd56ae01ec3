//! The actix-web shell: routes, extractors, middleware, errors and OpenAPI.
