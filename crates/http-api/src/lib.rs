//! The actix-web shell: routes, extractors, middleware, errors and OpenAPI.
//!
//! [`application`] is the public listener, [`admin_application`] the private one. Handlers extract, call one use case and
//! map its outcome; `error` is the only place that knows statuses.

mod admin;
mod admission;
mod answer;
mod application;
mod audit;
mod body;
mod caller;
mod conditional;
mod context;
mod disturbance;
mod error;
mod fallback;
mod heavy;
mod idempotency;
mod mcp;
mod middleware;
mod openapi;
mod panics;
mod parameters;
mod policy;
mod query;
mod resources;
mod settings;
mod state;

pub use admin::admin_application;
pub use admission::{Connections, ForwardedHeader, TrustedProxies};
pub use application::application;
pub use disturbance::Disturbance;
pub use error::ErrorCode;
pub use mcp::serve_mcp;
pub use openapi::openapi;
pub use policy::{POLICIES, Policy, routes};
pub use resources::agent::AgentActions;
pub use settings::ApiSettings;
pub use state::ApiState;
