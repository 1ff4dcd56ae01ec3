//! A model behind the stub, and a question.

use std::time::Duration;

use adapter_openai::{OpenAiModel, OpenAiSettings};
use ports::{Completion, LanguageModel as _, ModelError, Prompt};
use testkit::openai_stub::OpenAiStub;

/// More than any answer of the stub takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) const KEY: &str = "sk-hidden-key";
pub(crate) const QUESTION: &str = "hidden question";
pub(crate) const INSTRUCTIONS: &str = "hidden instructions";

pub(crate) fn settings(stub: &OpenAiStub) -> OpenAiSettings {
    OpenAiSettings {
        base_url: stub.base_url(),
        ..OpenAiSettings::new(KEY, "gpt-4o-mini")
    }
}

pub(crate) fn model(stub: &OpenAiStub) -> OpenAiModel {
    OpenAiModel::new(settings(stub)).expect("the settings are fine")
}

pub(crate) fn prompt() -> Prompt {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"summary": {"type": "string"}},
        "required": ["summary"],
        "additionalProperties": false,
    });
    Prompt {
        instructions: INSTRUCTIONS.to_owned(),
        input: serde_json::json!({ "words": QUESTION }).to_string(),
        schema_name: "summary",
        schema: schema.to_string(),
        max_output_tokens: 200,
    }
}

pub(crate) async fn ask(model: &OpenAiModel) -> Result<Completion, ModelError> {
    model.complete(&prompt(), LONG).await
}
