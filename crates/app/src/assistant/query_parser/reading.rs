//! A query while it is read: its words, what became of each, and the filters found so far.

use std::ops::Range;

use ports::search_index::Filters;

use super::words::{self, Ending, Kind, Suffix, Word};

pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<Word>,
    marks: Vec<Mark>,
    pub(super) filters: Filters,
    /// Capitals tell names from other words: the text has some, and is not written in capitals throughout.
    pub(super) has_telling_capitals: bool,
}

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Not understood, or not yet.
    Open,
    /// Said in filters; not searched for.
    Taken,
    /// Said in filters, and searched for too.
    Topic,
    /// Part of a name or of a fixed phrase; means no filter.
    Name,
}

/// Ways to say no.
const NEGATORS: &[&str] = &[
    "not",
    "no",
    "non",
    "without",
    "except",
    "excluding",
    "neither",
    "nor",
    "never",
    "don't",
    "dont",
    "isn't",
    "aren't",
    "doesn't",
    "outside",
    "besides",
    "cannot",
    "can't",
    "won't",
    "regardless",
];
/// Words that may stand between a "no" and what it denies.
const BETWEEN_NEGATOR: &str = "a an the any in of for from to be being by on at or and nor need needs needed required require \
requires requiring based limited restricted interested want wants looking only open live have has having do am are is it \
those these ones students student me my i that";

