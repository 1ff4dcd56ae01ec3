//! Brings characters into their usual form and drops those that nobody sees.

use unicode_normalization::UnicodeNormalization as _;

/// `text` in form NFKC without control and invisible characters; line breaks stay.
pub(in crate::assistant) fn cleaned(text: &str) -> String {
    let visible = text
        .chars()
        .map(|character| match character {
            '\n' => '\n',
            character if character.is_whitespace() => ' ',
            character => character,
        })
        .filter(|character| *character == '\n' || !is_invisible(*character));
    visible.nfkc().collect()
}

/// Whether characters are there that hide text or turn its direction.
pub(in crate::assistant) fn has_hidden_characters(text: &str) -> bool {
    text.chars().any(|character| {
        matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{E0000}'..='\u{E0FFF}')
            || matches!(character, '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}')
    })
}

/// `text` with one space for each run of white space, and none at its ends.
pub(super) fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Control characters, marks without width or of direction, fillers, tags, selectors of variants, and private characters.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{3164}' | '\u{FFA0}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}
