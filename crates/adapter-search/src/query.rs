//! What a query asks for: its words with everything that may stand for them.
//!
//! A query is a list of slots that must all match. A slot is a word, or a phrase that has synonyms; it is matched by any of
//! its alternatives, an alternative by all of its words, a word by any of its forms: itself, others of its stem, and for the
//! query's last word all that begin with it. A word that the catalogue does not know in any form is replaced by the nearest
//! one that it knows.

mod correction;

pub(crate) use correction::{nearest_completion, nearest_word};

use crate::analysis::{stem, visit_words};
use crate::scoring::{ONE, informativeness};
use crate::settings::SearchSettings;
use crate::snapshot::Snapshot;

const MOST_CHARACTERS: usize = 500;
const MOST_WORDS: usize = 32;

/// Fewer letters complete to half the dictionary, unless other words narrow that down. Words of other scripts say more with
/// each character.
const LEAST_LONE_PREFIX: usize = 2;

#[derive(Debug, Clone, Default)]
pub(crate) struct QueryPlan {
    /// All of them must match.
    pub(crate) slots: Vec<Slot>,
    /// These only count where they match.
    pub(crate) optional: Vec<Slot>,
    /// All words in normal form, corrected: to compare with names.
    pub(crate) words: Vec<String>,
    /// (typed, used).
    pub(crate) corrected: Vec<(String, String)>,
}

/// What all pages of one search share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PlanMark {
    /// Whether phrases were taken apart.
    pub(crate) apart: bool,
    /// The slots that were not given up, one bit each.
    pub(crate) kept: u32,
    /// What the words say, in their order, in 1,024ths.
    pub(crate) weights: Vec<u16>,
}

/// More would not fit into a URL: the words of such a query say on each page what they say then.
const MOST_WEIGHTS: usize = 300;

#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// What each word of the first alternative was typed as.
    pub(crate) typed: Vec<String>,
    pub(crate) alternatives: Vec<Alternative>,
    /// How many documents hold it, about; 0: none does.
    pub(crate) frequency: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    pub(crate) words: Vec<Word>,
    /// Whether the words must follow each other directly.
    pub(crate) adjacent: bool,
    /// In 1,024ths.
    pub(crate) weight: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// Forms that the catalogue knows, with what they count in 1,024ths.
    pub(crate) forms: Vec<(String, u32)>,
    /// What one of the forms says about a document, by the most frequent of them; in 1,024ths.
    pub(crate) informativeness: u32,
    pub(crate) prefix: Option<Prefix>,
    /// Of its most frequent form, or of all completions if that is more.
    pub(crate) frequency: u64,
}

/// A word that may go on.
#[derive(Debug, Clone)]
pub(crate) struct Prefix {
    pub(crate) beginning: String,
    /// What words that begin like this count in 1,024ths, if they are none of the forms.
    pub(crate) weight: u32,
    /// By all of them together; in 1,024ths.
    pub(crate) informativeness: u32,
}

/// A word of the query in normal form with the text that it was typed as.
#[derive(Debug, Clone)]
pub(crate) struct TypedWord {
    pub(crate) typed: String,
    pub(crate) word: String,
}

/// The considered words of a query.
pub(crate) fn typed_words(query: &str) -> Vec<TypedWord> {
    let end = query
        .char_indices()
        .nth(MOST_CHARACTERS)
        .map_or(query.len(), |(end, _)| end);
    let query = &query[..end];
    let mut words = Vec::new();
    visit_words(query, |word, range| {
        if words.len() < MOST_WORDS {
            words.push(TypedWord {
                typed: query[range].to_owned(),
                word: word.to_owned(),
            });
        }
    });
    words
}

