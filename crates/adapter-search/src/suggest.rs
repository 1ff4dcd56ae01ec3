//! Completions of what was typed so far: names and organizations that hold all words, and words that go on from the last.
//!
//! Only open scholarships count. If nothing completes what was typed, its last word is taken for a misspelt word or
//! beginning of one.

use std::collections::HashMap;

use domain::Timestamp;
use ports::search_index::{Suggestion, SuggestionKind};

use crate::card_texts::CardTexts;
use crate::fields::Field;
use crate::query::{nearest_completion, nearest_word, typed_words};
use crate::snapshot::{LiveSegment, Place, Snapshot};

/// Frequent words are completed from the most frequent ones only.
const MOST_WORDS_LOOKED_AT: usize = 64;

pub(crate) fn suggest(
    snapshot: &Snapshot,
    typed: &str,
    limit: usize,
    now: Timestamp,
) -> Vec<Suggestion> {
    let mut words: Vec<String> = typed_words(typed)
        .into_iter()
        .map(|word| word.word)
        .collect();
    if words.is_empty() || limit == 0 {
        return Vec::new();
    }
    let found = Completion::of(snapshot, &words, now).best(limit);
    if !found.is_empty() || !correct(snapshot, &mut words) {
        return found;
    }
    Completion::of(snapshot, &words, now).best(limit)
}

/// Replaces words that the catalogue does not know; whether there were any.
fn correct(snapshot: &Snapshot, words: &mut [String]) -> bool {
    let mut changed = false;
    let last = words.len() - 1;
    for (at, word) in words.iter_mut().enumerate() {
        if snapshot.frequency(word) > 0 {
            continue;
        }
        let nearest = if at == last {
            nearest_word(snapshot, word).or_else(|| nearest_completion(snapshot, word))
        } else {
            nearest_word(snapshot, word)
        };
        if let Some(nearest) = nearest {
            *word = nearest;
            changed = true;
        }
    }
    changed
}

/// What completes some words, by normal form.
struct Completion<'a> {
    snapshot: &'a Snapshot,
    /// In normal form, with one space between words.
    typed: String,
    names: HashMap<&'a str, (u64, Place), ahash::RandomState>,
    organizations: HashMap<&'a str, (u64, Place), ahash::RandomState>,
    /// Last words with the number of open documents that hold all words.
    words: Vec<(&'a str, u64)>,
}

impl<'a> Completion<'a> {
    fn of(snapshot: &'a Snapshot, words: &[String], now: Timestamp) -> Self {
        let mut completion = Self {
            snapshot,
            typed: words.join(" "),
            names: HashMap::default(),
            organizations: HashMap::default(),
            words: Vec::new(),
        };
        let Some((last, before)) = words.split_last() else {
            return completion;
        };
        let mut of_words: HashMap<&str, u64, ahash::RandomState> = HashMap::default();
        let frequent = completion.frequent_completions(last);
        for (at, live) in snapshot.segments.iter().enumerate() {
            let dictionary = &live.segment.dictionary;
            let holders: Vec<Vec<u8>> = before
                .iter()
                .map(|word| {
                    let mut fields = vec![0; live.segment.len() as usize];
                    if let Some(term) = dictionary.find(word) {
                        visit_open(live, term, now, |document, found| {
                            fields[document as usize] = found;
                        });
                    }
                    fields
                })
                .collect();
            // By document: the fields that hold all words.
            let mut in_fields = vec![0_u8; live.segment.len() as usize];
            for term in dictionary.completions(last) {
                let mut count = 0;
                visit_open(live, term, now, |document, found| {
                    let others = holders.iter().map(|fields| fields[document as usize]);
                    let common = others.fold(found, |common, fields| common & fields);
                    count += u64::from(common != 0);
                    in_fields[document as usize] |= common;
                });
                let word = dictionary.word(term);
                if frequent.contains_key(word) {
                    *of_words.entry(word).or_default() += count;
                }
            }
            for (document, fields) in (0_u32..).zip(in_fields) {
                let place = Place {
                    segment: at as u32,
                    document,
                };
                if fields & NAME != 0 {
                    add(&mut completion.names, snapshot, snapshot.name(place), place);
                }
                if fields & ORGANIZATION != 0 {
                    let organization = snapshot.organization(place);
                    add(&mut completion.organizations, snapshot, organization, place);
                }
            }
        }
        completion.words = of_words
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        completion
    }

