//! The closed scholarships of a segment that one group of criteria alone keeps closed, by what they ask in that group.
//!
//! A change can open a scholarship only if one of its rows fails at nothing else. Two bitmaps count the groups in which a
//! row is unmet: those where it is at least one, and those where it is at least two. What the rows with exactly one ask in
//! their group, and whether anything else about them is unknown, decides what a change makes of them; documents of which
//! this is the same are counted together, so that changes need not look at each of them.

use std::collections::HashMap;
use std::ops::Range;

use domain::eligibility::CriterionStatus;
use domain::{Criterion, StudentProfile, Verdict};

use super::group::Group;
use crate::bit_set::{BitSet, bits, combine, has_bit};
use crate::criteria_table::CriteriaTable;
use crate::matching::{Judgement, Verdicts};

/// Stands for no value.
const NONE: u32 = u32::MAX;

/// The rows that fail in one group only.
pub(super) struct NearMisses<'a> {
    table: &'a CriteriaTable,
    groups: Vec<(Group<'a>, Range<u32>, Vec<u64>)>,
}

/// What a row asks in its group, of which there are two kinds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Asked {
    values: [u32; 2],
    /// Whether something in another group is unknown.
    unsure: bool,
}

/// Documents that the same changes open in the same way.
pub(super) struct Alike<T> {
    /// Of the rows that the group alone keeps closed: mostly one.
    first: Asked,
    others: Vec<Asked>,
    pub(super) tally: T,
}

impl<'a> NearMisses<'a> {
    /// Among the open documents, those that are closed to the student of the verdicts.
    pub(super) fn of(table: &'a CriteriaTable, verdicts: &Verdicts<'a>, open: &BitSet) -> Self {
        let mut closed = open.words().to_vec();
        for welcoming in [verdicts.eligible(), verdicts.possible()] {
            combine(&mut closed, welcoming.words(), |closed, word| {
                closed & !word
            });
        }
        let mut groups = unmet_by_group(table, verdicts.judgement());
        let mut once = vec![0; table.row_words()];
        let mut twice = once.clone();
        for (_, _, unmet) in &groups {
            for ((once, twice), unmet) in once.iter_mut().zip(&mut twice).zip(unmet) {
                *twice |= *once & unmet;
                *once |= unmet;
            }
        }
        let mut near = table.rows_of_all(&BitSet::of_words(closed));
        combine(&mut near, &twice, |near, twice| near & !twice);
        for (_, _, rows) in &mut groups {
            combine(rows, &near, |unmet, near| unmet & near);
        }
        Self { table, groups }
    }

    /// The documents that this group keeps closed, with a tally of each number to which `count` adds them.
    pub(super) fn of_group<T: Default>(
        &self,
        group: Group<'_>,
        judgement: &Judgement<'_>,
        mut count: impl FnMut(&mut T, u32),
    ) -> Vec<Alike<T>> {
        let found = self.groups.iter().find(|(known, ..)| *known == group);
        let Some((_, values, near)) = found else {
            return Vec::new();
        };
        let mut known = Known::of(values);
        let mut all: Vec<Alike<T>> = Vec::new();
        let mut others = Vec::new();
        for document in bits(self.table.documents_of(near)) {
            let rows = self.table.rows_of(document);
            let mut asked = rows
                .filter(|row| has_bit(near, *row))
                .map(|row| self.asked(row, values, judgement.statuses()));
            let Some(first) = asked.next() else {
                continue;
            };
            others.clear();
            others.extend(asked);
            let place = known.place_of(first, &others);
            if *place == NONE {
                *place = all.len() as u32;
                all.push(Alike {
                    first,
                    others: others.clone(),
                    tally: T::default(),
                });
            }
            let at = *place as usize;
            count(&mut all[at].tally, document);
        }
        all
    }

