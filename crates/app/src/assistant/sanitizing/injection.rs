//! Tells texts that give orders to a language model from questions about scholarships.

use std::sync::LazyLock;

use super::super::folding;
use super::super::phrases::Phrase;
use super::injection_phrases::{CHINESE, CLOSED_UP, PHRASES, SPACED_OUT};
use super::{chat_markup, encoded};

static KNOWN: LazyLock<Vec<Phrase>> = LazyLock::new(|| Phrase::all(PHRASES));

/// Single letters in a row that spell something.
const SPELLED_LETTERS: usize = 5;

/// Whether `text` orders a model about, imitates a chat, or hides either in a code.
pub(super) fn talks_to_the_model(text: &str) -> bool {
    says_so(text)
        || encoded::decoded(text)
            .iter()
            .any(|decoded| says_so(decoded))
}

fn says_so(text: &str) -> bool {
    let plain = folding::plain(text);
    let latin = folding::without_lookalikes(&plain);
    let read = folding::without_leetspeak(&latin);
    chat_markup::imitates_a_chat(text)
        || has_phrase(&plain)
        || (latin != plain && has_phrase(&latin))
        || (read != latin && has_phrase(&read))
        || in_chinese(&plain)
        || is_closed_up(&latin)
        || is_closed_up(&rotated(&latin))
        || is_closed_up(&latin.chars().rev().collect::<String>())
        || is_spaced_out(&read.replace('1', "i"))
}

fn has_phrase(text: &str) -> bool {
    let words = folding::words(text);
    KNOWN.iter().any(|phrase| phrase.is_in(&words))
}

/// ROT13.
fn rotated(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'a'..='m' => char::from_u32(u32::from(letter) + 13).unwrap_or(letter),
            'n'..='z' => char::from_u32(u32::from(letter) - 13).unwrap_or(letter),
            other => other,
        })
        .collect()
}

/// Chinese and Japanese are written without spaces.
fn in_chinese(text: &str) -> bool {
    CHINESE.iter().any(|(verbs, objects)| {
        let has = |words: &str| words.split(' ').any(|word| text.contains(word));
        has(verbs) && (objects.is_empty() || has(objects))
    })
}

/// Words cut in the middle or run together: "ign-ore prev.ious instruc tions".
fn is_closed_up(text: &str) -> bool {
    let letters: String = text.chars().filter(|next| next.is_alphabetic()).collect();
    CLOSED_UP.iter().any(|phrase| letters.contains(phrase))
}

/// Words that are spelled letter by letter.
fn is_spaced_out(text: &str) -> bool {
    let words: Vec<&str> = text
        .split(|next: char| !next.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let runs =
        words.chunk_by(|left, right| (left.chars().count() == 1) == (right.chars().count() == 1));
    runs.filter(|run| run.len() >= SPELLED_LETTERS && run[0].chars().count() == 1)
        .any(|run| {
            SPACED_OUT
                .iter()
                .any(|phrase| run.concat().contains(phrase))
        })
}
