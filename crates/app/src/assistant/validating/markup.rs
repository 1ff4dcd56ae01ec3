//! HTML, links and images of Markdown, and characters that nobody sees.

use super::super::sanitizing;

/// Signs that begin code, in small letters.
const SIGNS: &[&str] = &[
    "](",
    "![",
    "][",
    "]: http",
    "```",
    "javascript:",
    "vbscript:",
    "data:text",
    "data:image",
    "<|",
    "|>",
    "{{",
    "onerror=",
    "onload=",
    "onclick=",
];

pub(super) fn is_in(text: &str) -> bool {
    let lower = text.to_lowercase();
    SIGNS.iter().any(|sign| lower.contains(sign))
        || has_tag(text)
        || has_reference(text)
        || sanitizing::has_hidden_characters(text)
}

/// `<` right before a letter, `/` or `!`: "GPA <3.0" has none.
fn has_tag(text: &str) -> bool {
    text.split('<')
        .skip(1)
        .any(|rest| rest.starts_with(|next: char| next.is_alphabetic() || "/!?".contains(next)))
}

/// `&lt;`, `&#60;`: references that a browser would turn into signs.
fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let name = rest.split(';').next().unwrap_or("");
        let whole = name.len() < rest.len() && (1..=10).contains(&name.len());
        let known = matches!(
            name,
            "lt" | "gt" | "quot" | "apos" | "amp" | "nbsp" | "colon" | "sol" | "lpar" | "rpar"
        );
        whole && (known || name.starts_with('#'))
    })
}
