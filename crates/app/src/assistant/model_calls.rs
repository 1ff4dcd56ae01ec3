//! Asking the model: as long as it answers, the day's money lasts and the caller waits.
//!
//! Each call is paid for before it is made, at the most it can cost, and settled afterwards at what it did cost. A call whose
//! cost cannot be known, because its answer never came, stays paid in full. So the day's limit holds whatever happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{Datelike as _, NaiveDate};
use domain::circuit_breaker::{BreakerPolicy, BreakerState, CircuitBreaker, Permit};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use ports::{
    Clock, Completion, LanguageModel, MicroUsd, ModelError, Prompt, Reservation, Reserve,
    SpendMeter,
};
use rand::Rng as _;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument as _;

use super::answer::FallbackReason;
use super::events::AssistantEvents;
use super::prices::TokenPrice;

/// How patient and how generous we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSettings {
    /// As its service calls it.
    pub name: String,
    pub price: TokenPrice,
    /// For all replicas together, by UTC day.
    pub daily_limit: MicroUsd,
    /// For one call.
    pub call_timeout: Duration,
    /// Calls after the first one that did not succeed.
    pub max_retries: u32,
    /// Before the first of them; doubles each time.
    pub first_backoff: Duration,
    pub breaker: BreakerPolicy,
}

/// Calls of this process under way at once; whoever comes beyond them is answered by rules.
const AT_ONCE: usize = 64;
/// No call is made that must end sooner than this.
const LEAST_TIME: Duration = Duration::from_millis(500);
/// What remains of a caller's time when the call has ended, for the checks of what came.
const MARGIN: Duration = Duration::from_millis(50);
/// How long nobody asks the store for money that was not there.
const EXHAUSTED_FOR: Duration = Duration::from_secs(30);
/// Longest pause between two calls.
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);
/// Share of the daily limit, in percent, at which somebody is told.
const WARNED_AT: u64 = 80;

/// What is known of the model and of the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStatus {
    pub name: String,
    pub breaker: BreakerState,
    pub daily_limit: MicroUsd,
    /// `None` when nobody can say.
    pub spent_today: Option<MicroUsd>,
    /// What is left was not enough for the last question.
    pub is_exhausted: bool,
}

/// Questions under way, by their keys; whoever asks the same waits for the same answer.
type Flight = Shared<BoxFuture<'static, Result<String, FallbackReason>>>;

/// Until when nobody is asked, whatever the breaker says.
#[derive(Debug, Default)]
struct Pauses {
    /// As the service told us.
    limited: Option<Instant>,
    /// Until the next question, or the end of this day.
    exhausted: Option<(NaiveDate, Instant)>,
}

pub(crate) struct ModelCalls {
    model: Arc<dyn LanguageModel>,
    spend: Arc<dyn SpendMeter>,
    clock: Arc<dyn Clock>,
    events: Arc<dyn AssistantEvents>,
    settings: ModelSettings,
    breaker: Mutex<CircuitBreaker>,
    places: Semaphore,
    /// The dearest call of a day: a service may count tokens otherwise than we do.
    dearest: Mutex<(NaiveDate, MicroUsd)>,
    pauses: Mutex<Pauses>,
    flights: Mutex<HashMap<String, Flight>>,
    /// The last day on which somebody was told that most of the money is spent.
    warned_on: AtomicI32,
}

