//! What goes to the standard streams: one JSON object a line for the caller, sentences for people.

use std::io::Write as _;

use anyhow::Context as _;
use serde::Serialize;

/// Prints one result.
///
/// # Errors
/// When nobody reads any more.
pub(crate) fn print(line: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut output = std::io::stdout().lock();
    output
        .write_all(&text)
        .and_then(|()| output.flush())
        .context("standard output cannot be written")
}

/// Says how far the work is, or why it ended.
pub(crate) fn complain(sentence: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(std::io::stderr(), "{sentence}");
}