    fn asked(&self, row: u32, group: &Range<u32>, statuses: &[CriterionStatus]) -> Asked {
        let mut asked = Asked {
            values: [NONE; 2],
            unsure: false,
        };
        let mut found = 0;
        for value in self.table.values_of(row) {
            if !group.contains(value) {
                asked.unsure |= statuses[*value as usize] == CriterionStatus::Unknown;
            } else if let Some(place) = asked.values.get_mut(found) {
                *place = *value;
                found += 1;
            }
        }
        asked
    }
}

/// Where the documents of each way of asking are counted; [`NONE`] where there are none yet.
struct Known {
    values: Range<u32>,
    /// Of documents with one row that asks for one value, with and without something unknown elsewhere.
    single: Vec<u32>,
    several: HashMap<(Asked, Vec<Asked>), u32, ahash::RandomState>,
}

impl Known {
    fn of(values: &Range<u32>) -> Self {
        Self {
            single: vec![NONE; 2 * values.len()],
            values: values.clone(),
            several: HashMap::default(),
        }
    }

    fn place_of(&mut self, first: Asked, others: &[Asked]) -> &mut u32 {
        if others.is_empty() && first.values[1] == NONE {
            let at = 2 * (first.values[0] - self.values.start) + u32::from(first.unsure);
            return &mut self.single[at as usize];
        }
        self.several.entry((first, others.to_vec())).or_insert(NONE)
    }
}

impl<T> Alike<T> {
    fn asked(&self) -> impl Iterator<Item = &Asked> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The verdict on each of them after a change of a fact that their group is about.
    pub(super) fn verdict(&self, table: &CriteriaTable, after: &StudentProfile) -> Verdict {
        let verdict = |asked: &Asked| {
            let others = if asked.unsure {
                Verdict::Possible
            } else {
                Verdict::Eligible
            };
            let values = asked.values.iter().filter(|value| **value != NONE);
            values.fold(others, |verdict, value| {
                let criterion = &table.values()[*value as usize];
                verdict.max(criterion.status(after).verdict())
            })
        };
        self.asked()
            .map(verdict)
            .min()
            .unwrap_or(Verdict::Ineligible)
    }
}

/// Word -> which of them accept it, rising.
pub(super) fn by_word<'a, T>(
    table: &'a CriteriaTable,
    all: &[Alike<T>],
) -> HashMap<&'a str, Vec<usize>, ahash::RandomState> {
    let mut places: HashMap<&str, Vec<usize>, ahash::RandomState> = HashMap::default();
    for (place, alike) in all.iter().enumerate() {
        for value in alike.asked().map(|asked| asked.values[0]) {
            let Some(Criterion::Attribute { accepted, .. }) = table.values().get(value as usize)
            else {
                continue;
            };
            for word in accepted.iter() {
                let places = places.entry(word).or_default();
                // Several sets may ask for the same.
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
    }
    places
}

/// Groups with their values and the rows that are unmet in them.
fn unmet_by_group<'a>(
    table: &'a CriteriaTable,
    judgement: &Judgement<'_>,
) -> Vec<(Group<'a>, Range<u32>, Vec<u64>)> {
    let mut groups: Vec<(Group<'_>, Range<u32>, Vec<u64>)> = Vec::new();
    let mut scratch = vec![0; table.row_words()];
    let mut unknown = scratch.clone();
    for (number, kind) in table.kinds().iter().enumerate() {
        let attribute = table.values()[kind.values.start as usize].attribute();
        let group = Group::of_kind(kind.kind, attribute);
        if groups.last().is_none_or(|(last, ..)| *last != group) {
            groups.push((group, kind.values.clone(), Vec::new()));
        }
        if let Some((_, values, unmet)) = groups.last_mut() {
            values.end = kind.values.end;
            if judgement.closes(number) {
                unmet.resize(table.row_words(), 0);
                judgement.add_rows(number, unmet, &mut unknown, &mut scratch);
            }
        }
    }
    groups.retain(|(_, _, unmet)| !unmet.is_empty());
    groups
}
