//! The name that a misspelt one probably meant.

/// The known name with the fewest edits, if these are few for its length.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // Longer texts are no misspelt names; the bound keeps the work small.
    if name.len() > 40 {
        return None;
    }
    let (distance, near) = known
        .iter()
        .map(|candidate| (edits(name, candidate), *candidate))
        .min()?;
    (distance <= 1 + near.len() / 5).then_some(near)
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn edits(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (at, row) in rows.iter_mut().enumerate() {
        row[0] = at;
    }
    for (at, cell) in rows[0].iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_recognised_and_a_foreign_one_is_not() {
        let known = ["limit", "offset", "fields_of_study", "q"];
        assert_eq!(nearest("limti", &known), Some("limit"));
        assert_eq!(nearest("field_of_study", &known), Some("fields_of_study"));
        assert_eq!(nearest("fieldsOfStudy", &known), Some("fields_of_study"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("", &[]), None);
    }
}
