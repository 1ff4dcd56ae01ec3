//! The searched fields of a scholarship and the texts that belong to each.

use std::ops::Range;

use domain::{ScholarshipDocument, Term};

/// In the order in which the words of a document are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    Organization,
    /// Fields of study, tags and the type of award.
    Subjects,
    Description,
    /// The rules in prose, and what the criteria state in words.
    Eligibility,
}

pub(crate) const FIELDS: [Field; 5] = [
    Field::Name,
    Field::Organization,
    Field::Subjects,
    Field::Description,
    Field::Eligibility,
];

/// Words of one field beyond this are not searched; with this bound all places of a document fit 16 bits.
pub(crate) const MOST_WORDS: u16 = 12_000;

/// A criteria set that names more states than this is not about any of them.
const MOST_NAMED_STATES: usize = 5;

/// For each field the number of words up to its end: the places where it ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FieldEnds(pub(crate) [u16; FIELDS.len()]);

impl FieldEnds {
    pub(crate) fn range(&self, field: Field) -> Range<u16> {
        let at = field as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.0[before]);
        start..self.0[at]
    }

    pub(crate) fn length(&self, field: Field) -> u16 {
        self.range(field).len() as u16
    }

    /// Index of the field that a place lies in.
    pub(crate) fn field_at(&self, place: u16) -> usize {
        self.0.iter().filter(|end| **end <= place).count()
    }
}

/// Calls `visit` with each text of each field, in the order of the fields.
pub(crate) fn visit_texts(document: &ScholarshipDocument, mut visit: impl FnMut(Field, &str)) {
    let sets = || {
        let first = document.eligibility_criteria.iter();
        first.chain(&document.alternative_criteria)
    };
    visit(Field::Name, &document.name);
    visit(Field::Organization, &document.organization);
    if let Some(kind) = document.scholarship_type {
        visit(Field::Subjects, kind.code());
    }
    for set in sets() {
        for field in set.fields_of_study.iter() {
            visit(Field::Subjects, field.code());
        }
        for text in &set.fields_of_study_text {
            visit(Field::Subjects, text);
        }
    }
    for tag in &document.tags {
        visit(Field::Subjects, tag);
    }
    if let Some(text) = &document.description {
        visit(Field::Description, text);
    }
    for set in sets() {
        if set.residency_states.len() <= MOST_NAMED_STATES {
            for state in set.residency_states.iter() {
                visit(Field::Eligibility, &state.name());
            }
        }
        for level in set.grade_levels.iter() {
            visit(Field::Eligibility, level.code());
        }
        for (kind, values) in &set.attributes {
            visit(Field::Eligibility, kind);
            for value in values {
                visit(Field::Eligibility, value);
            }
        }
        if let Some(text) = &set.text {
            visit(Field::Eligibility, text);
        }
    }
}