impl ModelCalls {
    pub(crate) fn new(
        model: Arc<dyn LanguageModel>,
        spend: Arc<dyn SpendMeter>,
        clock: Arc<dyn Clock>,
        events: Arc<dyn AssistantEvents>,
        settings: ModelSettings,
    ) -> Self {
        Self {
            breaker: Mutex::new(CircuitBreaker::new(settings.breaker)),
            model,
            spend,
            clock,
            events,
            settings,
            places: Semaphore::new(AT_ONCE),
            dearest: Mutex::default(),
            pauses: Mutex::default(),
            flights: Mutex::default(),
            warned_on: AtomicI32::new(0),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) async fn status(&self) -> ModelStatus {
        ModelStatus {
            name: self.settings.name.clone(),
            breaker: self.breaker_state(),
            daily_limit: self.settings.daily_limit,
            spent_today: self.spend.spent(self.today()).await.ok(),
            is_exhausted: self.refusal() == Some(FallbackReason::BudgetExhausted),
        }
    }

    pub(crate) fn breaker_state(&self) -> BreakerState {
        self.with_breaker(|breaker| breaker.state())
    }

    /// Why nobody would be asked now; this costs nothing to know.
    pub(crate) fn refusal(&self) -> Option<FallbackReason> {
        let now = Instant::now();
        let today = self.today();
        let pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.with_breaker(|breaker| breaker.wait(now.into_std()).is_zero()) {
            Some(FallbackReason::BreakerOpen)
        } else if pauses.limited.is_some_and(|until| now < until) {
            Some(FallbackReason::ModelLimited)
        } else if (pauses.exhausted).is_some_and(|(day, until)| day == today && now < until) {
            Some(FallbackReason::BudgetExhausted)
        } else {
            None
        }
    }

    /// What the model wrote. A question under way goes on when its caller goes away, since it has been paid for; whoever asks
    /// the same meanwhile, told by `key`, gets its answer.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        key: &str,
        prompt: Prompt,
        deadline: Instant,
    ) -> Result<String, FallbackReason> {
        let flight = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(key) {
                Some(flight) => flight.clone(),
                None => {
                    let flight = self.take_off(key.to_owned(), prompt, deadline);
                    flights.insert(key.to_owned(), flight.clone());
                    flight
                }
            }
        };
        flight.await
    }

    fn take_off(self: &Arc<Self>, key: String, prompt: Prompt, deadline: Instant) -> Flight {
        let calls = Arc::clone(self);
        let asking = async move {
            let _landing = Landing { calls: &calls, key };
            calls.ask_until(&prompt, deadline).await
        };
        // Part of the trace of whoever asked first: it begins here, since what is around this does not reach into the task.
        let span = tracing::info_span!(target: "otel", "model question", otel.kind = "internal");
        let asking = tokio::spawn(asking.instrument(span).in_current_span());
        let landed = async {
            asking
                .await
                .unwrap_or(Err(FallbackReason::ModelUnavailable))
        };
        landed.boxed().shared()
    }

    async fn ask_until(
        self: &Arc<Self>,
        prompt: &Prompt,
        deadline: Instant,
    ) -> Result<String, FallbackReason> {
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| FallbackReason::ModelBusy)?;
        let mut retries = 0;
        loop {
            let error = match self.ask_once(prompt, deadline).await? {
                Ok(completion) => return Ok(completion.output),
                Err(error) => error,
            };
            // Errors tell nothing of what was asked or answered; the breaker bounds how many there are.
            tracing::warn!(
                event = "ai_call_failed",
                error = &error as &dyn std::error::Error,
                retries,
                "a model call failed"
            );
            let pause = error.retry_after().unwrap_or_else(|| self.backoff(retries));
            let in_time = Instant::now() + pause + LEAST_TIME < deadline;
            if !error.is_transient() || retries >= self.settings.max_retries || !in_time {
                return Err(reason_of(&error));
            }
            sleep(pause).await;
            retries += 1;
        }
    }

    /// One call, allowed and paid. The outer error says why there was none.
    async fn ask_once(
        self: &Arc<Self>,
        prompt: &Prompt,
        deadline: Instant,
    ) -> Result<Result<Completion, ModelError>, FallbackReason> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let reserving = timeout_at(deadline, self.reserve(prompt)).await;
        let reservation = reserving.map_err(|_| FallbackReason::BudgetUnknown)??;
        let left = deadline.saturating_duration_since(Instant::now() + MARGIN);
        let permit = if left < LEAST_TIME {
            Err(FallbackReason::ModelTimeout)
        } else {
            let permit = self.with_breaker(|breaker| breaker.admit(now()));
            permit.ok_or(FallbackReason::BreakerOpen)
        };
        let permit = match permit {
            Ok(permit) => permit,
            Err(reason) => {
                self.settle(reservation, MicroUsd(0));
                return Err(reason);
            }
        };
        let begun = Instant::now();
        let within = self.settings.call_timeout.min(left);
        let outcome = self.model.complete(prompt, within).await;
        self.events
            .model_called(outcome.as_ref().err(), begun.elapsed());
        self.note(permit, &outcome);
        let cost = self.cost(&outcome, reservation.amount);
        self.settle(reservation, cost);
        Ok(outcome)
    }

    async fn reserve(&self, prompt: &Prompt) -> Result<Reservation, FallbackReason> {
        let limit = self.settings.daily_limit;
        let today = self.today();
        let most = self.settings.price.most(prompt).max(self.dearest(today));
        match self.spend.reserve(today, most, limit).await {
            Ok(Reserve::Granted(reservation)) => Ok(reservation),
            Ok(Reserve::Exhausted { spent }) => {
                self.warn_of(today, spent);
                let until = Instant::now() + EXHAUSTED_FOR;
                self.pause(|pauses| pauses.exhausted = Some((today, until)));
                Err(FallbackReason::BudgetExhausted)
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the model is not asked: nobody can say what is spent already"
                );
                Err(FallbackReason::BudgetUnknown)
            }
        }
    }

    fn dearest(&self, today: NaiveDate) -> MicroUsd {
        let dearest = self.dearest.lock();
        let (day, cost) = *dearest.unwrap_or_else(PoisonError::into_inner);
        if day == today { cost } else { MicroUsd(0) }
    }

    fn remember(&self, day: NaiveDate, cost: MicroUsd) {
        let dearest = self.dearest(day).max(cost);
        *self.dearest.lock().unwrap_or_else(PoisonError::into_inner) = (day, dearest);
    }

    /// What a call cost; all that was reserved where that cannot be known. No more than a day's money: beyond that nobody is
    /// asked any more, whatever a service says that it counted.
    fn cost(&self, outcome: &Result<Completion, ModelError>, reserved: MicroUsd) -> MicroUsd {
        let usage = match outcome {
            Ok(completion) => completion.usage,
            Err(ModelError::Declined { usage } | ModelError::CutOff { usage }) => *usage,
            Err(
                ModelError::Unreachable(_)
                | ModelError::Limited { .. }
                | ModelError::Refused { .. },
            ) => return MicroUsd(0),
            // What stands between may give up while the model goes on.
            Err(ModelError::Failed { status, .. }) if !matches!(status, 408 | 504 | 524) => {
                return MicroUsd(0);
            }
            Err(ModelError::Failed { .. }) => None,
            Err(ModelError::TimedOut(_) | ModelError::BrokenOff(_) | ModelError::Malformed(_)) => {
                None
            }
        };
        let most = self.settings.daily_limit.max(reserved);
        usage.map_or(reserved, |usage| self.settings.price.cost(usage).min(most))
    }

    /// Beside the caller, who need not wait for it.
    fn settle(self: &Arc<Self>, reservation: Reservation, cost: MicroUsd) {
        self.remember(reservation.day, cost);
        self.events.money_spent(cost);
        let calls = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = calls.spend.settle(&reservation, cost).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a model call stays paid at the most it could cost"
                );
                return;
            }
            if cost.0 > 0
                && let Ok(spent) = calls.spend.spent(reservation.day).await
            {
                calls.warn_of(reservation.day, spent);
            }
        });
    }

    /// Tells once a day.
    fn warn_of(&self, day: NaiveDate, spent: MicroUsd) {
        let limit = self.settings.daily_limit;
        if u128::from(spent.0) * 100 < u128::from(limit.0) * u128::from(WARNED_AT) {
            return;
        }
        let day = day.num_days_from_ce();
        if self.warned_on.fetch_max(day, Ordering::Relaxed) < day {
            tracing::warn!(
                event = "ai_budget_warning",
                spent_micro_usd = spent.0,
                limit_micro_usd = limit.0,
                "most of the day's money for the model is spent; rules answer when all of it is"
            );
            self.events.budget_warned();
        }
    }

    fn pause(&self, set: impl FnOnce(&mut Pauses)) {
        set(&mut self.pauses.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whoever answers wrongly, or not to us, is left alone after a while as well.
    fn note(&self, permit: Permit, outcome: &Result<Completion, ModelError>) {
        if let Err(error) = outcome
            && let Some(wait) = error.retry_after()
        {
            self.pause(|pauses| pauses.limited = Some(Instant::now() + wait));
        }
        let opened = self.with_breaker(|breaker| match outcome {
            // A request that is refused for what it says tells nothing about others.
            Ok(_)
            | Err(
                ModelError::Declined { .. }
                | ModelError::CutOff { .. }
                | ModelError::Refused {
                    status: 400 | 413 | 422,
                    ..
                },
            ) => {
                breaker.succeeded(permit);
                false
            }
            Err(_) => breaker.failed(permit, now()),
        });
        if opened {
            tracing::warn!(
                event = "ai_breaker_opened",
                pause_seconds = self.settings.breaker.first_pause.as_secs(),
                "the model failed too often in a row; rules answer for a while"
            );
        }
    }

    /// Exponential, anywhere in its second half, so that replicas do not come back together.
    fn backoff(&self, retries: u32) -> Duration {
        let longest = self
            .settings
            .first_backoff
            .saturating_mul(2_u32.saturating_pow(retries))
            .min(LONGEST_BACKOFF);
        longest.mul_f64(rand::rng().random_range(0.5..=1.0))
    }

    fn with_breaker<T>(&self, look: impl FnOnce(&mut CircuitBreaker) -> T) -> T {
        look(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }
}

/// Ends a flight, also when it panics.
struct Landing<'a> {
    calls: &'a ModelCalls,
    key: String,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let flights = self.calls.flights.lock();
        flights
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

fn reason_of(error: &ModelError) -> FallbackReason {
    match error {
        ModelError::TimedOut(_) => FallbackReason::ModelTimeout,
        ModelError::Limited { .. } => FallbackReason::ModelLimited,
        ModelError::Unreachable(_) | ModelError::BrokenOff(_) | ModelError::Failed { .. } => {
            FallbackReason::ModelUnavailable
        }
        ModelError::Refused { .. } => FallbackReason::ModelRefused,
        ModelError::Declined { .. } => FallbackReason::ModelDeclined,
        ModelError::Malformed(_) | ModelError::CutOff { .. } => FallbackReason::InvalidOutput,
    }
}
