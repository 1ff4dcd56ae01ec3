//! Text analysis: from a text to its words in normal form, the same for records and queries.
//!
//! Words are those of UAX 29 in the original text. Each is folded (NFKC, case, diacritics), possessive endings go, acronyms
//! lose their points (`U.S.` is `us`), numbers their thousands separators. Scripts without spaces (Han, Hiragana, Thai and
//! their like), where UAX 29 finds single characters, become overlapping pairs. Stems are not indexed: the dictionary finds
//! the forms that share one.

mod folding;
mod stemmer;

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

pub(crate) use folding::fold_words;
pub(crate) use stemmer::stem;

/// Longer words are cut: nothing that people search for is longer.
const MOST_CHARACTERS_OF_A_WORD: usize = 40;

/// Calls `visit` with each word in normal form and the bytes of `text` that it was made of, in order.
pub(crate) fn visit_words(text: &str, mut visit: impl FnMut(&str, Range<usize>)) {
    let mut pairs = Pairs::default();
    let mut folded = String::new();
    for (start, piece) in text.unicode_word_indices() {
        if let Some(character) = unspaced_character(piece) {
            pairs.push(character, start..start + piece.len(), &mut visit);
            continue;
        }
        pairs.finish(&mut visit);
        let range = start..start + piece.len();
        fold_words(piece, &mut folded, |word| {
            visit(shortened(word), range.clone());
        });
    }
    pairs.finish(&mut visit);
}

/// The words of a text in normal form.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    visit_words(text, |word, _| found.push(word.to_owned()));
    found
}

/// The words of a text in normal form, with one space between them: the form in which names are compared and sorted.
pub(crate) fn normal_form(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    visit_words(text, |word, _| {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    });
    normal
}

fn shortened(word: &str) -> &str {
    word.char_indices()
        .nth(MOST_CHARACTERS_OF_A_WORD)
        .map_or(word, |(end, _)| &word[..end])
}

/// The base character of a piece in a script that is written without spaces.
pub(crate) fn unspaced_character(piece: &str) -> Option<char> {
    // Code points without a character yet are no words, though marks may hang on them.
    let first = piece
        .chars()
        .next()
        .filter(|first| first.is_alphanumeric() && !is_combining_mark(*first))?;
    matches!(u32::from(first),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF // Thai, Lao, Myanmar, Khmer
        | 0x3041..=0x309F | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
    .then_some(first)
}

/// Adjoining characters of a script without spaces, as overlapping pairs.
#[derive(Default)]
struct Pairs {
    previous: Option<(char, Range<usize>)>,
    /// Whether `previous` already stands in a pair.
    paired: bool,
}

impl Pairs {
    fn push(
        &mut self,
        character: char,
        range: Range<usize>,
        visit: &mut impl FnMut(&str, Range<usize>),
    ) {
        match self.previous.take() {
            Some((previous, before)) if before.end == range.start => {
                let mut pair = String::from(previous);
                pair.push(character);
                visit(&pair, before.start..range.end);
                self.paired = true;
            }
            Some(previous) => {
                self.previous = Some(previous);
                self.finish(visit);
            }
            None => {}
        }
        self.previous = Some((character, range));
    }

    fn finish(&mut self, visit: &mut impl FnMut(&str, Range<usize>)) {
        if let Some((single, range)) = self.previous.take()
            && !self.paired
        {
            visit(single.encode_utf8(&mut [0; 4]), range);
        }
        self.paired = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_diacritics_do_not_matter() {
        assert_eq!(
            words("Ångström-Prize, ÉCOLE"),
            ["angstrom", "prize", "ecole"]
        );
        assert_eq!(words("e\u{301}cole"), ["ecole"]);
        assert_eq!(words("Straße Łódź Ærø"), ["strasse", "lodz", "aero"]);
        assert_eq!(words("ﬁnance ＡＢＣ"), ["finance", "abc"]);
    }

    #[test]
    fn a_greek_sigma_is_one_letter_wherever_it_stands() {
        for text in ["ΣΟΦΟΣ", "σοφος", "σοφοσ", "σοφός"] {
            assert_eq!(words(text), ["σοφοσ"], "{text}");
        }
    }

    #[test]
    fn possessives_acronyms_and_numbers_have_one_form() {
        assert_eq!(
            words("Women's U.S. Ph.D. $10,000 3.5 O’Brien’s first_generation example.org"),
            [
                "women",
                "us",
                "phd",
                "10000",
                "3.5",
                "obrien",
                "first",
                "generation",
                "example",
                "org"
            ]
        );
    }

    #[test]
    fn scripts_without_spaces_become_pairs() {
        assert_eq!(words("奨学金"), ["奨学", "学金"]);
        assert_eq!(words("奨 学"), ["奨", "学"]);
        assert_eq!(words("abc奨学金x"), ["abc", "奨学", "学金", "x"]);
        assert_eq!(words("한국 장학금"), ["한국", "장학금"]);
    }

    #[test]
    fn what_is_no_word_is_nothing() {
        assert!(words("?! -- \u{301} 🎓 \u{202e}\u{0}").is_empty());
        // Unassigned among the ideographs, with a vowel sign that makes a word of it in UAX 29.
        let unassigned = "\u{2ee5e}\u{cbe}";
        assert_eq!(words(&normal_form(unassigned)), words(unassigned));
        // A vowel mark that stands on nothing.
        assert_eq!(words("\u{ad}\u{e31}org"), ["org"]);
        // A vowel mark that counts as a letter, after a point.
        assert_eq!(words("a:\u{730}A"), ["a", "a"]);
    }

    proptest! {
        #[test]
        fn words_are_made_of_their_ranges_and_stay_as_they_are(text in ".{0,80}") {
            let mut last = 0;
            visit_words(&text, |word, range| {
                assert!(!word.is_empty() && word.chars().count() <= MOST_CHARACTERS_OF_A_WORD);
                assert!(text.get(range.clone()).is_some() && range.start >= last);
                last = range.start;
            });
            prop_assert_eq!(words(&normal_form(&text)).join(" "), words(&text).join(" "));
        }
    }
}
