//! An application whose model is a script.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapter_memory::MemorySpendMeter;
use app::assistant::{AssistantEvents, Model, ModelSettings, Source, TokenPrice};
use async_trait::async_trait;
use domain::circuit_breaker::BreakerPolicy;
use domain::{FieldOfStudy, UsState};
use ports::{Completion, LanguageModel, MicroUsd, ModelError, Prompt, SpendMeter, TokenUsage};
use serde_json::{Value, json};
use testkit::scholarship;

use super::filters;
use crate::world::World;

/// What the model does next.
pub(crate) enum Act {
    Say(Value),
    Fail(fn() -> ModelError),
    Hang,
    /// Panics.
    Break,
}

/// Does what the script says, and then goes on with its last act.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) acts: Mutex<VecDeque<Act>>,
    pub(crate) prompts: Mutex<Vec<Prompt>>,
    calls: AtomicUsize,
    pub(crate) usage: Mutex<Option<TokenUsage>>,
}

impl Scripted {
    pub(crate) fn of(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self {
            acts: Mutex::new(acts.into_iter().collect()),
            usage: Mutex::new(Some(TokenUsage {
                input: 100,
                output: 50,
            })),
            ..Self::default()
        })
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl LanguageModel for Scripted {
    async fn complete(&self, prompt: &Prompt, within: Duration) -> Result<Completion, ModelError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.prompts.lock().expect("sound").push(prompt.clone());
        tokio::time::sleep(Duration::from_millis(20)).await;
        let act = {
            let mut acts = self.acts.lock().expect("sound");
            let act = acts.pop_front().expect("the script goes on");
            if acts.is_empty() {
                acts.push_back(match &act {
                    Act::Say(value) => Act::Say(value.clone()),
                    Act::Fail(error) => Act::Fail(*error),
                    Act::Hang => Act::Hang,
                    Act::Break => Act::Break,
                });
            }
            act
        };
        match act {
            Act::Say(value) => Ok(Completion {
                output: value.to_string(),
                usage: *self.usage.lock().expect("sound"),
            }),
            Act::Fail(error) => Err(error()),
            Act::Break => panic!("the model's client is broken"),
            Act::Hang => {
                tokio::time::sleep(within).await;
                Err(ModelError::TimedOut(within))
            }
        }
    }
}

/// Counts what is told.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) usable: AtomicUsize,
    pub(crate) failed: AtomicUsize,
    pub(crate) warnings: AtomicUsize,
}

impl AssistantEvents for Counted {
    fn model_called(&self, _: Option<&ModelError>, _: Duration) {}

    fn model_asked(&self, is_usable: bool) {
        let count = if is_usable {
            &self.usable
        } else {
            &self.failed
        };
        count.fetch_add(1, Ordering::SeqCst);
    }

    fn answered(&self, _: Source) {}

    fn money_spent(&self, _: MicroUsd) {}

    fn budget_warned(&self) {
        self.warnings.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn settings() -> ModelSettings {
    ModelSettings {
        name: "scripted".to_owned(),
        price: TokenPrice {
            input: MicroUsd(1_000_000),
            output: MicroUsd(2_000_000),
        },
        daily_limit: MicroUsd(100_000_000),
        call_timeout: Duration::from_secs(30),
        max_retries: 3,
        first_backoff: Duration::from_millis(100),
        breaker: BreakerPolicy {
            failure_threshold: 10,
            first_pause: Duration::from_secs(60),
            longest_pause: Duration::from_secs(60),
        },
    }
}

pub(crate) struct Setting {
    pub(crate) world: World,
    pub(crate) model: Arc<Scripted>,
    pub(crate) spend: Arc<MemorySpendMeter>,
    pub(crate) events: Arc<Counted>,
}

impl Setting {
    pub(crate) async fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::with(acts, settings(), Arc::default()).await
    }

    pub(crate) async fn with(
        acts: impl IntoIterator<Item = Act>,
        settings: ModelSettings,
        spend: Arc<MemorySpendMeter>,
    ) -> Self {
        let scripted = Scripted::of(acts);
        let events = Arc::new(Counted::default());
        let contents = vec![(
            "sch_a",
            scholarship("Silver State Nursing Award")
                .organization("Nevada Example Foundation")
                .amount(500_000)
                .deadline("2027-03-01".parse().expect("a date"))
                .states(&[UsState::Nevada])
                .fields(&[FieldOfStudy::Medicine])
                .min_gpa(300)
                .content(),
        )];
        let model = Model {
            model: Arc::clone(&scripted) as Arc<dyn LanguageModel>,
            spend: Arc::clone(&spend) as Arc<dyn SpendMeter>,
            settings,
        };
        let told = Arc::clone(&events) as Arc<dyn AssistantEvents>;
        Self {
            world: World::with_assistant(contents, Vec::new(), Some(model), told).await,
            model: scripted,
            spend,
            events,
        }
    }

    pub(crate) async fn enhanced(&self, query: &str) -> (String, Source) {
        let assistant = &self.world.application.assistant;
        let answered = assistant.enhance_search("ann", query).await;
        (answered.value.query, answered.source)
    }

    pub(crate) async fn spent(&self) -> u64 {
        let today = ports::Clock::now(&*self.world.clock).date_naive();
        self.spend.spent(today).await.expect("in memory").0
    }
}

/// What a good model makes of a request for nursing.
pub(crate) fn nursing() -> Act {
    let mut filters = filters(json!([]));
    filters["fields_of_study"] = json!(["medicine"]);
    Act::Say(json!({"query": "nursing", "filters": filters}))
}

pub(crate) fn unreachable() -> ModelError {
    ModelError::Failed {
        status: 500,
        retry_after: None,
    }
}
