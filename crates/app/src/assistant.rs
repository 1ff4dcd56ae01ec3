//! Help by a language model, and by rules of our own where there is none.
//!
//! A request goes through: what is unsafe or personal is kept from the model (`sanitizing`); a remembered answer serves all who
//! ask the same, and one call serves all who ask it at the same time (`questions`); the call must be paid for and the model
//! must not have failed too often (`model_calls`); what comes back must be what was asked for (the use cases), and say nothing
//! that is not in our facts (`validating`). Whenever one of these says no, the rules answer, and the answer says so.

mod advising;
mod answer;
mod calendar;
mod enhancing;
mod events;
mod filter_words;
mod folding;
mod grounding;
mod model_calls;
mod personal_data;
mod phrases;
mod pieces;
mod prices;
mod prompts;
mod query_parser;
mod questions;
mod sanitizing;
mod suggesting;
mod summarizing;
mod trends;
mod validating;

use std::sync::Arc;

use domain::circuit_breaker::BreakerState;
use ports::{Cache, Clock, LanguageModel, SearchIndex, SpendMeter};

use crate::analytics::Analytics;
use crate::limits::Limits;
use crate::matching::Matching;

pub use advising::{Advice, AdvisedCheck};
pub use answer::{Answered, FallbackReason, Source};
pub use events::AssistantEvents;
pub use model_calls::{ModelSettings, ModelStatus};
pub use prices::TokenPrice;
pub use query_parser::ParsedQuery;
pub use questions::QuestionSettings;
pub use summarizing::Summary;
pub use trends::{Figures, PopularSearch, Share, Trends};

use model_calls::ModelCalls;
use questions::Questions;

/// A model that may be asked, and who keeps the count of what it costs.
#[derive(Clone)]
pub struct Model {
    pub model: Arc<dyn LanguageModel>,
    pub spend: Arc<dyn SpendMeter>,
    pub settings: ModelSettings,
}

pub struct Assistant {
    index: Arc<dyn SearchIndex>,
    matching: Arc<Matching>,
    analytics: Arc<Analytics>,
    clock: Arc<dyn Clock>,
    questions: Questions,
}

/// What the assistant shares with the other use cases.
pub(crate) struct Shared {
    pub(crate) index: Arc<dyn SearchIndex>,
    pub(crate) matching: Arc<Matching>,
    pub(crate) analytics: Arc<Analytics>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Assistant {
    pub(crate) fn new(
        shared: Shared,
        model: Option<Model>,
        events: Arc<dyn AssistantEvents>,
        settings: QuestionSettings,
    ) -> Self {
        let calls = model.map(|model| {
            Arc::new(ModelCalls::new(
                model.model,
                model.spend,
                Arc::clone(&shared.clock),
                Arc::clone(&events),
                model.settings,
            ))
        });
        Self {
            index: shared.index,
            matching: shared.matching,
            analytics: shared.analytics,
            clock: shared.clock,
            questions: Questions::new(calls, shared.cache, shared.limits, events, settings),
        }
    }

    /// Whether there is a model, and it has failed so often that nobody asks it now.
    pub fn is_left_alone(&self) -> bool {
        let calls = self.questions.calls();
        calls.is_some_and(|calls| calls.breaker_state() != BreakerState::Closed)
    }

    /// `None` when no model is configured.
    pub async fn status(&self) -> Option<ModelStatus> {
        match self.questions.calls() {
            Some(calls) => Some(calls.status().await),
            None => None,
        }
    }
}
