//! The student's grade-point average: "3.2 gpa", "I have a 3.2", "B average".

use domain::Gpa;

use super::reading::Reading;
use super::words::{Ending, Kind, Suffix};

/// Grades by letter on the 4.0 scale, in hundredths.
const LETTERS: &[(&str, u16)] = &[
    ("a+", 400),
    ("a", 400),
    ("a-", 370),
    ("b+", 330),
    ("b", 300),
    ("b-", 270),
    ("c+", 230),
    ("c", 200),
    ("c-", 170),
];
/// Words that may stand between "GPA" and its number.
const BETWEEN: &str = "of is a an the above over at least minimum around about approximately or my required requirement \
requirements unweighted weighted cumulative overall below under >= > <= < - current high school and higher + up";
/// What other decimals measure.
const UNITS: &[&str] = &[
    "percent", "million", "billion", "miles", "hours", "gb", "acres", "years", "times", "x",
];

pub(super) fn read(reading: &mut Reading<'_>) {
    for at in 0..reading.len() {
        if reading.filters.min_gpa.is_some() {
            return;
        }
        let found = by_number(reading, at).or_else(|| by_letter(reading, at));
        if let Some((start, end, hundredths)) = found {
            reading.filters.min_gpa = Gpa::from_hundredths(hundredths).ok();
            reading.take(start..end);
        }
    }
}

fn by_number(reading: &Reading<'_>, at: usize) -> Option<(usize, usize, u16)> {
    let is_sum = at > 0 && matches!(reading.word(at - 1), "$" | "€" | "£");
    if reading.suffix(at) != Some(Suffix::None) || !reading.is_open(at) || is_sum {
        return None;
    }
    let hundredths = hundredths(reading.word(at))?;
    let (start, end) = (gpa_before(reading, at), gpa_after(reading, at));
    let has_point = reading.word(at).contains('.');
    let says_gpa = start.is_some() || end.is_some();
    let stands_alone = has_point && hundredths >= 100 && !UNITS.contains(&reading.word(at + 1));
    if !says_gpa && !stands_alone {
        return None;
    }
    let end = end.unwrap_or(at + 1);
    let end = end + usize::from(reading.word(end) == "+");
    Some((start.unwrap_or(at), end, hundredths))
}

/// "3.25" in hundredths; `None` above 4 or with more decimals than a transcript has.
fn hundredths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() != 1 || fraction.len() > 3 {
        return None;
    }
    let points: f64 = text.parse().ok()?;
    Gpa::from_points(points).ok().map(Gpa::hundredths)
}

/// Where the "GPA" before the number begins.
fn gpa_before(reading: &Reading<'_>, at: usize) -> Option<usize> {
    for before in (at.saturating_sub(5)..at).rev() {
        if reading.ends_at(before) != Ending::Nothing {
            return None;
        }
        let word = reading.word(before);
        if is_gpa(word) {
            return Some(before);
        }
        if !BETWEEN.split(' ').any(|known| known == word) {
            return None;
        }
    }
    None
}

/// Where the "GPA" behind the number ends.
fn gpa_after(reading: &Reading<'_>, at: usize) -> Option<usize> {
    for after in at + 1..at + 6 {
        if reading.ends_at(after - 1) != Ending::Nothing {
            return None;
        }
        let word = reading.word(after);
        if is_gpa(word) {
            return Some(after + 1);
        }
        if !BETWEEN.split(' ').any(|known| known == word) {
            return None;
        }
    }
    None
}

fn is_gpa(word: &str) -> bool {
    matches!(word, "gpa" | "g.p.a" | "gpas")
}

fn by_letter(reading: &Reading<'_>, at: usize) -> Option<(usize, usize, u16)> {
    let word = reading.words.get(at)?;
    if !reading.is_open(at) || word.kind != Kind::Letters {
        return None;
    }
    let has_minus = reading.word(at + 1) == "-" && reading.is_joined(at + 1);
    let letter = if has_minus {
        format!("{}-", word.text)
    } else {
        word.text.trim_end_matches("'s").to_owned()
    };
    let after = at + 1 + usize::from(has_minus);
    let is_straight = matches!(reading.word_before(at), "straight" | "all");
    if is_straight && matches!(letter.as_str(), "a" | "as") {
        return Some((at - 1, after, 400));
    }
    // "a average" is a slip of the pen, "A average" a grade.
    let is_article = letter == "a" && !word.is_capital;
    let (_, hundredths) = LETTERS.iter().find(|(known, _)| *known == letter)?;
    let says_average = matches!(reading.word(after), "average" | "avg");
    (says_average && !is_article).then_some((at, after + 1, *hundredths))
}
