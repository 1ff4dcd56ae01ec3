//! The reference: the same semantics, evaluated record by record without any index.

mod records;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use domain::eligibility::verdict;
use domain::{Scholarship, ScholarshipId, Timestamp, Verdict};
use ports::search_index::{FacetKind, FacetValue, SearchRequest, VerdictCounts};

use records::{facet_values, finished, key, passes};
use wording::{edits, family, synonyms};
pub(crate) use wording::{fields, words};

pub(crate) const SYNONYMS: &str = "cs, computer science\nnv => nevada\n";
const STOP_WORDS: [&str; 7] = ["a", "or", "the", "for", "of", "scholarship", "scholarships"];

/// Those that the generator knows, and codes of vocabularies that misspelt words may become.
const OPTIONAL_WORDS: [&str; 6] = ["award", "awards", "future", "futures", "need", "school"];

pub(crate) type Catalogue = BTreeMap<ScholarshipId, Scholarship>;

pub(crate) struct Expected {
    /// In order, as far as `same_rank` tells.
    pub(crate) ids: BTreeSet<ScholarshipId>,
    pub(crate) keys: BTreeMap<ScholarshipId, Key>,
    pub(crate) relaxed: Vec<String>,
    pub(crate) corrected: Vec<(String, String)>,
    pub(crate) facets: Vec<(FacetKind, Vec<FacetValue>)>,
    pub(crate) verdicts: Option<VerdictCounts>,
}

/// What the order depends on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    Relevance {
        rank: usize,
        unknown: bool,
        score: u64,
        intrinsic: u64,
    },
    /// Whether an amount that is asked about is unknown, whether the number is, and the number.
    Number(bool, bool, i64),
    Name(bool, String),
}

struct Text {
    fields: [Vec<String>; 5],
}

/// A word of a slot: acceptable forms.
#[derive(Clone, Default)]
struct Word {
    forms: Vec<(String, Form)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Itself,
    Stem,
    Completion,
}

#[derive(Clone)]
struct Alternative {
    words: Vec<Word>,
    adjacent: bool,
    /// In 1,024ths.
    weight: u64,
}

#[derive(Clone)]
struct Slot {
    typed: Vec<String>,
    /// It need not match, but counts where it does.
    optional: bool,
    alternatives: Vec<Alternative>,
}

pub(crate) struct Model<'a> {
    catalogue: &'a Catalogue,
    texts: BTreeMap<&'a ScholarshipId, Text>,
    /// Word -> how many hold it.
    frequencies: BTreeMap<String, usize>,
}

impl<'a> Model<'a> {
    pub(crate) fn of(catalogue: &'a Catalogue) -> Self {
        let texts: BTreeMap<_, _> = catalogue
            .iter()
            .map(|(id, scholarship)| {
                let fields = fields(scholarship);
                (id, Text { fields })
            })
            .collect();
        let mut frequencies = BTreeMap::new();
        for text in texts.values() {
            let distinct: BTreeSet<&String> = text.fields.iter().flatten().collect();
            for word in distinct {
                *frequencies.entry(word.clone()).or_insert(0) += 1;
            }
        }
        Self {
            catalogue,
            texts,
            frequencies,
        }
    }

    fn frequency(&self, word: &str) -> usize {
        self.frequencies.get(word).copied().unwrap_or(0)
    }

    /// `prefix`: from how many letters on it may be a beginning, if at all.
    fn word(&self, word: &str, prefix: Option<usize>) -> Word {
        let mut forms = Vec::new();
        for form in family(word) {
            if self.frequency(&form) > 0 {
                let kind = if form == word {
                    Form::Itself
                } else {
                    Form::Stem
                };
                forms.push((form.clone(), kind));
            }
        }
        if prefix.is_some_and(|least| word.len() >= least) {
            for known in self.frequencies.keys() {
                if known.starts_with(word) {
                    forms.push((known.clone(), Form::Completion));
                }
            }
        }
        Word { forms }
    }

