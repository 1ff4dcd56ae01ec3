//! The documents of one segment that match every slot of a query, with the sums of their words' scores.
//!
//! The slot with the fewest postings gives the candidates; every further one is looked up for those that are left. A slot's
//! score on a document is that of its best term: weight times impact.

use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::Range;

use crate::bit_set::BitSet;
use crate::buffers::Buffer;
use crate::postings::{List, Probe};
use crate::segment::Segment;
use crate::snapshot::LiveSegment;
use crate::words_in_segment::{Conjunction, QueryTerms, SlotTerms, WordTerms};

/// Fewer postings than this are sorted rather than marked in a table of all documents.
const FEW: u32 = 256;

/// What it costs, about, to read a document's words and look for completions among them, to look one document up in a list,
/// and to spread one posting over a table of all documents.
const READ_WORDS: u64 = 64;
const PROBE: u64 = 4;
const SPREAD: u64 = 2;

/// Matching documents in rising order, and for each the sum of its slots' scores.
#[derive(Debug)]
pub(crate) enum Candidates<'a> {
    Listed(Listed),
    /// One whole posting list, which need not be copied.
    List(List<'a>, u32),
}

#[derive(Debug, Default)]
pub(crate) struct Listed {
    documents: Buffer,
    sums: Buffer,
}

impl Default for Candidates<'_> {
    fn default() -> Self {
        Self::Listed(Listed::default())
    }
}

impl<'a> Candidates<'a> {
    /// Documents that no word was asked for.
    pub(crate) fn without_words(documents: Buffer) -> Self {
        Self::Listed(Listed {
            sums: Buffer::zeros(documents.len()),
            documents,
        })
    }

    pub(crate) fn documents(&self) -> &[u32] {
        match self {
            Self::Listed(listed) => &listed.documents,
            Self::List(list, _) => list.documents,
        }
    }

    /// Of the document at a position.
    pub(crate) fn sum(&self, at: usize) -> u32 {
        match self {
            Self::Listed(listed) => listed.sums[at],
            Self::List(list, weight) => u32::from(list.impacts[at]) * weight,
        }
    }

    /// Calls `visit` with the position, the document and its sum.
    #[inline]
    pub(crate) fn each(&self, mut visit: impl FnMut(usize, u32, u32)) {
        match self {
            Self::Listed(listed) => {
                let pairs = listed.documents.iter().zip(listed.sums.iter());
                for (at, (document, sum)) in pairs.enumerate() {
                    visit(at, *document, *sum);
                }
            }
            Self::List(list, weight) => {
                for (at, (document, impact)) in list.iter().enumerate() {
                    visit(at, document, u32::from(impact) * weight);
                }
            }
        }
    }

    /// The same for those whose sum is at least `least`, which `visit` may raise.
    #[inline]
    pub(crate) fn each_from(&self, mut least: u32, mut visit: impl FnMut(&mut u32, u32, u32)) {
        match self {
            Self::Listed(listed) => {
                for (document, sum) in listed.documents.iter().zip(listed.sums.iter()) {
                    if *sum >= least {
                        visit(&mut least, *document, *sum);
                    }
                }
            }
            Self::List(list, weight) => {
                for (document, impact) in list.iter() {
                    let sum = u32::from(impact) * weight;
                    if sum >= least {
                        visit(&mut least, document, sum);
                    }
                }
            }
        }
    }

    pub(crate) fn retain(&mut self, keeps: impl FnMut(u32) -> bool) {
        *self = Self::Listed(match std::mem::take(self) {
            Self::Listed(mut listed) => {
                listed.retain(keeps);
                listed
            }
            Self::List(list, weight) => Listed::of_part(list, weight, keeps),
        });
    }

    fn listed(self) -> Listed {
        match self {
            Self::Listed(listed) => listed,
            Self::List(list, weight) => {
                let mut listed = Listed::default();
                listed.documents.extend_from_slice(list.documents);
                let scores = list
                    .impacts
                    .iter()
                    .map(|impact| u32::from(*impact) * weight);
                listed.sums.extend(scores);
                listed
            }
        }
    }
}

