//! Postings brought together: of several terms into one list, or spread over a table of all documents to be looked up in.

use std::cell::Cell;
use std::cmp::Ordering;

use super::Listed;
use crate::bit_set::BitSet;
use crate::buffers::Buffer;

/// Documents of either, with the better score.
pub(super) fn united(left: Listed, right: Listed) -> Listed {
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

/// Postings of one or more terms that count the same, in any order, to be gone through.
pub(super) struct Postings<'a> {
    pub(super) documents: &'a [u32],
    pub(super) impacts: &'a [u8],
    pub(super) weight: u32,
}

impl Postings<'_> {
    /// (document, score).
    fn scored(&self) -> impl Iterator<Item = (u32, u32)> {
        let pairs = self.documents.iter().zip(self.impacts);
        pairs.map(|(document, impact)| (*document, u32::from(*impact) * self.weight))
    }
}

pub(super) fn sorted_union(postings: &[Postings<'_>]) -> Listed {
    let mut all: Vec<(u32, u32)> = postings.iter().flat_map(Postings::scored).collect();
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

/// The best score that the postings give some documents, 0 where they do not have the document.
pub(super) fn spread(postings: &[Postings<'_>], documents: &[u32], size: u32) -> Buffer {
    let mut table = Table::take(size);
    let scores = table.scores.as_mut_slice();
    for of_terms in postings {
        for (document, of_term) in of_terms.scored() {
            let score = &mut scores[document as usize];
            *score = (*score).max(of_term);
        }
    }
    let mut found = Buffer::new();
    found.extend(documents.iter().map(|document| scores[*document as usize]));
    for of_terms in postings {
        for document in of_terms.documents {
            scores[*document as usize] = 0;
        }
    }
    table.give_back();
    found
}

/// The live documents from `first` on that the postings have, each with its best score.
pub(super) fn marked_union(postings: &[Postings<'_>], first: u32, dead: &BitSet) -> Listed {
    let dead = dead.words();
    let mut table = Table::take(64 * dead.len() as u32);
    let (scores, marks) = (table.scores.as_mut_slice(), table.marks.as_mut_slice());
    for of_terms in postings {
        for (document, of_term) in of_terms.scored() {
            marks[document as usize / 64] |= 1 << (document % 64);
            let score = &mut scores[document as usize];
            *score = (*score).max(of_term);
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
