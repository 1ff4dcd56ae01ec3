//! What every client of a configured service begins with.

use reqwest::{Client, ClientBuilder, redirect};
use rustls::ClientConfig;

/// A client that goes straight to the service that was configured: it follows no redirect, asks no proxy of the environment and
/// names no referrer, since each would show what it sends to somebody else. Its timeouts are left to whoever knows the service.
pub fn client_builder(tls: ClientConfig) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("scholarship-api/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
}
