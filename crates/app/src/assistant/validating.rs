//! Checks what a language model wrote against the facts that it was given, before a student sees it.

mod dates;
mod facts;
mod links;
mod markup;
mod money;
mod numbers;
mod scholarship_names;
mod unsafe_content;

use super::personal_data::{self, PersonalData};
use super::sanitizing;

pub(crate) use facts::Facts;

/// What a text may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextLimits {
    pub(crate) characters: usize,
}

/// Why a text must not be shown. Its message says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(crate) enum Violation {
    #[error("the text is too long")]
    TooLong,
    #[error("the text holds personal data: {}", .0.placeholder())]
    PersonalData(PersonalData),
    #[error("the text links to something that is no link of a given scholarship")]
    ForeignLink,
    #[error("the text names a scholarship that was not given")]
    UnknownScholarship,
    #[error("the text names an amount that was not given")]
    UnknownAmount,
    #[error("the text names a date that was not given")]
    UnknownDeadline,
    #[error("the text promises, asks for or says what no answer may")]
    UnsafeContent,
    #[error("the text holds markup or hidden characters")]
    Markup,
}

/// Whether `text` may be shown: it names only what is in `facts`. Years, grades, percentages and counts are free.
///
/// # Errors
/// The first [`Violation`] that was found.
pub(crate) fn validate_text(
    text: &str,
    facts: &Facts,
    limits: TextLimits,
) -> Result<(), Violation> {
    if text.chars().nth(limits.characters).is_some() {
        return Err(Violation::TooLong);
    }
    if markup::is_in(text) {
        return Err(Violation::Markup);
    }
    let text = sanitizing::cleaned(text);
    if markup::is_in(&text) {
        return Err(Violation::Markup);
    }
    if let Some(kind) = personal_data_in(&text, facts) {
        return Err(Violation::PersonalData(kind));
    }
    let checks = [
        (links::all_known(&text, facts), Violation::ForeignLink),
        (
            scholarship_names::all_known(&text, facts),
            Violation::UnknownScholarship,
        ),
        (money::all_known(&text, facts), Violation::UnknownAmount),
        (numbers::all_known(&text, facts), Violation::UnknownAmount),
        (dates::all_known(&text, facts), Violation::UnknownDeadline),
        (
            !unsafe_content::is_in(&text, facts),
            Violation::UnsafeContent,
        ),
        (
            scholarship_names::capitals_known(&text, facts),
            Violation::UnknownScholarship,
        ),
    ];
    match checks.into_iter().find(|(passed, _)| !passed) {
        Some((_, violation)) => Err(violation),
        None => Ok(()),
    }
}

/// The first personal data that no given text holds. Links and addresses of machines are looked at by themselves.
fn personal_data_in(text: &str, facts: &Facts) -> Option<PersonalData> {
    personal_data::find(text)
        .into_iter()
        .filter(|finding| !matches!(finding.kind, PersonalData::Link | PersonalData::IpAddress))
        .find(|finding| !facts.has_contact(&text[finding.start..finding.end]))
        .map(|finding| finding.kind)
}

#[cfg(test)]
mod tests;
