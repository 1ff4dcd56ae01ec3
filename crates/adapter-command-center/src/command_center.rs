//! The port, over HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use outgoing_http::{client_builder, retry_after, send, tls_configuration};
use ports::{
    AgentEvent, Clock, CommandCenter, CommandCenterError, Delivery, Heartbeat, Registration,
};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url};
use serde::Serialize;
use tokio::time::timeout;

use crate::message::{EventsMessage, HeartbeatMessage, Notice, RegistrationMessage, key_of_events};
use crate::origin::{Origins, base_of};
use crate::refusal::meaning_of;
use crate::signer::{Signer, bearer};
use crate::{CommandCenterSettings, OpenError, trace};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most that is read of an answer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// How long an answer's body is read for, once its status is known.
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);

/// Servers close what is idle for a minute or more: ours ends first, so that no notice meets a closing connection.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// One Command Center, and the other places that notices may go to. Connections are kept and shared.
pub struct HttpCommandCenter {
    client: Client,
    base: Url,
    origins: Origins,
    signer: Signer,
}

impl HttpCommandCenter {
    /// Opens no connection.
    ///
    /// # Errors
    /// [`OpenError`] says which of the settings can never work.
    pub fn new(settings: &CommandCenterSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let base = base_of(&settings.base_url)?;
        let origins = Origins::new(&base, &settings.allowed_origins)?;
        let client = client_builder(tls_configuration(origins.any_encrypts())?)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build()
            .map_err(OpenError::Client)?;
        Ok(Self {
            client,
            base,
            origins,
            signer: Signer::new(settings, clock).map_err(OpenError::AgentId)?,
        })
    }

    /// Posts to a path behind the base URL.
    async fn tell(
        &self,
        what: &str,
        headers: HeaderMap,
        message: &impl Serialize,
    ) -> Result<(), CommandCenterError> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["orchestrator", what]);
        }
        self.post(url, headers, body_of(message)?).await
    }

    async fn post(
        &self,
        url: Url,
        mut headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<(), CommandCenterError> {
        let token = self.signer.token(&body).map_err(unsaid)?;
        headers.insert(AUTHORIZATION, bearer(&token));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let begun = Instant::now();
        let request = self.client.post(url).headers(headers).body(body);
        let sent = send(&self.client, request, "command_center").await;
        let response = sent.map_err(failed)?;
        let status = response.status().as_u16();
        let wait = retry_after(response.headers());
        // The connection can be kept when there is no more to read. The status has said what matters.
        let _ = timeout(ANSWER_PATIENCE, read_out(response)).await;
        let milliseconds = begun.elapsed().as_millis();
        tracing::debug!(status, milliseconds, "the Command Center answered");
        meaning_of(status, wait)
    }
}

#[async_trait]
impl CommandCenter for HttpCommandCenter {
    fn accepts(&self, reply_to: &str) -> bool {
        self.origins.accepted(reply_to).is_some()
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), CommandCenterError> {
        // Checked when the task came, perhaps by a program with other settings.
        let url = self.origins.accepted(delivery.reply_to.as_str());
        let url = url.ok_or(CommandCenterError::NotAllowed)?;
        let trace_id = delivery.trace_id.as_ref();
        let mut headers = trace_id.map_or_else(HeaderMap::new, |id| trace::headers_of(id.as_str()));
        insert_key(&mut headers, &delivery.key.to_string());
        self.post(url, headers, body_of(&Notice::of(delivery))?)
            .await
    }

    async fn register(&self, registration: &Registration) -> Result<(), CommandCenterError> {
        let message = RegistrationMessage::of(registration);
        self.tell("register", HeaderMap::new(), &message).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), CommandCenterError> {
        let message = HeartbeatMessage::of(heartbeat);
        self.tell("heartbeat", HeaderMap::new(), &message).await
    }

    async fn send_events(&self, events: &[AgentEvent]) -> Result<(), CommandCenterError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut headers = HeaderMap::new();
        insert_key(&mut headers, &key_of_events(events));
        self.tell("events", headers, &EventsMessage::of(events))
            .await
    }
}

impl fmt::Debug for HttpCommandCenter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpCommandCenter")
            .field("base", &self.base.as_str())
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

fn body_of(message: &impl Serialize) -> Result<Vec<u8>, CommandCenterError> {
    serde_json::to_vec(message).map_err(unsaid)
}

/// Nothing was sent. It cannot happen: the settings have made a token, and every message is JSON.
fn unsaid(error: impl std::error::Error + Send + Sync + 'static) -> CommandCenterError {
    CommandCenterError::Unreachable(Box::new(error))
}

fn failed(error: reqwest::Error) -> CommandCenterError {
    // Who does not take a connection in time has not received anything.
    if error.is_timeout() && !error.is_connect() {
        CommandCenterError::TimedOut
    } else {
        CommandCenterError::Unreachable(Box::new(error.without_url()))
    }
}

/// Keys consist of letters, digits, `_`, `-` and `.`.
fn insert_key(headers: &mut HeaderMap, key: &str) {
    if let Ok(value) = HeaderValue::from_str(key) {
        headers.insert(IDEMPOTENCY_KEY, value);
    }
}

async fn read_out(mut response: Response) {
    let mut length = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        length += chunk.len();
        if length > LONGEST_ANSWER {
            return;
        }
    }
}
