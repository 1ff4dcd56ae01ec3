//! Cuts a text into words, numbers and signs that know where they stand.

use super::personal_data::PersonalData;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with apostrophes between them.
    Word,
    /// ASCII digits.
    Number,
    Sign,
    /// What already stands for personal data, such as `[EMAIL]`.
    Placeholder,
}

#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// `text` in lower case, apostrophes removed.
    pub(super) lower: String,
    /// Bytes of the whole text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether white space or the text's beginning stands before it.
    pub(super) spaced: bool,
}

impl Piece<'_> {
    pub(super) fn starts_with_capital(&self) -> bool {
        self.kind == Kind::Word && self.text.starts_with(char::is_uppercase)
    }
}

/// The pieces of one text. Places behind its end hold nothing: no word, no number, no sign.
pub(super) struct Pieces<'a> {
    list: Vec<Piece<'a>>,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut list = Vec::new();
        let (mut at, mut spaced) = (0, true);
        while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let (kind, length) = piece_at(&text[at..], first);
            if first.is_whitespace() {
                spaced = true;
            } else {
                let piece = &text[at..at + length];
                list.push(Piece {
                    kind,
                    text: piece,
                    lower: piece.to_lowercase().replace(is_apostrophe, ""),
                    start: at,
                    end: at + length,
                    spaced,
                });
                spaced = false;
            }
            at += length;
        }
        Self { list }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Piece<'a>> {
        self.list.get(at)
    }

    /// The word in lower case; empty where no word stands.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.get(at) {
            Some(piece) if piece.kind == Kind::Word => &piece.lower,
            _ => "",
        }
    }

    /// The digits; empty where no number stands.
    pub(super) fn digits(&self, at: usize) -> &'a str {
        match self.get(at) {
            Some(piece) if piece.kind == Kind::Number => piece.text,
            _ => "",
        }
    }

    /// The number with at most nine digits.
    pub(super) fn number(&self, at: usize) -> Option<u32> {
        let digits = self.digits(at);
        (digits.len() <= 9).then(|| digits.parse().ok())?
    }

    pub(super) fn sign(&self, at: usize) -> Option<char> {
        match self.get(at) {
            Some(piece) if piece.kind == Kind::Sign => piece.text.chars().next(),
            _ => None,
        }
    }

    pub(super) fn is_sign(&self, at: usize, signs: &str) -> bool {
        self.sign(at).is_some_and(|sign| signs.contains(sign))
    }

    /// Whether a piece stands there without white space before it.
    pub(super) fn is_glued(&self, at: usize) -> bool {
        self.get(at).is_some_and(|piece| !piece.spaced)
    }

    pub(super) fn is_dash(&self, at: usize) -> bool {
        self.sign(at).is_some_and(is_dash)
    }

    /// Words before `at` in lower case, the nearest first: at most `count` pieces back and not beyond the end of a sentence.
    pub(super) fn words_before(&self, at: usize, count: usize) -> impl Iterator<Item = &str> {
        (at.saturating_sub(count)..at)
            .rev()
            .take_while(|place| !self.is_sign(*place, ".;!?"))
            .map(|place| self.word(place))
            .filter(|word| !word.is_empty())
    }
}

pub(super) fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’' | '‘' | 'ʼ')
}

pub(super) fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether `word` is one of the words of `list`, which spaces separate.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_ascii_whitespace().any(|known| known == word)
}

fn piece_at(rest: &str, first: char) -> (Kind, usize) {
    if first == '['
        && let Some(length) = PersonalData::placeholder_length(rest)
    {
        return (Kind::Placeholder, length);
    }
    let run = |fits: fn(char) -> bool| rest.find(|next| !fits(next)).unwrap_or(rest.len());
    if first.is_ascii_digit() {
        (Kind::Number, run(|next| next.is_ascii_digit()))
    } else if first.is_alphabetic() {
        let run = run(|next| next.is_alphabetic() || is_apostrophe(next));
        (
            Kind::Word,
            rest[..run].trim_end_matches(is_apostrophe).len(),
        )
    } else {
        (Kind::Sign, first.len_utf8())
    }
}
