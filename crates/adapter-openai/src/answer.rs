//! What the service answers when it has a completion.

use ports::{Completion, ModelError, TokenUsage};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::AnswerError;

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
    /// Of any shape: what cannot be counted is not known.
    #[serde(default)]
    usage: Value,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    function_call: Option<IgnoredAny>,
}

/// The completion in the body of a successful answer; of several choices the first. A reason to end may be missing, as local
/// services leave it out.
///
/// # Errors
/// [`ModelError::Declined`], [`ModelError::CutOff`] or [`ModelError::Malformed`] with an [`AnswerError`].
pub(crate) fn completion_of(body: &[u8]) -> Result<Completion, ModelError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let usage = usage_of(&answer.usage);
    let Some(choice) = answer.choices.into_iter().next() else {
        return Err(malformed(AnswerError::NoChoice));
    };
    let Choice {
        message,
        finish_reason,
    } = choice;
    let refuses = message.refusal.is_some_and(|words| !words.is_empty());
    if refuses || finish_reason.as_deref() == Some("content_filter") {
        return Err(ModelError::Declined { usage });
    }
    let calls = message.tool_calls.is_some_and(|calls| !calls.is_empty());
    if calls || message.function_call.is_some() {
        return Err(malformed(AnswerError::ToolCall));
    }
    match finish_reason.as_deref() {
        Some("stop") | None => {}
        Some("length") => return Err(ModelError::CutOff { usage }),
        Some("tool_calls" | "function_call") => return Err(malformed(AnswerError::ToolCall)),
        Some(_) => return Err(malformed(AnswerError::UnknownEnd)),
    }
    match message.content {
        Some(output) if !output.is_empty() => Ok(Completion { output, usage }),
        _ => Err(malformed(AnswerError::NoText)),
    }
}

fn usage_of(usage: &Value) -> Option<TokenUsage> {
    Some(TokenUsage {
        input: usage.get("prompt_tokens")?.as_u64()?,
        output: usage.get("completion_tokens")?.as_u64()?,
    })
}

/// Only the place: the parser's own words repeat what it read.
fn unreadable(error: &serde_json::Error) -> ModelError {
    let (line, column) = (error.line(), error.column());
    malformed(if error.is_data() {
        AnswerError::NotACompletion { line, column }
    } else {
        AnswerError::NotJson { line, column }
    })
}

pub(crate) fn malformed(error: AnswerError) -> ModelError {
    ModelError::Malformed(Box::new(error))
}

#[cfg(test)]
mod tests;
