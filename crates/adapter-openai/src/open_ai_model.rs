//! The port, over HTTP.

use std::fmt;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use outgoing_http::{client_builder, retry_after, send, tls_configuration};
use ports::{Completion, LanguageModel, ModelError, Prompt};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use crate::answer::{completion_of, malformed};
use crate::endpoint::completions_url;
use crate::refusal::error_of;
use crate::request::Request;
use crate::{AnswerError, OpenAiSettings, OpenError, TokenLimit};

/// The most that is read of a completion.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The most that is read of an error.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// How long an error's body is waited for once its status is known.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);

/// Services close what is idle for a minute or more: ours ends first, so that no question meets a closing connection.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(45);

/// A model of one service. Connections are kept and shared.
pub struct OpenAiModel {
    client: Client,
    completions: Url,
    api_key: SecretString,
    model: String,
    token_limit: TokenLimit,
}

impl OpenAiModel {
    /// Opens no connection.
    ///
    /// # Errors
    /// [`OpenError`] says which of the settings can never work.
    pub fn new(settings: OpenAiSettings) -> Result<Self, OpenError> {
        let completions = completions_url(&settings.base_url)?;
        let client = client_builder(tls_configuration(completions.scheme() == "https")?)
            .default_headers(headers(&settings.api_key)?)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build()
            .map_err(OpenError::Client)?;
        Ok(Self {
            client,
            completions,
            api_key: settings.api_key,
            model: settings.model,
            token_limit: settings.token_limit,
        })
    }

    async fn ask(&self, request: &Request<'_>) -> Result<Completion, ModelError> {
        let begun = Instant::now();
        let request = self.client.post(self.completions.clone()).json(request);
        let response = send(&self.client, request, "openai")
            .await
            .map_err(failed)?;
        let status = response.status();
        let answer = self.read(response).await;
        let milliseconds = begun.elapsed().as_millis();
        tracing::debug!(status = status.as_u16(), milliseconds, "the model answered");
        answer
    }

    async fn read(&self, response: Response) -> Result<Completion, ModelError> {
        let status = response.status();
        if status.is_success() {
            return completion_of(&body_of(response).await?);
        }
        let wait = retry_after(response.headers());
        let body = timeout(REFUSAL_PATIENCE, beginning_of(response)).await;
        let key = self.api_key.expose_secret();
        Err(error_of(
            status.as_u16(),
            &body.unwrap_or_default(),
            wait,
            key,
        ))
    }
}

#[async_trait]
impl LanguageModel for OpenAiModel {
    async fn complete(&self, prompt: &Prompt, within: Duration) -> Result<Completion, ModelError> {
        let request = Request::new(&self.model, self.token_limit, prompt)?;
        let answered = timeout(within, self.ask(&request)).await;
        answered.unwrap_or(Err(ModelError::TimedOut(within)))
    }
}

impl fmt::Debug for OpenAiModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenAiModel")
            .field("completions", &self.completions.as_str())
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

fn headers(key: &SecretString) -> Result<HeaderMap, OpenError> {
    let key = key.expose_secret();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(OpenError::Key);
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| OpenError::Key)?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// All of it.
///
/// # Errors
/// [`ModelError::Malformed`] when it is longer than [`LONGEST_ANSWER`], [`ModelError::BrokenOff`] when it does.
async fn body_of(mut response: Response) -> Result<Vec<u8>, ModelError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            let limit = LONGEST_ANSWER;
            return Err(malformed(AnswerError::TooLong { limit }));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Nothing when it is longer than [`LONGEST_REFUSAL`]; what there is when it breaks off. The status already tells what matters.
async fn beginning_of(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_REFUSAL {
            return Vec::new();
        }
    }
    body
}

/// Whether the question was sent decides about what it may have cost.
fn failed(error: reqwest::Error) -> ModelError {
    let was_asked = !error.is_connect();
    let error = Box::new(error.without_url());
    if was_asked {
        ModelError::BrokenOff(error)
    } else {
        ModelError::Unreachable(error)
    }
}