impl Listed {
    /// What of a posting list is kept, without copying the rest first.
    fn of_part(list: List<'_>, weight: u32, mut keeps: impl FnMut(u32) -> bool) -> Self {
        let mut listed = Self {
            documents: Buffer::zeros(list.len()),
            sums: Buffer::zeros(list.len()),
        };
        let (documents, sums) = (listed.documents.as_mut_slice(), listed.sums.as_mut_slice());
        let mut kept = 0;
        for (document, impact) in list.iter() {
            // Written whether it stays or not: no branch to mispredict.
            documents[kept] = document;
            sums[kept] = u32::from(impact) * weight;
            kept += usize::from(keeps(document));
        }
        listed.documents.truncate(kept);
        listed.sums.truncate(kept);
        listed
    }

    fn push(&mut self, document: u32, sum: u32) {
        self.documents.push(document);
        self.sums.push(sum);
    }

    fn retain(&mut self, mut keeps: impl FnMut(u32) -> bool) {
        let mut kept = 0;
        for at in 0..self.documents.len() {
            let document = self.documents[at];
            self.documents[kept] = document;
            self.sums[kept] = self.sums[at];
            kept += usize::from(keeps(document));
        }
        self.documents.truncate(kept);
        self.sums.truncate(kept);
    }

    /// Adds a score to each sum; those that have none go.
    fn narrow(&mut self, scores: &[u32]) {
        let mut kept = 0;
        for (at, score) in scores.iter().enumerate() {
            // Written whether it stays or not: no branch to mispredict.
            self.documents[kept] = self.documents[at];
            self.sums[kept] = self.sums[at] + score;
            kept += usize::from(*score > 0);
        }
        self.documents.truncate(kept);
        self.sums.truncate(kept);
    }
}

/// Matches queries in one segment, among its live documents from `first` on.
#[derive(Clone, Copy)]
pub(crate) struct Matcher<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) dead: &'a BitSet,
    pub(crate) first: u32,
}

impl<'a> Matcher<'a> {
    pub(crate) fn of(live: &'a LiveSegment, first: u32) -> Self {
        Self {
            segment: &live.segment,
            dead: &live.dead,
            first,
        }
    }

