//! Completions of what was typed so far: names and organizations that hold all words, and words that go on from the last.
//!
//! Only open scholarships count. If nothing completes what was typed, its last word is taken for a misspelt word or
//! beginning of one. Each segment keeps its distinct titles, and offers those that may be meant best first, so that only as
//! many are looked at as it takes to know the first few in order; the counts are exact.

mod ranked;
mod title_offers;
mod titles;
mod words;

pub(crate) use titles::Titles;

use domain::Timestamp;
use ports::search_index::{Suggestion, SuggestionKind};

use crate::card_texts::text_of;
use crate::query::{nearest_completion, nearest_word, typed_words};
use crate::snapshot::Snapshot;
use ranked::{Ranked, best};
use title_offers::TitleOffers;
use titles::open_documents;
use words::best_words;

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
    let found = completed(snapshot, &words, limit, now);
    if !found.is_empty() || !correct(snapshot, &mut words) {
        return found;
    }
    completed(snapshot, &words, limit, now)
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

/// Words, then titles: those that begin with what was typed first, then by count, then by text. Words take at most a third
/// of the places, unless there is nothing else.
fn completed(
    snapshot: &Snapshot,
    words: &[String],
    limit: usize,
    now: Timestamp,
) -> Vec<Suggestion> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((last, before)) = words.split_last() else {
        return Vec::new();
    };
    let mut titles = TitleSearch::of(snapshot, now).best(before, last, limit);
    let places_for_words = limit.div_ceil(3).max(limit - titles.len());
    let found = best_words(snapshot, before, last, places_for_words, now);
    titles.truncate(limit - found.len());
    let text = |word: &str| [before, &[word]].concat().join(" ");
    let words = found.into_iter().map(|word| Suggestion {
        text: text(word.text),
        count: word.count,
        kind: SuggestionKind::Word,
    });
    words.chain(titles).collect()
}

struct TitleSearch<'a> {
    snapshot: &'a Snapshot,
    /// By segment: the first open document.
    firsts: Vec<u32>,
}

impl<'a> TitleSearch<'a> {
    fn of(snapshot: &'a Snapshot, now: Timestamp) -> Self {
        let segments = snapshot.segments.iter();
        Self {
            snapshot,
            firsts: segments.map(|live| live.segment.first_open(now)).collect(),
        }
    }

    /// At most `limit`.
    fn best(&self, before: &[&str], last: &str, limit: usize) -> Vec<Suggestion> {
        let typed = [before, &[last]].concat().join(" ");
        let segments = || {
            self.snapshot
                .segments
                .iter()
                .map(|live| &*live.segment)
                .enumerate()
        };
        let offers = segments().map(|(at, segment)| TitleOffers::beginning(at, segment, &typed));
        let mut titles = self.counted(offers.collect(), limit);
        if titles.len() < limit {
            let inside = segments()
                .filter_map(|(at, segment)| TitleOffers::inside(at, segment, before, last, &typed));
            titles.extend(self.counted(inside.collect(), limit - titles.len()));
        }
        let suggestions = titles.into_iter().map(|title| Suggestion {
            text: self.spelling(title),
            count: title.count,
            kind: title.kind,
        });
        suggestions.collect()
    }

    fn counted(&self, mut offers: Vec<TitleOffers<'a>>, limit: usize) -> Vec<Ranked<'a>> {
        best(&mut offers, limit, |offers, title| {
            // Where it has no open documents it need not be looked at: another segment that has some offers it, too.
            let own = self.open_count(title.segment, title.number);
            if own == 0 || !offers.accepts(title.number) {
                return None;
            }
            let others = (0..self.firsts.len()).filter(|at| *at != title.segment);
            let of_others = others.filter_map(|at| {
                let number = self.number_in(at, title)?;
                Some(self.open_count(at, number))
            });
            Some(own + of_others.sum::<u64>())
        })
    }

    fn number_in(&self, at: usize, title: Ranked<'_>) -> Option<u32> {
        if at == title.segment {
            return Some(title.number);
        }
        let segment = &self.snapshot.segments[at].segment;
        segment.titles.find(segment, title.text, title.kind)
    }

    fn open_count(&self, at: usize, title: u32) -> u64 {
        let live = &self.snapshot.segments[at];
        open_documents(live, title, self.firsts[at]).count() as u64
    }

    /// As it is written by the first one of its open scholarships to close, of equals that with the smallest id.
    fn spelling(&self, title: Ranked<'_>) -> String {
        let segments = self.snapshot.segments.iter().enumerate();
        let bearers = segments.filter_map(|(at, live)| {
            let number = self.number_in(at, title)?;
            let document = open_documents(live, number, self.firsts[at]).next()?;
            Some((&*live.segment, document))
        });
        let first = bearers.min_by(|left, right| left.0.compare(left.1, right.0, right.1));
        first.map_or_else(String::new, |(segment, document)| {
            let field = match title.kind {
                SuggestionKind::Organization => "organization",
                SuggestionKind::Scholarship | SuggestionKind::Word => "name",
            };
            text_of(segment.cards.get(document), field).into_owned()
        })
    }
}
