//! Signs by which chats, templates and tools tell who speaks.

use super::super::folding;

/// Signs of chat templates, in small letters.
const SIGNS: &[&str] = &[
    "<|",
    "|>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<</sys>>",
    "{{",
    "}}",
    "{%",
    "%}",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "[system]",
    "[/system]",
    "[assistant]",
    "[end of",
    "[end_",
    "```system",
    "```json",
    "<!--",
    "<script",
    "&lt;system",
    "<start_of_turn>",
    "#system",
    "/system",
    "/reset",
    "<end_of_turn>",
    "[system_",
    "(system)",
];
/// Names of those who speak, and of parts of a prompt.
const SPEAKERS: &[&str] = &[
    "system",
    "assistant",
    "developer",
    "user",
    "human",
    "tool",
    "ai",
    "bot",
    "model",
    "instruction",
    "instructions",
];
const TAGS: &[&str] = &[
    "system",
    "assistant",
    "developer",
    "user",
    "human",
    "tool",
    "instruction",
    "instructions",
    "prompt",
    "input",
    "context",
    "data",
    "message",
    "query",
    "student",
    "output",
    "function",
    "admin",
    "im_start",
    "im_end",
    "text",
];
/// Members of the JSON of a chat, without spaces and quotes.
const MEMBERS: &[&str] = &[
    "role:system",
    "role:assistant",
    "role:developer",
    "role:user",
    "role:tool",
    "role:function",
    "role=system",
    "role=assistant",
    "role=developer",
    "messages:[",
    "tool_calls",
    "function_call",
    "tool_choice",
    "response_format",
];

/// Whether `text` imitates a chat, a template or the JSON of one.
pub(super) fn imitates_a_chat(text: &str) -> bool {
    let lower = folding::plain(text);
    let compact: String = lower
        .chars()
        .filter(|next| !next.is_whitespace() && !"\"'`\\".contains(*next))
        .collect();
    SIGNS.iter().any(|sign| compact.contains(sign))
        || MEMBERS.iter().any(|member| compact.contains(member))
        || has_tag(&compact)
        || lower.split('\n').any(speaks_as_somebody)
}

/// `<system>`, `</system prompt>` and the like.
fn has_tag(compact: &str) -> bool {
    compact.split('<').skip(1).any(|rest| {
        let Some((tag, _)) = rest.split_once('>') else {
            return false;
        };
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(|next| next.is_alphanumeric() || *next == '_')
            .collect();
        TAGS.iter().any(|known| name.starts_with(known)) && tag.len() < 40
    })
}

/// "System: ...", "### Instruction", also behind the end of a sentence.
fn speaks_as_somebody(line: &str) -> bool {
    let mut starts = vec![line];
    for (at, sign) in line.char_indices() {
        if matches!(
            sign,
            '.' | '!' | '?' | '"' | '\'' | ']' | '}' | ')' | '-' | '=' | '#'
        ) {
            starts.push(&line[at + sign.len_utf8()..]);
        }
    }
    let heading = line.contains("###") || line.contains("---") || line.contains("===");
    starts.iter().any(|start| {
        let start = start.trim_start_matches([' ', '#', '*', '-', '=', '>']);
        let word: String = start
            .chars()
            .take_while(|next| next.is_alphanumeric())
            .collect();
        let rest = start[word.len()..].trim_start_matches(['*', ' ']);
        let rest = rest
            .strip_prefix("prompt")
            .or_else(|| rest.strip_prefix("message"))
            .unwrap_or(rest);
        SPEAKERS.contains(&&*word) && (heading || rest.trim_start().starts_with(':'))
    })
}
