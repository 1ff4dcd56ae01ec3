//! The reference's words: where they stand in a record, which belong together, and how far apart two of them are.

use domain::{Citizenship, Scholarship, Term};

use crate::catalogue::FAMILIES;

/// More are never asked about.
const MOST_EDITS: usize = 2;

pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

pub(super) fn family(word: &str) -> Vec<String> {
    let known = FAMILIES.iter().find(|family| family.contains(&word));
    known.map_or_else(
        || vec![word.to_owned()],
        |family| family.iter().map(|word| (*word).to_owned()).collect(),
    )
}

/// Words of the five fields.
pub(crate) fn fields(scholarship: &Scholarship) -> [Vec<String>; 5] {
    let content = &scholarship.content;
    let mut subjects = vec![content.scholarship_type.code().to_owned()];
    let mut named = Vec::new();
    let mut eligibility = Vec::new();
    for set in &content.criteria {
        subjects.extend(
            set.fields_of_study
                .iter()
                .map(|field| field.code().to_owned()),
        );
        subjects.extend(set.fields_of_study_text.iter().cloned());
        named.extend(set.residency_states.iter().map(|state| state.name()));
        named.extend(set.grade_levels.iter().map(|level| level.code().to_owned()));
        let citizenships = set.citizenship_required.iter();
        let statuses = citizenships.filter(|one| !matches!(one, Citizenship::Country(_)));
        named.extend(statuses.map(|one| one.code().to_owned()));
        for (kind, values) in &set.attributes {
            named.push(kind.clone());
            named.extend(values.iter().cloned());
        }
        eligibility.extend(set.text.iter().cloned());
    }
    subjects.extend(content.tags.iter().cloned());
    subjects.extend(named);
    eligibility.extend(content.award.text.iter().cloned());
    [
        words(&content.name),
        words(&content.organization),
        words(&subjects.join(" ")),
        words(content.description.as_deref().unwrap_or("")),
        words(&eligibility.join(" ")),
    ]
}

pub(super) fn synonyms(words: &[String]) -> Option<(usize, Vec<Vec<String>>)> {
    let is = |at: usize, word: &str| {
        words
            .get(at)
            .is_some_and(|other| family(word).contains(other))
    };
    if is(0, "computer") && is(1, "science") {
        Some((2, vec![vec!["cs".to_owned()]]))
    } else if is(0, "cs") {
        Some((1, vec![vec!["computer".to_owned(), "science".to_owned()]]))
    } else if is(0, "nv") {
        Some((1, vec![vec!["nevada".to_owned()]]))
    } else {
        None
    }
}

/// Optimal string alignment by the book; of words that are far apart in length already, at most that.
pub(super) fn edits(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let longer = left.len().abs_diff(right.len());
    if longer > MOST_EDITS {
        return longer;
    }
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for row in 0..=left.len() {
        for column in 0..=right.len() {
            table[row][column] = if row == 0 || column == 0 {
                row + column
            } else {
                let differs = usize::from(left[row - 1] != right[column - 1]);
                let mut least = (table[row - 1][column - 1] + differs)
                    .min(table[row - 1][column] + 1)
                    .min(table[row][column - 1] + 1);
                if row > 1
                    && column > 1
                    && left[row - 1] == right[column - 2]
                    && left[row - 2] == right[column - 1]
                {
                    least = least.min(table[row - 2][column - 2] + 1);
                }
                least
            };
        }
    }
    table[left.len()][right.len()]
}
