//! Settings of the language model, and of what it may cost.

use std::collections::BTreeMap;
use std::time::Duration;

use adapter_openai::{OpenAiSettings, TokenLimit};
use app::assistant::{ModelSettings, QuestionSettings, TokenPrice};
use configuration::Reader;
use domain::circuit_breaker::BreakerPolicy;
use ports::MicroUsd;
use serde::Deserialize;

/// What the file of the configuration folder says when there is none.
const DEFAULT_PRICES: &str = include_str!("../../../../config/models.toml");
/// Before the first retry.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// How the model is reached, and how it is used.
#[derive(Debug, Clone)]
pub struct AssistantSettings {
    /// `None` without a key: rules of our own answer.
    pub model: Option<ModelConnection>,
    /// Whether they answer as well when a model does not.
    pub fallback: bool,
    pub questions: QuestionSettings,
}

#[derive(Debug, Clone)]
pub struct ModelConnection {
    pub connection: OpenAiSettings,
    pub use_of: ModelSettings,
}

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
}

pub(super) fn assistant(reader: &mut Reader<'_>, request_timeout: Duration) -> AssistantSettings {
    let settings = model_settings(reader);
    let base_url = reader.text("OPENAI_BASE_URL");
    if adapter_openai::check_base_url(&base_url).is_err() {
        reader.refuse(
            "OPENAI_BASE_URL",
            "must look like https://api.openai.com/v1, without user, password, query and fragment",
        );
    }
    let limits = [
        ("max_completion_tokens", TokenLimit::MaxCompletionTokens),
        ("max_tokens", TokenLimit::MaxTokens),
    ];
    let token_limit = reader.choice("OPENAI_TOKEN_LIMIT", &limits, TokenLimit::default());
    let deadline = reader.seconds("AI_DEADLINE", 1, 300);
    if deadline >= request_timeout {
        reader.refuse(
            "AI_DEADLINE",
            "must be below REQUEST_TIMEOUT, so that rules can answer when the model does not",
        );
    }
    let key = reader.optional("OPENAI_API_KEY");
    if key
        .as_ref()
        .is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        reader.refuse(
            "OPENAI_API_KEY",
            "must be visible ASCII characters without spaces",
        );
    }
    AssistantSettings {
        model: key.map(|api_key| ModelConnection {
            connection: OpenAiSettings {
                base_url,
                api_key: api_key.into(),
                model: settings.name.clone(),
                token_limit,
            },
            use_of: settings,
        }),
        fallback: reader.truth("OPENAI_FALLBACK_ENABLED"),
        questions: QuestionSettings {
            deadline,
            remembered: reader.seconds("REDIS_TTL_DEFAULT", 1, 30 * 86_400),
        },
    }
}

fn model_settings(reader: &mut Reader<'_>) -> ModelSettings {
    let name = reader.text("OPENAI_MODEL");
    // The only way, since anything else would come back in step with all other replicas.
    reader.choice("OPENAI_RETRY_BACKOFF", &[("exponential", ())], ());
    let failures = reader.number("OPENAI_CIRCUIT_BREAKER_FAILURE_THRESHOLD", 1, 1_000);
    let retries = reader.number("OPENAI_MAX_RETRIES", 0, 10);
    let pause = reader.seconds("OPENAI_CIRCUIT_BREAKER_TIMEOUT", 1, 3_600);
    let call_timeout = reader.seconds("OPENAI_TIMEOUT", 1, 300);
    let price = price(reader, &name);
    ModelSettings {
        daily_limit: daily_limit(reader),
        price,
        name,
        call_timeout,
        max_retries: u32::try_from(retries).unwrap_or(u32::MAX),
        first_backoff: FIRST_BACKOFF,
        breaker: BreakerPolicy {
            failure_threshold: u32::try_from(failures).unwrap_or(u32::MAX),
            first_pause: pause,
            // A trial must be able to end before the next one.
            longest_pause: pause.max(call_timeout + Duration::from_secs(1)),
        },
    }
}

fn daily_limit(reader: &mut Reader<'_>) -> MicroUsd {
    let text = reader.text("OPENAI_COST_LIMIT_DAILY");
    let limit = text.parse().ok().and_then(micro_usd);
    limit.unwrap_or_else(|| {
        let message =
            format!("must be US dollars from 0 to 1000000, such as 100 or 2.5, not `{text}`");
        reader.refuse("OPENAI_COST_LIMIT_DAILY", message);
        MicroUsd(0)
    })
}

/// Of the model, from the file of prices: nothing is asked whose cost cannot be counted.
fn price(reader: &mut Reader<'_>, name: &str) -> TokenPrice {
    let text = match reader.layers.file("models.toml", DEFAULT_PRICES) {
        Ok(text) => text,
        Err(error) => {
            reader.errors.push(error);
            return TokenPrice::default();
        }
    };
    let prices: BTreeMap<String, Price> = match toml::from_str(&text) {
        Ok(prices) => prices,
        Err(error) => {
            reader.refuse("models.toml", error.to_string());
            return TokenPrice::default();
        }
    };
    let price = prices.get(name).and_then(|price| {
        Some(TokenPrice {
            input: micro_usd(price.input)?,
            output: micro_usd(price.output)?,
        })
    });
    price.unwrap_or_else(|| {
        let message = format!(
            "`{name}` has no price from 0 to 1000000 in models.toml of the configuration folder; add it, with 0 for a model of your own"
        );
        reader.refuse("OPENAI_MODEL", message);
        TokenPrice::default()
    })
}

/// `None` outside 0 to a million dollars.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first"
)]
fn micro_usd(dollars: f64) -> Option<MicroUsd> {
    (0.0..=1_000_000.0)
        .contains(&dollars)
        .then(|| MicroUsd((dollars * 1_000_000.0).round() as u64))
}

/// The settings in effect, by name.
pub(super) fn shown(settings: &AssistantSettings) -> Vec<(&'static str, String)> {
    let mut shown = vec![
        (
            "OPENAI_API_KEY",
            if settings.model.is_some() {
                "(set)"
            } else {
                "(none: rules answer)"
            }
            .to_owned(),
        ),
        ("OPENAI_FALLBACK_ENABLED", settings.fallback.to_string()),
        (
            "AI_DEADLINE",
            settings.questions.deadline.as_secs().to_string(),
        ),
    ];
    let Some(model) = &settings.model else {
        return shown;
    };
    let use_of = &model.use_of;
    let breaker = &use_of.breaker;
    shown.extend([
        ("OPENAI_BASE_URL", model.connection.base_url.clone()),
        ("OPENAI_MODEL", use_of.name.clone()),
        ("OPENAI_TIMEOUT", use_of.call_timeout.as_secs().to_string()),
        ("OPENAI_MAX_RETRIES", use_of.max_retries.to_string()),
        ("OPENAI_RETRY_BACKOFF", "exponential".to_owned()),
        (
            "OPENAI_CIRCUIT_BREAKER_FAILURE_THRESHOLD",
            breaker.failure_threshold.to_string(),
        ),
        (
            "OPENAI_CIRCUIT_BREAKER_TIMEOUT",
            breaker.first_pause.as_secs().to_string(),
        ),
        (
            "OPENAI_COST_LIMIT_DAILY",
            format!(
                "{}.{:06}",
                use_of.daily_limit.0 / 1_000_000,
                use_of.daily_limit.0 % 1_000_000
            ),
        ),
    ]);
    shown
}
