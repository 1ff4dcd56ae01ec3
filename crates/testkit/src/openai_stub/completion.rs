//! Completions in the service's shape.

use serde_json::{Value, json};

use super::Behaviour;
use super::alteration::{break_schema, leak_personal_data, make_ids_wrong};
use super::state::Answering;

/// The body of an answer with a completion, as the behaviour wants it.
pub(super) fn completion(
    behaviour: &Behaviour,
    request: &Value,
    answer: &Answering,
    usage: Option<(u64, u64)>,
) -> Value {
    let output = output(behaviour, request, answer);
    let usage = usage.unwrap_or_else(|| counted(request, &output));
    let mut body = json!({
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1_795_694_400,
        "model": request["model"],
        "choices": [{
            "index": 0,
            "message": message(behaviour, output),
            "logprobs": null,
            "finish_reason": finish_reason(behaviour),
        }],
    });
    if let Some((prompt, completion)) = stated(behaviour, usage) {
        body["usage"] = json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt.saturating_add(completion),
        });
    }
    body
}

fn output(behaviour: &Behaviour, request: &Value, answer: &Answering) -> String {
    if let Behaviour::Says(output) = behaviour {
        return output.clone();
    }
    let mut answer = answer(request);
    match behaviour {
        Behaviour::BreaksSchema => answer = break_schema(),
        Behaviour::LeaksPersonalData => leak_personal_data(&mut answer),
        Behaviour::WrongIds => make_ids_wrong(&mut answer),
        _ => {}
    }
    let mut output = answer.to_string();
    if *behaviour == Behaviour::CutOff {
        output.pop();
    }
    output
}

fn message(behaviour: &Behaviour, output: String) -> Value {
    match behaviour {
        Behaviour::Declines => json!({
            "role": "assistant", "content": null, "refusal": "I cannot help with that.",
        }),
        Behaviour::CallsTool => json!({
            "role": "assistant", "content": null, "refusal": null,
            "tool_calls": [{
                "id": "call_stub", "type": "function",
                "function": {"name": "pay", "arguments": "{}"},
            }],
        }),
        _ => json!({"role": "assistant", "content": output, "refusal": null}),
    }
}

fn finish_reason(behaviour: &Behaviour) -> &'static str {
    match behaviour {
        Behaviour::CutOff => "length",
        Behaviour::Filtered => "content_filter",
        Behaviour::CallsTool => "tool_calls",
        _ => "stop",
    }
}

fn stated(behaviour: &Behaviour, usage: (u64, u64)) -> Option<(u64, u64)> {
    match behaviour {
        Behaviour::NoUsage => None,
        Behaviour::HugeUsage => Some((u64::MAX, u64::MAX)),
        _ => Some(usage),
    }
}

/// A token is about four characters of English.
fn counted(request: &Value, output: &str) -> (u64, u64) {
    let messages = request["messages"].as_array().into_iter().flatten();
    let contents = messages.filter_map(|message| message["content"].as_str());
    let tokens = |characters: usize| (characters / 4) as u64;
    let asked = contents.map(|content| content.chars().count()).sum();
    (tokens(asked), tokens(output.chars().count()))
}