    /// Documents that match all slots that must match; a query without any matches nothing here.
    pub(crate) fn all(self, terms: &QueryTerms) -> Candidates<'a> {
        let mut slots: Vec<&SlotTerms> = terms.slots.iter().collect();
        slots.sort_by_key(|slot| slot.size);
        let Some((rarest, others)) = slots.split_first() else {
            return Candidates::default();
        };
        if others.is_empty() && terms.optional.is_empty() {
            return self.slot(rarest);
        }
        let mut found = self.slot(rarest).listed();
        for slot in others {
            if found.documents.is_empty() {
                break;
            }
            let scores = self.slot_scores(slot, &found.documents);
            found.narrow(&scores);
        }
        for slot in &terms.optional {
            let scores = self.slot_scores(slot, &found.documents);
            for (sum, score) in found.sums.iter_mut().zip(scores.iter()) {
                *sum += score;
            }
        }
        Candidates::Listed(found)
    }

    /// Documents that match one slot.
    pub(crate) fn slot(self, slot: &SlotTerms) -> Candidates<'a> {
        let mut union = self.word(&slot.word);
        for conjunction in &slot.conjunctions {
            union = Candidates::Listed(united(union.listed(), self.conjunction(conjunction)));
        }
        union
    }

    fn conjunction(self, conjunction: &Conjunction) -> Listed {
        let mut words: Vec<&WordTerms> = conjunction.words.iter().collect();
        words.sort_by_key(|word| word.size);
        let Some((rarest, others)) = words.split_first() else {
            return Listed::default();
        };
        let mut found = self.word(rarest).listed();
        for word in others {
            let scores = self.word_scores(word, &found.documents);
            found.narrow(&scores);
        }
        if conjunction.adjacent {
            let mut scores = Buffer::new();
            let documents = found.documents.iter();
            scores.extend(
                documents.map(|document| u32::from(self.follow_each_other(conjunction, *document))),
            );
            found.narrow(&scores);
            // One point for being there is not part of the score.
            found.sums.iter_mut().for_each(|sum| *sum -= 1);
        }
        found
    }

    fn word(self, word: &WordTerms) -> Candidates<'a> {
        let lists = self.lists(word);
        let is_live = |document| !self.dead.contains(document);
        match lists.as_slice() {
            [] => Candidates::default(),
            [(list, weight)] if word.completions.is_empty() => {
                let list = Candidates::List(*list, *weight);
                if self.dead.count() == 0 {
                    return list;
                }
                let mut live = list;
                live.retain(is_live);
                live
            }
            several => {
                let mut union = if word.size <= FEW {
                    sorted_union(several)
                } else {
                    marked_union(several, self.first, self.dead)
                };
                if word.size <= FEW {
                    union.retain(|document| document >= self.first && is_live(document));
                }
                Candidates::Listed(union)
            }
        }
    }

    /// Lists with what their words count. Those of completions are one after the other, and may begin before `first`.
    fn lists(self, word: &WordTerms) -> Vec<(List<'a>, u32)> {
        let postings = &self.segment.postings;
        let of_terms = word
            .terms
            .iter()
            .map(|(term, weight)| (postings.list(*term).from(self.first), *weight));
        let mut lists: Vec<_> = of_terms.collect();
        if !word.completions.is_empty() {
            let all = postings.lists(word.completions.clone());
            lists.push((all, word.completion_weight));
        }
        lists
    }

    /// The scores of a slot on some documents, 0 where it does not match.
    pub(crate) fn slot_scores(self, slot: &SlotTerms, documents: &[u32]) -> Buffer {
        let mut scores = self.word_scores(&slot.word, documents);
        for conjunction in &slot.conjunctions {
            let mut all = Buffer::zeros(documents.len());
            let mut holds = vec![true; documents.len()];
            for word in &conjunction.words {
                let of_word = self.word_scores(word, documents);
                for ((sum, holds), score) in all.iter_mut().zip(&mut holds).zip(of_word.iter()) {
                    *sum += score;
                    *holds &= *score > 0;
                }
            }
            for (at, document) in documents.iter().enumerate() {
                if holds[at]
                    && all[at] > scores[at]
                    && (!conjunction.adjacent || self.follow_each_other(conjunction, *document))
                {
                    scores[at] = all[at];
                }
            }
        }
        scores
    }

    fn word_scores(self, word: &WordTerms, documents: &[u32]) -> Buffer {
        let count = documents.len() as u64;
        let completions = word.completions.clone();
        let is_reading = PROBE * completions.len() as u64 > READ_WORDS;
        let of_completions = READ_WORDS.min(PROBE * completions.len() as u64);
        let looking_up = count * (PROBE * word.terms.len() as u64 + of_completions);
        if SPREAD * (u64::from(word.size) + count) < looking_up {
            return spread(&self.lists(word), documents, self.segment.len());
        }
        let mut scores = Buffer::zeros(documents.len());
        let probed = if is_reading {
            0..0
        } else {
            completions.clone()
        };
        let weight = word.completion_weight;
        let probed = probed.map(|term| (term, weight));
        for (term, weight) in word.terms.iter().copied().chain(probed) {
            let mut probe = self.segment.postings.list(term).probe();
            for (score, document) in scores.iter_mut().zip(documents) {
                *score = (*score).max(u32::from(probe.impact(*document)) * weight);
            }
        }
        if is_reading {
            for (score, document) in scores.iter_mut().zip(documents) {
                let impact = self.best_impact(&completions, *document);
                *score = (*score).max(u32::from(impact) * weight);
            }
        }
        scores
    }

    /// The highest impact of some terms on a document, found among the document's words; 0 when it holds none of them.
    fn best_impact(self, terms: &Range<u32>, document: u32) -> u8 {
        let (mut best, mut last) = (0, None);
        for term in self.segment.tokens.of(document) {
            if terms.contains(term) && last != Some(*term) {
                let mut probe: Probe<'_> = self.segment.postings.list(*term).probe();
                best = best.max(probe.impact(document));
                last = Some(*term);
            }
        }
        best
    }

    fn follow_each_other(self, conjunction: &Conjunction, document: u32) -> bool {
        let tokens = self.segment.tokens.of(document);
        let ends = &self.segment.tokens.field_ends[document as usize];
        let mut start = 0_u16;
        ends.0.iter().any(|end| {
            let field = &tokens[usize::from(start)..usize::from(*end)];
            start = *end;
            field.windows(conjunction.words.len()).any(|window| {
                let mut pairs = window.iter().zip(&conjunction.words);
                pairs.all(|(term, word)| word.holds(*term))
            })
        })
    }
}

/// Documents of either, with the better score.
fn united(left: Listed, right: Listed) -> Listed {
    if right.documents.is_empty() {
        return left;
    }
    if left.documents.is_empty() {
        return right;
    }
    let mut both = Listed::default();
    let (mut at, mut other) = (0, 0);
    loop {
        match (left.documents.get(at), right.documents.get(other)) {
            (Some(one), Some(two)) if one == two => {
                both.push(*one, left.sums[at].max(right.sums[other]));
                at += 1;
                other += 1;
            }
            (Some(one), two) if two.is_none_or(|two| one < two) => {
                both.push(*one, left.sums[at]);
                at += 1;
            }
            (_, Some(two)) => {
                both.push(*two, right.sums[other]);
                other += 1;
            }
            _ => return both,
        }
    }
}