    fn corrected(&self, word: &str, last: bool) -> Option<String> {
        let most = match word.len() {
            0..=3 => return None,
            4..=7 => 1,
            _ => 2,
        };
        let sorted = |word: &str| {
            let mut letters: Vec<char> = word.chars().collect();
            letters.sort_unstable();
            letters
        };
        let undoubled = |word: &str| {
            let mut letters: Vec<char> = word.chars().collect();
            letters.dedup();
            letters
        };
        let is_slip =
            |known: &str| sorted(known) == sorted(word) || undoubled(known) == undoubled(word);
        let may_be_meant =
            |known: &&String| word.len() > 4 || known.len() != word.len() || is_slip(known);
        let rank = |edits: usize, known: &str| {
            let other_start = known.chars().next() != word.chars().next();
            let rarity = std::cmp::Reverse(self.frequency(known));
            (
                edits,
                other_start,
                !is_slip(known),
                rarity,
                known.to_owned(),
            )
        };
        let letters = |known: &&String| known.chars().all(char::is_alphabetic);
        let nearest = self
            .frequencies
            .keys()
            .filter(letters)
            .filter(may_be_meant)
            .map(|known| rank(edits(word, known), known))
            .filter(|rank| rank.0 <= most)
            .min()
            .map(|(_, _, _, _, known)| known);
        if nearest.is_some() || !last || word.len() < 5 {
            return nearest;
        }
        let is_nearly_begun = |known: &&String| {
            known[..1] == word[..1] && (0..=known.len()).any(|end| edits(word, &known[..end]) <= 1)
        };
        self.frequencies
            .keys()
            .filter(letters)
            .filter(is_nearly_begun)
            .min_by_key(|known| (std::cmp::Reverse(self.frequency(known)), *known))
            .cloned()
    }

    /// Slots, the whole query in normal form, and what was corrected.
    fn plan(&self, query: &str) -> (Vec<Slot>, String, Vec<(String, String)>) {
        let typed: Vec<String> = query.split_whitespace().map(str::to_owned).collect();
        let mut normal: Vec<String> = typed.iter().map(|word| word.to_lowercase()).collect();
        let stop = |word: &String| STOP_WORDS.contains(&word.as_str());
        let all_stop = normal.iter().all(stop);
        let needed: Vec<bool> = normal.iter().map(|word| all_stop || !stop(word)).collect();
        let several = needed.iter().filter(|needed| **needed).count() > 1;
        let least = if several { 1 } else { 2 };
        let mut corrected = Vec::new();
        let mut at = 0;
        while at < normal.len() {
            if let Some((length, _)) = synonyms(&normal[at..]) {
                at += length;
                continue;
            }
            let last = at + 1 == normal.len();
            if needed[at]
                && self
                    .word(&normal[at], last.then_some(least))
                    .forms
                    .is_empty()
                && let Some(used) = self.corrected(&normal[at], last)
            {
                corrected.push((typed[at].clone(), used.clone()));
                normal[at] = used;
            }
            at += 1;
        }
        let whole = normal.join(" ");
        let kept: Vec<usize> = (0..normal.len()).filter(|at| needed[*at]).collect();
        let plain: Vec<String> = kept.iter().map(|at| normal[*at].clone()).collect();
        let mut slots = Vec::new();
        let mut at = 0;
        while at < plain.len() {
            let (length, also) = synonyms(&plain[at..]).unwrap_or((1, Vec::new()));
            let own = (at..at + length).map(|at| {
                let is_last = kept[at] + 1 == normal.len();
                self.word(&plain[at], is_last.then_some(least))
            });
            let mut alternatives = vec![Alternative {
                words: own.collect(),
                adjacent: false,
                weight: 1_024,
            }];
            alternatives.extend(also.iter().map(|phrase| Alternative {
                words: phrase.iter().map(|word| self.word(word, None)).collect(),
                adjacent: true,
                weight: 717,
            }));
            let optional = |word: &String| OPTIONAL_WORDS.contains(&word.as_str());
            slots.push(Slot {
                optional: plain[at..at + length].iter().all(optional),
                typed: (at..at + length)
                    .map(|at| typed[kept[at]].clone())
                    .collect(),
                alternatives,
            });
            at += length;
        }
        if slots.iter().all(|slot| slot.optional) {
            slots.iter_mut().for_each(|slot| slot.optional = false);
        }
        (slots, whole, corrected)
    }

    /// Of the forms, and of all completions together.
    fn word_frequencies(&self, word: &Word) -> (usize, usize) {
        let of = |(form, _): &(String, Form)| self.frequency(form);
        let (completions, forms): (Vec<_>, Vec<_>) = word
            .forms
            .iter()
            .partition(|(_, kind)| *kind == Form::Completion);
        let forms = forms.into_iter().map(of).max().unwrap_or(0);
        let completions = completions.into_iter().map(of).sum::<usize>();
        (forms, completions.min(self.catalogue.len()))
    }

    fn word_frequency(&self, word: &Word) -> usize {
        let (forms, completions) = self.word_frequencies(word);
        forms.max(completions)
    }

    fn informativeness(&self, frequency: usize) -> u64 {
        let (count, frequency) = (self.catalogue.len() as f64, frequency as f64);
        let idf = (1.0 + (count - frequency + 0.5) / (frequency + 0.5)).ln();
        (idf * 1_024.0).round() as u64
    }

    fn slot_frequency(&self, slot: &Slot) -> usize {
        let of_alternative = |alternative: &Alternative| {
            let words = alternative.words.iter();
            words
                .map(|word| self.word_frequency(word))
                .min()
                .unwrap_or(0)
        };
        slot.alternatives
            .iter()
            .map(of_alternative)
            .max()
            .unwrap_or(0)
    }