impl QueryPlan {
    pub(crate) fn of(query: &str, settings: &SearchSettings, snapshot: &Snapshot) -> Self {
        let mut all = typed_words(query);
        let needed: Vec<bool> = if all
            .iter()
            .all(|word| settings.stop_words.contains(&word.word))
        {
            vec![true; all.len()]
        } else {
            all.iter()
                .map(|word| !settings.stop_words.contains(&word.word))
                .collect()
        };
        let mut plan = Self::default();
        let several = needed.iter().filter(|needed| **needed).count() > 1;
        let planner = Planner {
            settings,
            snapshot,
            documents: snapshot.live_count(),
            least_prefix: if several { 1 } else { LEAST_LONE_PREFIX },
        };
        planner.correct(&mut all, &needed, &mut plan.corrected);
        plan.words = all.iter().map(|word| word.word.clone()).collect();
        let last_is_needed = needed.last().copied().unwrap_or(false);
        let kept: Vec<TypedWord> = all
            .into_iter()
            .zip(&needed)
            .filter_map(|(word, needed)| needed.then_some(word))
            .collect();
        for (slot, is_optional) in planner.slots(&kept, last_is_needed) {
            if is_optional {
                plan.optional.push(slot);
            } else {
                plan.slots.push(slot);
            }
        }
        if plan.slots.is_empty() {
            plan.slots = std::mem::take(&mut plan.optional);
        }
        plan
    }

    /// What later pages need to rank as this plan does, whatever is written until then.
    pub(crate) fn mark(&mut self, apart: bool, kept: u32) -> PlanMark {
        let weights = self
            .weights()
            .map(|weight| u16::try_from(*weight).unwrap_or(u16::MAX));
        let weights: Vec<u16> = weights.take(MOST_WEIGHTS + 1).collect();
        PlanMark {
            apart,
            kept,
            weights: Some(weights)
                .filter(|weights| weights.len() <= MOST_WEIGHTS)
                .unwrap_or_default(),
        }
    }

    /// Lets the words say what they said on the first page. If words came to be or went meanwhile, they say what they say now.
    pub(crate) fn weigh_as(&mut self, mark: &PlanMark) {
        if self.weights().count() == mark.weights.len() {
            for (weight, marked) in self.weights().zip(&mark.weights) {
                *weight = u32::from(*marked);
            }
        }
    }

    fn weights(&mut self) -> impl Iterator<Item = &mut u32> {
        let slots = self.slots.iter_mut().chain(&mut self.optional);
        let alternatives = slots.flat_map(|slot| &mut slot.alternatives);
        let words = alternatives.flat_map(|alternative| &mut alternative.words);
        words.flat_map(|word| {
            let of_prefix = word
                .prefix
                .as_mut()
                .map(|prefix| &mut prefix.informativeness);
            std::iter::once(&mut word.informativeness).chain(of_prefix)
        })
    }

    /// The same query with every word in a slot of its own, so that each can be given up.
    pub(crate) fn apart(&self) -> Self {
        Self {
            slots: self.slots.iter().cloned().flat_map(Slot::apart).collect(),
            ..self.clone()
        }
    }
}

impl Slot {
    fn of(typed: Vec<String>, alternatives: Vec<Alternative>) -> Self {
        let frequencies = alternatives.iter().map(Alternative::frequency);
        Self {
            typed,
            frequency: frequencies.max().unwrap_or(0),
            alternatives,
        }
    }

    /// The slots of a phrase's own words, without what stands for the whole phrase.
    fn apart(self) -> Vec<Self> {
        if self.typed.len() < 2 {
            return vec![self];
        }
        let own = self.alternatives.into_iter().next();
        let words = own.into_iter().flat_map(|own| own.words);
        self.typed
            .into_iter()
            .zip(words)
            .map(|(typed, word)| {
                let alternative = Alternative {
                    words: vec![word],
                    adjacent: false,
                    weight: ONE,
                };
                Self::of(vec![typed], vec![alternative])
            })
            .collect()
    }
}

