//! The public and private listeners as callers meet them: real use cases and index behind a real server, over fake stores.
//! Every answer is also held against the OpenAPI document.

mod admin;
mod agent_tasks;
mod api;
mod auditing;
mod bad_bodies;
mod bad_requests;
mod browsers;
mod catalogue;
mod client;
mod conformance;
mod connections;
mod description;
mod faults;
mod hostile_tokens;
mod importing;
mod interactions;
mod limits;
mod logs;
mod matching;
mod mcp;
mod metrics;
mod operations;
mod policies;
mod revocations;
mod searching;
mod tokens;
