//! The collector: OTLP as protobuf over HTTP, with the client and the TLS that all calls of this program use.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use outgoing_http::{below, client_builder, tls_configuration};
use reqwest::Client;

use super::{TraceError, TraceSettings};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The most that is read of an answer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Collectors close what is idle for a minute or more: ours ends first.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Taken,
    /// Refused, or nobody was there.
    Failed,
    TooLate,
}

impl Sent {
    /// As the label of a metric.
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Taken => "success",
            Self::Failed => "failure",
            Self::TooLate => "timeout",
        }
    }
}

#[derive(Debug)]
pub(super) struct Collector(SpanExporter);

impl Collector {
    /// Opens no connection.
    pub(super) fn new(settings: &TraceSettings, version: &str) -> Result<Self, TraceError> {
        let tls = tls_configuration(settings.endpoint.scheme() == "https")?;
        let client = client_builder(tls)
            .default_headers(settings.headers.map())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build()
            .map_err(TraceError::Client)?;
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(BoundedClient(client))
            .with_endpoint(below(settings.endpoint.clone(), ["v1", "traces"]))
            .with_timeout(settings.timeout)
            .build()?;
        exporter.set_resource(&resource(settings, version));
        Ok(Self(exporter))
    }

    /// Tries again for a moment where the collector says that this may help.
    pub(super) async fn send(&self, batch: Vec<SpanData>) -> Sent {
        match self.0.export(batch).await {
            Ok(()) => Sent::Taken,
            Err(error) => {
                tracing::debug!(%error, "traces could not be sent");
                Sent::Failed
            }
        }
    }
}

/// Who we are: with what `OTEL_RESOURCE_ATTRIBUTES` says, such as the pod's name.
fn resource(settings: &TraceSettings, version: &str) -> Resource {
    Resource::builder()
        .with_service_name(settings.service_name.clone())
        .with_attributes([
            KeyValue::new("service.version", version.to_owned()),
            KeyValue::new("deployment.environment.name", settings.environment.clone()),
        ])
        .build()
}

/// Reads no more of an answer than is useful.
#[derive(Debug)]
struct BoundedClient(Client);

#[async_trait]
impl HttpClient for BoundedClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let sending = self
            .0
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body);
        let mut answer = sending.send().await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body.into())?)
    }
}
