//! The forms in which verdicts leave this program, and how foreign text is made safe in each.

use std::time::Duration;

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
    Markdown,
    /// JUnit's XML, as CI systems read it
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

/// Of commands that decide nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Shape {
    #[default]
    Table,
    Json,
}

/// For attributes of XML, without what XML cannot hold.
pub(crate) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_control()) {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// As workflow commands of GitHub want their messages.
pub(crate) fn workflow_message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// For a cell of a Markdown table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\r', '\n'], " ")
}

/// A duration on the command line.
///
/// # Errors
///
/// What it should look like.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    rollout::span::parse(text).ok_or_else(|| "it must be like 90s, 30m, 2h or 7d".to_owned())
}