    fn word_score(&self, text: &Text, word: &Word, weight: u64) -> Option<u64> {
        let (forms, completions) = self.word_frequencies(word);
        let score = |(form, kind): &(String, Form)| {
            let (frequency, of_form) = match kind {
                Form::Itself => (forms, 1_024),
                Form::Stem => (forms, 819),
                Form::Completion => (completions, 614),
            };
            let says = self.informativeness(frequency);
            let counts = (says * of_form / 1_024 * weight / 1_024).max(1);
            impact(text, form).map(|impact| counts * impact)
        };
        word.forms.iter().filter_map(score).max()
    }

    /// (field, position) of all forms.
    fn places(text: &Text, word: &Word) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        for (field, words) in text.fields.iter().enumerate() {
            for (at, other) in words.iter().enumerate() {
                if word.forms.iter().any(|(form, _)| form == other) {
                    places.push((field, at));
                }
            }
        }
        places
    }

    fn alternative_score(&self, text: &Text, alternative: &Alternative) -> Option<u64> {
        let mut sum = 0;
        for word in &alternative.words {
            sum += self.word_score(text, word, alternative.weight)?;
        }
        let places: Vec<Vec<(usize, usize)>> = alternative
            .words
            .iter()
            .map(|word| Self::places(text, word))
            .collect();
        let follow = places[0].iter().any(|(field, at)| {
            (1..)
                .zip(&places[1..])
                .all(|(distance, places)| places.contains(&(*field, at + distance)))
        });
        (!alternative.adjacent || follow).then_some(sum)
    }

    fn slot_score(&self, text: &Text, slot: &Slot) -> Option<u64> {
        let alternatives = slot.alternatives.iter();
        alternatives
            .filter_map(|alternative| self.alternative_score(text, alternative))
            .max()
    }

    /// In 64ths.
    fn text_score(&self, text: &Text, slots: &[Slot], whole: &str) -> Option<u64> {
        let mut sum = 0;
        let mut all_places = Vec::new();
        for slot in slots {
            if slot.optional {
                sum += self.slot_score(text, slot).unwrap_or(0);
                continue;
            }
            sum += self.slot_score(text, slot)?;
            let mut places = BTreeSet::new();
            for word in slot.alternatives.iter().flat_map(|one| &one.words) {
                places.extend(Self::places(text, word));
            }
            all_places.push(places);
        }
        let mut nearness = 0;
        for pair in all_places.windows(2) {
            let mut best = 0;
            for (field, at) in &pair[0] {
                for (other_field, other) in &pair[1] {
                    let distance = at.abs_diff(*other) as u64;
                    if field == other_field && (1..=8).contains(&distance) {
                        let share = if other > at { 1_024 } else { 512 };
                        best = best.max(share / distance);
                    }
                }
            }
            nearness += best;
        }
        let pairs = (all_places.len() as u64).saturating_sub(1);
        let nearness = nearness.checked_div(pairs).unwrap_or(0);
        let mut share = 1_024 + 512 * nearness / 1_024;
        if text.fields[0].join(" ") == whole {
            share += 1_024;
        }
        Some(sum * share / 1_024 / 4_096)
    }

    pub(crate) fn search(&self, request: &SearchRequest, now: Timestamp) -> Expected {
        let (slots, whole, corrected) = self.plan(&request.query);
        let mut expected = self.attempt(request, &slots, &whole, now);
        for slots in [slots.clone(), apart(slots)] {
            if expected.ids.is_empty()
                && let Some(kept) = self.most_that_matches(request, &slots, now)
            {
                let (kept, dropped): (Vec<_>, Vec<_>) = slots
                    .into_iter()
                    .enumerate()
                    .partition(|(at, slot)| slot.optional || kept.contains(at));
                let kept: Vec<Slot> = kept.into_iter().map(|(_, slot)| slot).collect();
                expected = self.attempt(request, &kept, &whole, now);
                let dropped = dropped.into_iter().flat_map(|(_, slot)| slot.typed);
                expected.relaxed = dropped.collect();
                expected.relaxed.dedup();
            }
        }
        expected.corrected = corrected;
        expected
    }

    /// The largest set of slots that some record which may be shown matches; of equally large ones that which says most.
    fn most_that_matches(
        &self,
        request: &SearchRequest,
        slots: &[Slot],
        now: Timestamp,
    ) -> Option<Vec<usize>> {
        // A state is given up before anything else.
        let says = |at: &usize| {
            let words = &slots[*at].alternatives;
            let is_state = |one: &Alternative| {
                one.words.len() == 1
                    && one.words[0]
                        .forms
                        .first()
                        .is_some_and(|form| form.0 == "nevada")
            };
            match words.iter().any(is_state) {
                true => 0,
                false => self.informativeness(self.slot_frequency(&slots[*at])),
            }
        };
        let shown = self.catalogue.iter().filter(|(_, scholarship)| {
            let filter = request.profile.as_ref();
            passes(scholarship, &request.filters, None, now)
                && filter.is_none_or(|filter| {
                    let verdict = verdict(&scholarship.content.criteria, &filter.profile);
                    filter.verdicts.contains(verdict)
                })
        });
        let matched = shown.map(|(id, _)| -> Vec<usize> {
            let matches = |at: &usize| self.slot_score(&self.texts[id], &slots[*at]).is_some();
            let needed = |at: &usize| !slots[*at].optional;
            (0..slots.len()).filter(needed).filter(matches).collect()
        });
        let best = matched.max_by_key(|kept| {
            // Of what is equal, the earlier words.
            let earlier: Vec<std::cmp::Reverse<usize>> =
                kept.iter().copied().map(std::cmp::Reverse).collect();
            (kept.len(), kept.iter().map(says).sum::<u64>(), earlier)
        });
        best.filter(|kept| !kept.is_empty())
    }

    fn attempt(
        &self,
        request: &SearchRequest,
        slots: &[Slot],
        whole: &str,
        now: Timestamp,
    ) -> Expected {
        let mut expected = Expected {
            ids: BTreeSet::new(),
            keys: BTreeMap::new(),
            relaxed: Vec::new(),
            corrected: Vec::new(),
            facets: Vec::new(),
            verdicts: request.profile.as_ref().map(|_| VerdictCounts::default()),
        };
        let mut facets: BTreeMap<FacetKind, BTreeMap<String, Vec<Option<i64>>>> = BTreeMap::new();
        for (id, scholarship) in self.catalogue {
            let score = if slots.is_empty() {
                0
            } else if let Some(score) = self.text_score(&self.texts[id], slots, whole) {
                score
            } else {
                continue;
            };
            let verdict = request
                .profile
                .as_ref()
                .map(|filter| verdict(&scholarship.content.criteria, &filter.profile));
            let passes = passes(scholarship, &request.filters, None, now);
            if passes && let (Some(verdict), Some(counts)) = (verdict, &mut expected.verdicts) {
                match verdict {
                    Verdict::Eligible => counts.eligible += 1,
                    Verdict::Possible => counts.possible += 1,
                    Verdict::Ineligible => counts.ineligible += 1,
                }
            }
            let wanted = request.profile.as_ref().zip(verdict);
            if wanted.is_some_and(|(filter, verdict)| !filter.verdicts.contains(verdict)) {
                continue;
            }
            let currency = request.filters.currency;
            let award = &scholarship.content.award;
            let amount = award.most().filter(|_| award.currency == currency);
            for kind in request.facets.iter() {
                if records::passes(scholarship, &request.filters, Some(kind), now) {
                    for value in facet_values(scholarship, kind, amount, now) {
                        let values = facets.entry(kind).or_default();
                        values.entry(value).or_default().push(amount);
                    }
                }
            }
            if passes {
                expected.ids.insert(id.clone());
                let key = key(scholarship, request, score, verdict, now);
                expected.keys.insert(id.clone(), key);
            }
        }
        expected.facets = request
            .facets
            .iter()
            .map(|kind| {
                (
                    kind,
                    finished(kind, facets.remove(&kind).unwrap_or_default()),
                )
            })
            .collect();
        expected
    }
}

