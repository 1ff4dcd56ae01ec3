//! Titles of one segment, best first: those that begin with a text, and those that hold some words.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

use super::ranked::{Offers, Ranked};
use super::titles::{BLOCK, Titles};
use crate::segment::Segment;

/// The titles at some places of the order of texts, in rising order of their numbers.
pub(super) struct Beginning<'a> {
    titles: &'a Titles,
    places: Range<usize>,
    /// For each block the smallest number that was not taken yet.
    heads: BinaryHeap<Reverse<(u32, u32)>>,
    remaining: usize,
}

impl<'a> Beginning<'a> {
    pub(super) fn of(segment: &'a Segment, typed: &str) -> Self {
        let titles = &segment.titles;
        let places = titles.beginning_with(segment, typed);
        let mut beginning = Self {
            titles,
            remaining: places.len(),
            heads: BinaryHeap::new(),
            places,
        };
        let blocks = beginning.places.start / BLOCK..beginning.places.end.div_ceil(BLOCK);
        let heads = blocks.filter_map(|block| {
            let within = beginning.places_of(block);
            let best = if within.len() == BLOCK {
                Some(titles.best_of_block(block))
            } else {
                titles.in_text_order(within).iter().copied().min()
            };
            best.map(|best| Reverse((best, block as u32)))
        });
        let heads: Vec<_> = heads.collect();
        beginning.heads = heads.into();
        beginning
    }

    fn places_of(&self, block: usize) -> Range<usize> {
        let start = self.places.start.max(block * BLOCK);
        start..self.places.end.min((block + 1) * BLOCK).max(start)
    }

    fn peek(&self) -> Option<u32> {
        self.heads.peek().map(|Reverse((title, _))| *title)
    }

    fn advance(&mut self) {
        let Some(Reverse((title, block))) = self.heads.peek().copied() else {
            return;
        };
        self.remaining -= 1;
        let places = self.places_of(block as usize);
        let behind = self.titles.in_text_order(places).iter().copied();
        let next = behind.filter(|other| *other > title).min();
        if let Some(mut head) = self.heads.peek_mut() {
            match next {
                Some(next) => *head = Reverse((next, block)),
                None => {
                    PeekMut::pop(head);
                }
            }
        }
    }
}

/// The titles in any of some rising lists, in rising order, each once.
pub(super) struct Union<'a> {
    heads: BinaryHeap<Reverse<(u32, &'a [u32])>>,
    remaining: usize,
}

impl<'a> Union<'a> {
    pub(super) fn of(lists: impl Iterator<Item = &'a [u32]>) -> Self {
        let heads = lists.filter_map(|list| {
            list.split_first()
                .map(|(first, rest)| Reverse((*first, rest)))
        });
        let heads: Vec<_> = heads.collect();
        Self {
            remaining: heads.iter().map(|Reverse((_, rest))| rest.len() + 1).sum(),
            heads: heads.into(),
        }
    }

    fn peek(&self) -> Option<u32> {
        self.heads.peek().map(|Reverse((title, _))| *title)
    }

    fn advance(&mut self) {
        let present = self.peek();
        while let Some(mut head) = self.heads.peek_mut() {
            let Reverse((title, rest)) = *head;
            if Some(title) != present {
                break;
            }
            self.remaining -= 1;
            match rest.split_first() {
                Some((next, rest)) => *head = Reverse((*next, rest)),
                None => {
                    PeekMut::pop(head);
                }
            }
        }
    }
}

/// A rising list in which titles are looked up in rising order.
struct Lookup<'a>(&'a [u32]);

impl Lookup<'_> {
    fn contains(&mut self, title: u32) -> bool {
        let mut step = 1;
        while self.0.get(step - 1).is_some_and(|other| *other < title) {
            step *= 2;
        }
        let (low, high) = (step / 2, step.min(self.0.len()));
        let within = self.0[low.min(high)..high].partition_point(|other| *other < title);
        self.0 = &self.0[low.min(high) + within..];
        self.0.first() == Some(&title)
    }
}

