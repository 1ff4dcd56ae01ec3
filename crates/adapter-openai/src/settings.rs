//! What the adapter needs to know to ask a model.

use secrecy::SecretString;

/// OpenAI's own service.
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// Whom to ask, and as whom.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    /// `OPENAI_BASE_URL`: what stands before `/chat/completions`; see [`crate::check_base_url`].
    pub base_url: String,
    /// `OPENAI_API_KEY`: visible ASCII. Never printed.
    pub api_key: SecretString,
    /// `OPENAI_MODEL`, as the service calls it.
    pub model: String,
    /// What the service calls the bound of an answer's length.
    pub token_limit: TokenLimit,
}

impl OpenAiSettings {
    /// OpenAI's own service.
    pub fn new(api_key: impl Into<SecretString>, model: impl Into<String>) -> Self {
        Self {
            base_url: DEFAULT_BASE_URL.to_owned(),
            api_key: api_key.into(),
            model: model.into(),
            token_limit: TokenLimit::default(),
        }
    }
}

/// The key in which a request says how long the answer may get. A service that does not know the key ignores it or refuses the
/// request, by its own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenLimit {
    /// `max_completion_tokens`: OpenAI and services that follow it closely. Counts what a model thinks as well.
    #[default]
    MaxCompletionTokens,
    /// `max_tokens`: the older name, the only one that some local services know. OpenAI's reasoning models refuse it.
    MaxTokens,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_print_no_key() {
        let settings = OpenAiSettings::new("sk-hidden", "gpt-4o-mini");
        let printed = format!("{settings:?}");
        assert!(!printed.contains("hidden"), "{printed}");
    }
}
