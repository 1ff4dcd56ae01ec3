//! A question to the model with everything around it: remembered answers, one call for all who ask the same, the checks of what
//! comes back, and the word of why there is none.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ports::{Cache, CacheError, Prompt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use super::answer::{Answered, FallbackReason, Source};
use super::events::AssistantEvents;
use super::model_calls::ModelCalls;
use crate::limits::Limits;
use domain::hexadecimal;

/// How long a caller waits, and how long an answer is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionSettings {
    pub deadline: Duration,
    pub remembered: Duration,
}

/// What an answer that came at the last moment has for its checks.
const GRACE: Duration = Duration::from_millis(250);

pub(crate) struct Questions {
    /// `None`: no model is configured.
    calls: Option<Arc<ModelCalls>>,
    cache: Arc<dyn Cache>,
    limits: Arc<Limits>,
    events: Arc<dyn AssistantEvents>,
    settings: QuestionSettings,
}

impl Questions {
    pub(crate) fn new(
        calls: Option<Arc<ModelCalls>>,
        cache: Arc<dyn Cache>,
        limits: Arc<Limits>,
        events: Arc<dyn AssistantEvents>,
        settings: QuestionSettings,
    ) -> Self {
        Self {
            calls,
            cache,
            limits,
            events,
            settings,
        }
    }

    pub(crate) fn calls(&self) -> Option<&Arc<ModelCalls>> {
        self.calls.as_ref()
    }

    /// The model's answer to `prompt`, as far as `check` accepts it, or that of `fallback`.
    pub(crate) async fn answer<T: Serialize + DeserializeOwned + Send>(
        &self,
        caller: &str,
        prompt: Result<Prompt, FallbackReason>,
        check: impl Fn(&str) -> Result<T, FallbackReason> + Send + Sync,
        fallback: impl FnOnce() -> T,
    ) -> Answered<T> {
        let asked = match prompt {
            Ok(prompt) => self.ask(caller, prompt, check).await,
            Err(reason) => Err(reason),
        };
        let answered = match asked {
            Ok(answered) => answered,
            Err(reason) => Answered {
                value: fallback(),
                source: Source::Fallback(reason),
            },
        };
        self.events.answered(answered.source);
        answered
    }

    async fn ask<T: Serialize + DeserializeOwned + Send>(
        &self,
        caller: &str,
        prompt: Prompt,
        check: impl Fn(&str) -> Result<T, FallbackReason> + Send + Sync,
    ) -> Result<Answered<T>, FallbackReason> {
        let calls = self.calls.as_ref().ok_or(FallbackReason::NotConfigured)?;
        let deadline = Instant::now() + self.settings.deadline;
        let key = key(calls.name(), &prompt);
        if let Ok(Ok(Some(bytes))) = timeout_at(deadline, self.cache.get(&key)).await
            && let Ok(value) = serde_json::from_slice(&bytes)
        {
            return Ok(Answered {
                value,
                source: Source::Cache,
            });
        }
        if let Some(refusal) = calls.refusal() {
            return Err(refusal);
        }
        // Each caller by itself: whoever is first may be limited, and others who ask the same are not.
        self.count(caller).await?;
        let is_new = AtomicBool::new(false);
        let compute = async {
            is_new.store(true, Ordering::Relaxed);
            let output = calls.ask(&key, prompt, deadline).await;
            let value = output.and_then(|output| check(&output));
            self.count_asked(&value);
            let value = value.map_err(boxed)?;
            serde_json::to_vec(&value).map_err(|_| boxed(FallbackReason::InvalidOutput))
        };
        let remembered =
            self.cache
                .get_or_compute(&key, self.settings.remembered, Box::pin(compute));
        // The question ends first; this is for a cache that hangs.
        let bytes = timeout_at(deadline + GRACE, remembered)
            .await
            .map_err(|_| FallbackReason::ModelTimeout)?
            .map_err(|error| reason_of(&error))?;
        let value = serde_json::from_slice(&bytes).map_err(|_| FallbackReason::InvalidOutput)?;
        let source = if is_new.load(Ordering::Relaxed) {
            Source::Model
        } else {
            Source::Cache
        };
        Ok(Answered { value, source })
    }

    /// Questions that reach the model are counted for each caller beside all requests.
    async fn count(&self, caller: &str) -> Result<(), FallbackReason> {
        let decision = self.limits.count_model_question(caller).await;
        if decision.is_some_and(|decision| !decision.allowed) {
            return Err(FallbackReason::CallerLimited);
        }
        Ok(())
    }

    /// What was refused before any call is not the model's failure.
    fn count_asked<T>(&self, outcome: &Result<T, FallbackReason>) {
        use FallbackReason::{BreakerOpen, BudgetExhausted, BudgetUnknown, ModelBusy};
        match outcome {
            Err(BreakerOpen | BudgetExhausted | BudgetUnknown | ModelBusy) => {}
            outcome => self.events.model_asked(outcome.is_ok()),
        }
    }
}

/// Nobody can read a question out of it.
fn key(model: &str, prompt: &Prompt) -> String {
    let mut digest = Sha256::new();
    let parts = [
        model,
        &prompt.instructions,
        &prompt.input,
        prompt.schema_name,
        &prompt.schema,
    ];
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    let digest = hexadecimal(&digest.finalize());
    format!("ai:{}:{digest}", prompt.schema_name)
}

fn boxed(reason: FallbackReason) -> Arc<dyn Error + Send + Sync> {
    Arc::new(reason)
}

/// A cache that cannot be asked is no reason to spend money without a limit on equal questions.
fn reason_of(error: &CacheError) -> FallbackReason {
    match error {
        CacheError::Computation(cause) => cause
            .downcast_ref()
            .copied()
            .unwrap_or(FallbackReason::ModelUnavailable),
        CacheError::TooLarge { .. } | CacheError::Unavailable(_) => {
            FallbackReason::ModelUnavailable
        }
    }
}
