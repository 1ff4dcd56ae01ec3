//! Brings words into one form, however they are dressed up.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::pieces::is_apostrophe;

/// Small letters without marks. Signs stay.
pub(super) fn plain(text: &str) -> String {
    text.to_lowercase()
        .nfd()
        .filter(|character| !is_combining_mark(*character))
        .nfc()
        .collect()
}

/// `text` (in the form of [`plain`]) with letters of other scripts replaced by the Latin ones that they look like.
pub(super) fn without_lookalikes(text: &str) -> String {
    const LOOKALIKES: &str = "аaеeоoрpсcхxуyіiјjѕsԁdһhӏlѵvԛqԝwкkмmтtнhвbгrпnαaβbεeηnιiκkμmνvοoρpτtυuχxωwγyσoɑaɡgıiʟlոnցgօoսuɩiℓl";
    let letters: Vec<char> = LOOKALIKES.chars().collect();
    text.chars()
        .map(|character| {
            let pair = letters.chunks_exact(2).find(|pair| pair[0] == character);
            pair.map_or(character, |pair| pair[1])
        })
        .collect()
}

/// `text` with digits and signs read as the letters that they stand for in words such as `1gn0r3`. A 1 may be an i or an l, and stays.
/// Phrases know that.
pub(super) fn without_leetspeak(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    for chunk in text.split_inclusive(char::is_whitespace) {
        let has_letters = chunk.contains(char::is_alphabetic);
        read.extend(chunk.chars().map(|character| match character {
            _ if !has_letters => character,
            '0' => 'o',
            '!' | '|' => '1',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            '9' => 'g',
            other => other,
        }));
    }
    read
}

/// Words of `text` in lower case without marks and apostrophes. The ends of clauses are words of their own: `.`, and `:` for
/// colons.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in plain(text).chars().chain(std::iter::once(' ')) {
        if character.is_alphanumeric() {
            word.push(character);
            continue;
        }
        if is_apostrophe(character) {
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match character {
            '.' | '!' | '?' | ';' | ',' | '。' | '，' => words.push(".".to_owned()),
            ':' => words.push(":".to_owned()),
            _ => {}
        }
    }
    words
}