    /// The most frequent words that begin with the last one.
    fn frequent_completions(&self, last: &str) -> HashMap<&'a str, u64, ahash::RandomState> {
        let mut frequencies: HashMap<&'a str, u64, ahash::RandomState> = HashMap::default();
        for live in &self.snapshot.segments {
            let dictionary = &live.segment.dictionary;
            for term in dictionary.completions(last) {
                *frequencies.entry(dictionary.word(term)).or_default() +=
                    u64::from(live.frequency(term));
            }
        }
        if frequencies.len() > MOST_WORDS_LOOKED_AT {
            let mut ranked: Vec<(&str, u64)> = frequencies.into_iter().collect();
            ranked.sort_unstable_by(|left, right| {
                right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0))
            });
            ranked.truncate(MOST_WORDS_LOOKED_AT);
            frequencies = ranked.into_iter().collect();
        }
        frequencies
    }

    /// Those that begin with what was typed first, then by count; words take at most a third of the places, unless there
    /// is nothing else.
    fn best(self, limit: usize) -> Vec<Suggestion> {
        let before = self.typed.rsplit_once(' ').map_or("", |(before, _)| before);
        let mut words: Vec<Suggestion> = self
            .words
            .iter()
            .map(|(word, count)| Suggestion {
                text: if before.is_empty() {
                    (*word).to_owned()
                } else {
                    format!("{before} {word}")
                },
                count: *count,
                kind: SuggestionKind::Word,
            })
            .collect();
        words.sort_unstable_by(|left, right| {
            right
                .count
                .cmp(&left.count)
                .then_with(|| left.text.cmp(&right.text))
        });
        let mut titles: Vec<(bool, u64, &str, Place, SuggestionKind)> = Vec::new();
        for (kind, found) in [
            (SuggestionKind::Organization, &self.organizations),
            (SuggestionKind::Scholarship, &self.names),
        ] {
            for (normal, (count, place)) in found {
                let inside = !normal.starts_with(&self.typed);
                titles.push((inside, *count, normal, *place, kind));
            }
        }
        titles.sort_unstable_by(|left, right| {
            left.0
                .cmp(&right.0)
                .then_with(|| right.1.cmp(&left.1))
                .then_with(|| left.2.cmp(right.2))
                .then_with(|| left.4.cmp(&right.4))
        });
        let places_for_words = limit.div_ceil(3).max(limit.saturating_sub(titles.len()));
        words.truncate(places_for_words);
        titles.truncate(limit - words.len());
        words.extend(titles.into_iter().map(|(_, count, _, place, kind)| {
            let texts = CardTexts::of(self.snapshot.card(place));
            let text = match kind {
                SuggestionKind::Organization => texts.organization,
                SuggestionKind::Scholarship | SuggestionKind::Word => texts.name,
            };
            Suggestion {
                text: text.into_owned(),
                count,
                kind,
            }
        }));
        words
    }
}

const NAME: u8 = 1;
const ORGANIZATION: u8 = 2;
const ANYWHERE: u8 = 4;

/// Calls `visit` with each open document that holds the term, and the fields in which it does.
fn visit_open(live: &LiveSegment, term: u32, now: Timestamp, mut visit: impl FnMut(u32, u8)) {
    let segment = &live.segment;
    let list = segment.postings.list(term).from(segment.first_open(now));
    for document in list.documents.iter().copied() {
        if !live.is_live(document) {
            continue;
        }
        let mut fields = ANYWHERE;
        for (field, bit) in [(Field::Name, NAME), (Field::Organization, ORGANIZATION)] {
            if segment.tokens.in_field(document, field).contains(&term) {
                fields |= bit;
            }
        }
        visit(document, fields);
    }
}

/// Counts a text; the document with the smallest id lends its spelling.
fn add<'a>(
    texts: &mut HashMap<&'a str, (u64, Place), ahash::RandomState>,
    snapshot: &Snapshot,
    text: &'a str,
    place: Place,
) {
    let entry = texts.entry(text).or_insert((0, place));
    entry.0 += 1;
    if snapshot.id(place) < snapshot.id(entry.1) {
        entry.1 = place;
    }
}