struct Planner<'a> {
    settings: &'a SearchSettings,
    snapshot: &'a Snapshot,
    documents: u64,
    /// Characters from which on a word is taken for a beginning.
    least_prefix: usize,
}

impl Planner<'_> {
    /// Replaces unknown words that are no part of a synonym's key.
    fn correct(
        &self,
        words: &mut [TypedWord],
        needed: &[bool],
        corrected: &mut Vec<(String, String)>,
    ) {
        let plain: Vec<String> = words.iter().map(|word| word.word.clone()).collect();
        let mut at = 0;
        while at < words.len() {
            if let Some((length, _)) = self.settings.synonyms.at_start_of(&plain[at..]) {
                at += length;
                continue;
            }
            let last = at + 1 == words.len();
            if needed[at] && self.word(&plain[at], last).frequency == 0 {
                let used = nearest_word(self.snapshot, &plain[at])
                    .or_else(|| last.then(|| nearest_completion(self.snapshot, &plain[at]))?);
                if let Some(used) = used {
                    corrected.push((words[at].typed.clone(), used.clone()));
                    words[at].word = used;
                }
            }
            at += 1;
        }
    }

    /// Slots in order, and whether all words of each are optional.
    fn slots(&self, words: &[TypedWord], last_is_prefix: bool) -> Vec<(Slot, bool)> {
        let plain: Vec<String> = words.iter().map(|word| word.word.clone()).collect();
        let mut slots = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let synonyms = self.settings.synonyms.at_start_of(&plain[at..]);
            let (length, also) = synonyms.unwrap_or((1, &[]));
            let own = (at..at + length)
                .map(|at| self.word(&plain[at], last_is_prefix && at + 1 == words.len()))
                .collect();
            let mut alternatives = vec![Alternative {
                words: own,
                adjacent: false,
                weight: ONE,
            }];
            alternatives.extend(also.iter().map(|phrase| Alternative {
                words: phrase.iter().map(|word| self.word(word, false)).collect(),
                adjacent: phrase.len() > 1,
                weight: self.settings.forms.synonym_weight(),
            }));
            let typed = words[at..at + length].iter().map(|word| word.typed.clone());
            let mut own = plain[at..at + length].iter();
            let is_optional = own.all(|word| self.settings.optional_words.contains(word));
            slots.push((Slot::of(typed.collect(), alternatives), is_optional));
            at += length;
        }
        slots
    }

    fn word(&self, text: &str, prefix: bool) -> Word {
        let mut forms: Vec<(String, u32)> = Vec::new();
        let mut frequency = 0;
        let own = self.snapshot.frequency(text);
        if own > 0 {
            forms.push((text.to_owned(), ONE));
            frequency = own;
        }
        let stem = stem(text);
        for live in &self.snapshot.segments {
            let dictionary = &live.segment.dictionary;
            for term in dictionary.forms_of(&stem) {
                let form = dictionary.word(term);
                if form == text || forms.iter().any(|(known, _)| known == form) {
                    continue;
                }
                let of_form = self.snapshot.frequency(form);
                if of_form > 0 {
                    forms.push((form.to_owned(), self.settings.forms.stem_weight()));
                    frequency = frequency.max(of_form);
                }
            }
        }
        let mut word = Word {
            forms,
            informativeness: informativeness(frequency, self.documents),
            prefix: None,
            frequency,
        };
        if prefix && (text.chars().count() >= self.least_prefix || !text.is_ascii()) {
            let completions = self.snapshot.frequency_of_completions(text);
            let completions = completions.min(self.documents);
            word.frequency = word.frequency.max(completions);
            word.prefix = Some(Prefix {
                beginning: text.to_owned(),
                weight: self.settings.forms.prefix_weight(),
                informativeness: informativeness(completions, self.documents),
            });
        }
        word
    }
}

impl Alternative {
    fn frequency(&self) -> u64 {
        self.words
            .iter()
            .map(|word| word.frequency)
            .min()
            .unwrap_or(0)
    }
}