/// `tf / (k1 + tf)` in 255ths, for a word that the text holds.
fn impact(text: &Text, word: &str) -> Option<u64> {
    const FIELDS: [(f64, f64, f64); 5] = [
        (5.0, 0.4, 5.0),
        (3.0, 0.4, 4.0),
        (2.5, 0.3, 8.0),
        (1.0, 0.6, 50.0),
        (0.8, 0.6, 20.0),
    ];
    let mut frequency = 0.0;
    for (field, (boost, length, typical)) in text.fields.iter().zip(FIELDS) {
        let occurrences = field.iter().filter(|other| *other == word).count() as f64;
        let relative = field.len() as f64 / typical;
        frequency += boost * occurrences / (1.0 - length + length * relative);
    }
    (frequency > 0.0).then(|| ((frequency / (1.2 + frequency) * 255.0).round() as u64).max(1))
}

/// Every word in a slot of its own.
fn apart(slots: Vec<Slot>) -> Vec<Slot> {
    let mut singles = Vec::new();
    for slot in slots {
        if slot.typed.len() == 1 {
            singles.push(slot);
            continue;
        }
        for (typed, word) in slot.typed.iter().zip(&slot.alternatives[0].words) {
            singles.push(Slot {
                optional: false,
                typed: vec![typed.clone()],
                alternatives: vec![Alternative {
                    words: vec![word.clone()],
                    adjacent: false,
                    weight: 1_024,
                }],
            });
        }
    }
    singles
}
