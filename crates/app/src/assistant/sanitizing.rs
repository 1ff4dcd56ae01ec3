//! Makes what a student typed fit for a language model: no personal data, nothing that talks to the model.

mod characters;
mod chat_markup;
mod encoded;
mod injection;
mod injection_phrases;

use std::collections::BTreeSet;

use super::personal_data::{self, PersonalData};
use injection::talks_to_the_model;

pub(super) use characters::{cleaned, has_hidden_characters};

/// Characters of an input at most, before and after it was cleaned.
pub(crate) const LONGEST_INPUT: usize = 500;

/// A text without personal data and invisible characters, in one line.
///
/// It still is what somebody typed: it belongs into a prompt as a quoted JSON string, never among the instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SafeInput {
    pub(crate) text: String,
    /// The kinds of personal data that placeholders such as `[EMAIL]` stand for.
    pub(crate) removed: BTreeSet<PersonalData>,
}

/// Why a text must not reach a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(crate) enum Unsafe {
    #[error("the text is longer than {LONGEST_INPUT} characters")]
    TooLong,
    #[error("the text gives orders to a language model")]
    Injection,
}

/// Cleans `text`: Unicode form NFKC, no control and invisible characters, single spaces, placeholders for personal data. Applied
/// to its own result, it changes nothing.
///
/// # Errors
/// [`Unsafe::TooLong`], and [`Unsafe::Injection`] for a text that talks to the model instead of asking for scholarships.
pub(crate) fn sanitize_input(text: &str) -> Result<SafeInput, Unsafe> {
    bounded(text)?;
    let lines = cleaned(text);
    let line = characters::in_one_line(&lines);
    bounded(&line)?;
    let (text, removed) = personal_data::replace(&line);
    bounded(&text)?;
    // Line breaks tell who speaks; and what personal data kept apart may have come together.
    let suspects = [
        lines.contains('\n').then_some(&lines),
        (!removed.is_empty()).then_some(&line),
        Some(&text),
    ];
    if suspects
        .into_iter()
        .flatten()
        .any(|text| talks_to_the_model(text))
    {
        return Err(Unsafe::Injection);
    }
    Ok(SafeInput { text, removed })
}

fn bounded(text: &str) -> Result<(), Unsafe> {
    if text.chars().nth(LONGEST_INPUT).is_some() {
        Err(Unsafe::TooLong)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