impl<'a> Reading<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let words = words::words(text);
        let capitals = words.iter().filter(|word| word.is_capital).count();
        let letters = words.iter().filter(|word| word.kind == Kind::Letters);
        Self {
            text,
            marks: vec![Mark::Open; words.len()],
            filters: Filters::default(),
            has_telling_capitals: capitals > 0
                && !text.chars().all(|character| !character.is_lowercase())
                && letters.count() > 1,
            words,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The word in lower case; empty beyond the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }

    /// The word before; empty at the start of a clause.
    pub(super) fn word_before(&self, at: usize) -> &str {
        match at.checked_sub(1) {
            Some(before) if self.words[before].ends != Ending::Clause => self.word(before),
            _ => "",
        }
    }

    pub(super) fn mark(&self, at: usize) -> Mark {
        self.marks.get(at).copied().unwrap_or(Mark::Name)
    }

    pub(super) fn is_open(&self, at: usize) -> bool {
        self.mark(at) == Mark::Open
    }

    pub(super) fn set(&mut self, range: Range<usize>, mark: Mark) {
        let end = range.end.min(self.marks.len());
        if let Some(marks) = self.marks.get_mut(range.start..end) {
            marks.fill(mark);
        }
    }

    /// The words say what a filter says, or what is unwanted.
    pub(super) fn take(&mut self, range: Range<usize>) {
        self.set(range, Mark::Taken);
    }

    /// Whether any word became a filter, or was understood as something unwanted.
    pub(super) fn has_understood(&self) -> bool {
        self.marks.contains(&Mark::Taken) || self.marks.contains(&Mark::Topic)
    }

    pub(super) fn ends_at(&self, at: usize) -> Ending {
        self.words.get(at).map_or(Ending::Clause, |word| word.ends)
    }

    /// What stands behind the number here; `None` when this is no number.
    pub(super) fn suffix(&self, at: usize) -> Option<Suffix> {
        match self.words.get(at)?.kind {
            Kind::Number(suffix) => Some(suffix),
            _ => None,
        }
    }

    /// The whole number here, e.g. a year.
    pub(super) fn whole(&self, at: usize) -> Option<u32> {
        let is_plain = matches!(self.suffix(at), Some(Suffix::None | Suffix::Ordinal));
        is_plain.then(|| self.word(at).parse().ok()).flatten()
    }

    /// Whether no space separates the word from the one before.
    pub(super) fn is_joined(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| !word.follows_space)
    }

    /// Where `phrase` ends when its words stand here, open and in one clause. A plural stands for its singular.
    pub(super) fn phrase(&self, at: usize, phrase: &str) -> Option<usize> {
        // Most phrases end here, before anything is split.
        if self.word(at).as_bytes().first() != phrase.as_bytes().first() {
            return None;
        }
        let mut end = at;
        for part in phrase.split(' ') {
            let continues = end == at || self.ends_at(end - 1) == Ending::Nothing;
            if !continues || !self.is_open(end) || !is_form_of(self.word(end), part) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    /// The longest of `phrases` that stands here: its end and its meaning.
    pub(super) fn longest<'t, T>(
        &self,
        at: usize,
        phrases: &'t [(&'static str, T)],
    ) -> Option<(usize, &'t T)> {
        phrases
            .iter()
            .filter_map(|(phrase, meaning)| Some((self.phrase(at, phrase)?, meaning)))
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
    }

    /// The longest of `phrases` that ends right before `at`: its start and its meaning.
    pub(super) fn longest_before<'t, T>(
        &self,
        at: usize,
        phrases: &'t [(&'static str, T)],
    ) -> Option<(usize, &'t T)> {
        phrases
            .iter()
            .filter_map(|(phrase, meaning)| {
                let last = phrase.rsplit(' ').next()?;
                if !is_form_of(self.word(at.checked_sub(1)?), last) {
                    return None;
                }
                let start = at.checked_sub(phrase.split(' ').count())?;
                let end = self.phrase(start, phrase)?;
                (end == at && self.ends_at(at - 1) != Ending::Clause).then_some((start, meaning))
            })
            .reduce(|best, next| if next.0 < best.0 { next } else { best })
    }

    /// Whether one of `words` stands among the `reach` words before `at`, in the same clause.
    pub(super) fn is_near_before(&self, at: usize, reach: usize, words: &[&str]) -> bool {
        (at.saturating_sub(reach)..at)
            .rev()
            .take_while(|before| self.ends_at(*before) == Ending::Nothing)
            .any(|before| words.contains(&self.word(before)))
    }

    /// The "not" that denies what stands at `at`.
    pub(super) fn negator(&self, at: usize) -> Option<usize> {
        let mut is_listed = false;
        for before in (at.saturating_sub(8)..at).rev() {
            let word = self.word(before);
            if self.ends_at(before) == Ending::Clause
                || (self.ends_at(before) == Ending::Comma && !is_listed)
            {
                return None;
            }
            if self.is_negator(before) {
                return Some(before);
            }
            let is_between = BETWEEN_NEGATOR.split(' ').any(|known| known == word);
            if !is_between && !is_listed {
                return None;
            }
            is_listed = matches!(word, "or" | "nor" | "and");
        }
        None
    }

    fn is_negator(&self, at: usize) -> bool {
        let after = self.word(at + 1);
        (NEGATORS.contains(&self.word(at)) && !matches!(after, "only" | "just" | "sure"))
            || (self.word(at) == "other" && after == "than")
    }

    /// What is left to search for, as it was written; `is_wanted` says which words.
    pub(super) fn rest(&self, is_wanted: impl Fn(usize) -> bool) -> String {
        let mut rest = String::new();
        let mut last: Option<usize> = None;
        for (at, word) in self.words.iter().enumerate() {
            if !is_wanted(at) {
                continue;
            }
            match last {
                Some(before) if before + 1 == at && !word.follows_space => {
                    rest.push_str(&self.text[self.words[before].range.end..word.range.start]);
                }
                Some(_) => rest.push(' '),
                None => {}
            }
            rest.push_str(&self.text[word.range.clone()]);
            last = Some(at);
        }
        rest
    }
}

/// Whether `word` is `entry` or its plural or genitive.
pub(super) fn is_form_of(word: &str, entry: &str) -> bool {
    word.strip_prefix(entry).is_some_and(|tail| {
        tail.is_empty() || (entry.len() > 2 && matches!(tail, "s" | "'s" | "s'"))
    })
}
