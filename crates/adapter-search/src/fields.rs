//! The searched fields of a scholarship and the texts that belong to each.

use std::ops::Range;

use domain::document::CriteriaDocument;
use domain::{Citizenship, ScholarshipDocument, Term};

/// In the order in which the words of a document are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    Organization,
    /// What it is for and for whom: kind of award, fields of study, tags, and what the criteria name.
    Subjects,
    Description,
    /// The rules and the amount in prose.
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
    for set in sets() {
        visit_criteria(set, &mut |text| visit(Field::Subjects, text));
    }
    if let Some(text) = &document.description {
        visit(Field::Description, text);
    }
    for set in sets() {
        if let Some(text) = &set.text {
            visit(Field::Eligibility, text);
        }
    }
    if let Some(text) = document
        .award
        .as_ref()
        .and_then(|award| award.text.as_ref())
    {
        visit(Field::Eligibility, text);
    }
}

/// What a set of criteria names, in words.
fn visit_criteria(set: &CriteriaDocument, visit: &mut impl FnMut(&str)) {
    if set.residency_states.len() <= MOST_NAMED_STATES {
        for state in set.residency_states.iter() {
            visit(&state.name());
        }
    }
    for level in set.grade_levels.iter() {
        visit(level.code());
    }
    for citizenship in &set.citizenship_required {
        // Countries are two letters that mean other things as well.
        if !matches!(citizenship, Citizenship::Country(_)) {
            visit(citizenship.code());
        }
    }
    for (kind, values) in &set.attributes {
        visit(kind);
        for value in values {
            visit(value);
        }
    }
}