fn sorted_union(lists: &[(List<'_>, u32)]) -> Listed {
    let mut all: Vec<(u32, u32)> = Vec::new();
    for (list, weight) in lists {
        let scored = list
            .iter()
            .map(|(document, impact)| (document, u32::from(impact) * weight));
        all.extend(scored);
    }
    all.sort_unstable();
    let mut union = Listed::default();
    for (document, score) in all {
        match union.documents.last() {
            // In rising order of scores: the last one is the best.
            Some(last) if *last == document => {
                if let Some(sum) = union.sums.last_mut() {
                    *sum = score;
                }
            }
            _ => union.push(document, score),
        }
    }
    union
}

/// A score and a mark for each document of the largest segment so far; all zero between uses.
#[derive(Default)]
struct Table {
    scores: Vec<u32>,
    marks: Vec<u64>,
}

thread_local! {
    static TABLE: Cell<Table> = const {
        Cell::new(Table {
            scores: Vec::new(),
            marks: Vec::new(),
        })
    };
}

impl Table {
    /// For so many documents.
    fn take(documents: u32) -> Self {
        let mut table = TABLE.take();
        if table.scores.len() < documents as usize {
            table.scores.resize(documents as usize, 0);
            table.marks.resize((documents as usize).div_ceil(64), 0);
        }
        table
    }

    fn give_back(self) {
        TABLE.set(self);
    }
}

/// The best score of some lists on some documents, 0 where none of them has the document.
fn spread(lists: &[(List<'_>, u32)], documents: &[u32], size: u32) -> Buffer {
    let mut table = Table::take(size);
    let scores = table.scores.as_mut_slice();
    for (list, weight) in lists {
        for (document, impact) in list.iter() {
            let score = &mut scores[document as usize];
            *score = (*score).max(u32::from(impact) * weight);
        }
    }
    let mut found = Buffer::new();
    found.extend(documents.iter().map(|document| scores[*document as usize]));
    for (list, _) in lists {
        for document in list.documents {
            scores[*document as usize] = 0;
        }
    }
    table.give_back();
    found
}

/// The live documents from `first` on that any of the lists has, each with its best score.
fn marked_union(lists: &[(List<'_>, u32)], first: u32, dead: &BitSet) -> Listed {
    let dead = dead.words();
    let mut table = Table::take(64 * dead.len() as u32);
    let (scores, marks) = (table.scores.as_mut_slice(), table.marks.as_mut_slice());
    for (list, weight) in lists {
        for (document, impact) in list.iter() {
            marks[document as usize / 64] |= 1 << (document % 64);
            let score = &mut scores[document as usize];
            *score = (*score).max(u32::from(impact) * weight);
        }
    }
    // What is not wanted has its scores cleared, too.
    let clear = |scores: &mut [u32], at: usize, mut marked: u64| {
        while marked != 0 {
            scores[64 * at + marked.trailing_zeros() as usize] = 0;
            marked &= marked - 1;
        }
    };
    let (whole, rest) = (first as usize / 64, first % 64);
    let marks = &mut marks[..dead.len()];
    let mut count = 0;
    for (at, (mark, dead)) in marks.iter_mut().zip(dead).enumerate() {
        let early = match at.cmp(&whole) {
            Ordering::Less => u64::MAX,
            Ordering::Equal => (1 << rest) - 1,
            Ordering::Greater => 0,
        };
        let unwanted = *mark & (dead | early);
        clear(scores, at, unwanted);
        *mark &= !unwanted;
        count += mark.count_ones() as usize;
    }
    let mut union = Listed {
        documents: Buffer::zeros(count),
        sums: Buffer::zeros(count),
    };
    let (places, sums) = (union.documents.as_mut_slice(), union.sums.as_mut_slice());
    let mut found = 0;
    for (at, mark) in (0_u32..).zip(marks) {
        let mut marked = std::mem::take(mark);
        while marked != 0 {
            let document = 64 * at + marked.trailing_zeros();
            marked &= marked - 1;
            places[found] = document;
            sums[found] = std::mem::take(&mut scores[document as usize]);
            found += 1;
        }
    }
    table.give_back();
    union
}