/// Titles of a segment in rising order of their numbers, and which of them count.
pub(super) struct TitleOffers<'a> {
    pub(super) at: usize,
    segment: &'a Segment,
    source: Source<'a>,
    /// Lists of which each must hold a title.
    others: Vec<Lookup<'a>>,
    /// Terms of which a title must hold one.
    completions: Option<Range<u32>>,
    /// Titles that begin like this are left out.
    typed: Option<&'a str>,
}

enum Source<'a> {
    Beginning(Beginning<'a>),
    Union(Union<'a>),
}

impl<'a> TitleOffers<'a> {
    /// Those that begin with what was typed.
    pub(super) fn beginning(at: usize, segment: &'a Segment, typed: &str) -> Self {
        Self {
            at,
            segment,
            source: Source::Beginning(Beginning::of(segment, typed)),
            others: Vec::new(),
            completions: None,
            typed: None,
        }
    }

    /// Those that hold all words, the last one as a beginning, but do not begin with what was typed.
    pub(super) fn inside(
        at: usize,
        segment: &'a Segment,
        before: &[&str],
        last: &str,
        typed: &'a str,
    ) -> Option<Self> {
        let titles = &segment.titles;
        let terms = before.iter().map(|word| segment.dictionary.find(word));
        let mut lists: Vec<&[u32]> = terms
            .map(|term| term.map(|term| titles.holders(term)))
            .collect::<Option<_>>()?;
        lists.sort_unstable_by_key(|list| list.len());
        let completions = segment.dictionary.completions(last);
        if completions.is_empty() {
            return None;
        }
        let mut of_completions = completions.clone().map(|term| titles.holders(term));
        let shortest = lists.first().map_or(usize::MAX, |list| list.len());
        let is_shorter = of_completions
            .try_fold(0, |sum: usize, list| {
                Some(sum + list.len()).filter(|sum| *sum < shortest)
            })
            .is_some();
        let (source, completions) = if is_shorter {
            (
                Union::of(completions.map(|term| titles.holders(term))),
                None,
            )
        } else {
            (
                Union::of(std::iter::once(lists.remove(0))),
                Some(completions),
            )
        };
        Some(Self {
            at,
            segment,
            source: Source::Union(source),
            others: lists.into_iter().map(Lookup).collect(),
            completions,
            typed: Some(typed),
        })
    }

    fn peek(&self) -> Option<u32> {
        match &self.source {
            Source::Beginning(beginning) => beginning.peek(),
            Source::Union(union) => union.peek(),
        }
    }

    /// Whether a title is meant; to be asked in rising order.
    pub(super) fn accepts(&mut self, title: u32) -> bool {
        let is_completion = |term: &u32| {
            let completions = self.completions.as_ref();
            completions.is_none_or(|completions| completions.contains(term))
        };
        let titles = &self.segment.titles;
        self.others.iter_mut().all(|list| list.contains(title))
            && (self.completions.is_none()
                || titles.terms(self.segment, title).iter().any(is_completion))
            && self
                .typed
                .is_none_or(|typed| !titles.text(self.segment, title).starts_with(typed))
    }
}

impl<'a> Offers<'a> for TitleOffers<'a> {
    fn bound(&self) -> Option<u64> {
        let title = self.peek()?;
        Some(self.segment.titles.documents(title).len() as u64)
    }

    fn head(&self) -> Option<Ranked<'a>> {
        let title = self.peek()?;
        let titles = &self.segment.titles;
        Some(Ranked {
            count: titles.documents(title).len() as u64,
            text: titles.text(self.segment, title),
            kind: titles.kind(title),
            segment: self.at,
            number: title,
        })
    }

    fn advance(&mut self) {
        match &mut self.source {
            Source::Beginning(beginning) => beginning.advance(),
            Source::Union(union) => union.advance(),
        }
    }

    fn remaining(&self) -> usize {
        match &self.source {
            Source::Beginning(beginning) => beginning.remaining,
            Source::Union(union) => union.remaining,
        }
    }
}
