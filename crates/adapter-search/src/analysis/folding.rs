//! Folding of one UAX 29 piece: compatibility forms, case, diacritics, and the punctuation inside of words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Calls `visit` with each word of one piece in normal form; `buffer` is only there to be reused.
pub(crate) fn fold_words(piece: &str, buffer: &mut String, mut visit: impl FnMut(&str)) {
    buffer.clear();
    if piece.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        buffer.extend(
            piece
                .chars()
                .map(|character| character.to_ascii_lowercase()),
        );
        visit(buffer);
        return;
    }
    let lower: String = piece
        .nfkd()
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|character| !is_diacritic(*character))
        .nfc()
        .collect();
    let lower = without_possessive(&lower);
    let acronym = lower.split('.').all(|part| part.chars().count() <= 2);
    let mut previous = ' ';
    let mut characters = lower.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let between_digits = previous.is_ascii_digit() && next.is_ascii_digit();
        // A mark has a letter before it, or it belongs to nothing; some marks count as letters.
        let is_part = match is_combining_mark(character) {
            true => !buffer.is_empty(),
            false => character.is_alphanumeric(),
        };
        if is_part {
            push_base_letters(character, buffer);
        } else if character == '.' && between_digits {
            buffer.push('.');
        } else {
            let joins = is_apostrophe(character)
                || is_ignorable(character)
                || (character == ',' && between_digits)
                || (character == '.' && acronym);
            if !joins && !buffer.is_empty() {
                visit(buffer);
                buffer.clear();
            }
        }
        previous = character;
    }
    if !buffer.is_empty() {
        visit(buffer);
    }
}

/// Accents of European scripts and points of Hebrew and Arabic. Marks of other scripts carry vowels, so they stay.
fn is_diacritic(character: char) -> bool {
    matches!(u32::from(character), 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0670)
}

fn is_apostrophe(character: char) -> bool {
    matches!(
        character,
        '\'' | '\u{2019}' | '\u{2018}' | '\u{2BC}' | '\u{FF07}'
    )
}

/// Invisible characters that UAX 29 leaves inside of words: soft hyphen, joiners, marks of direction.
fn is_ignorable(character: char) -> bool {
    matches!(u32::from(character), 0xAD | 0x61C | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF)
        || is_combining_mark(character)
}

fn without_possessive(word: &str) -> &str {
    let Some(rest) = word.strip_suffix('s') else {
        return word;
    };
    rest.char_indices()
        .next_back()
        .filter(|(_, character)| is_apostrophe(*character))
        .map_or(word, |(end, _)| &rest[..end])
}

/// Letters with a stroke or joined ones, which have no decomposition.
fn push_base_letters(character: char, buffer: &mut String) {
    let letters = match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        // At the end of Greek words.
        'ς' => "σ",
        other => return buffer.push(other),
    };
    buffer.push_str(letters);
}
