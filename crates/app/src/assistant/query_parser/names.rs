//! Keeps names of awards, schools and people from being read as filters: "Washington University", "Georgia Smith Memorial".

use domain::UsState;

use super::reading::{Mark, Reading};
use super::vocabulary::is_common;
use super::words::Ending;
use super::{fields, states};

/// Names and turns of phrase whose words mean something else alone.
const FIXED: &[(&str, ())] = &[
    ("george washington", ()),
    ("martha washington", ()),
    ("booker t washington", ()),
    ("washington post", ()),
    ("indiana jones", ()),
    ("virginia woolf", ()),
    ("texas instruments", ()),
    ("texas roadhouse", ()),
    ("texas tech", ()),
    ("texas a&m", ()),
    ("florida a&m", ()),
    ("missouri s&t", ()),
    ("study abroad", ()),
    ("georgia tech", ()),
    ("virginia tech", ()),
    ("penn state", ()),
    ("new york times", ()),
    ("kansas city", ()),
    ("junior achievement", ()),
    ("junior league", ()),
    ("senior citizen", ()),
    ("national merit", ()),
    ("american indian", ()),
    ("native hawaiian", ()),
    ("alaska native", ()),
    ("business casual", ()),
    ("business card", ()),
    ("law enforcement", ()),
    ("mother in law", ()),
    ("father in law", ()),
    ("sister in law", ()),
    ("brother in law", ()),
    ("son in law", ()),
    ("daughter in law", ()),
    ("science fair", ()),
    ("work history", ()),
    ("medical bill", ()),
    ("medical condition", ()),
    ("health insurance", ()),
    ("higher education", ()),
    ("further education", ()),
    ("education cost", ()),
    ("education expense", ()),
    ("my education", ()),
    ("his education", ()),
    ("her education", ()),
    ("our education", ()),
    ("their education", ()),
    ("your education", ()),
    ("athletic training", ()),
];

/// Words that end the name of an institution or an award.
const HEADS: &[&str] = &[
    "university",
    "institute",
    "foundation",
    "memorial",
    "association",
    "society",
    "corporation",
    "inc",
    "league",
    "club",
];
/// How many words before such a word may belong to the name.
const LONGEST: usize = 4;

pub(super) fn protect(reading: &mut Reading<'_>) {
    for at in 0..reading.len() {
        if let Some((end, ())) = reading.longest(at, FIXED) {
            reading.set(at..end, Mark::Name);
        }
        if HEADS.contains(&reading.word(at)) {
            protect_institution(reading, at);
        }
        if let Some((end, state)) = states::full_name(reading, at)
            && is_part_of_a_name(reading, at, end, state)
        {
            let end = end + usize::from(reading.word(end) == "state");
            reading.set(at..end, Mark::Name);
        }
    }
}

/// "Ohio State University", "University of Texas".
fn protect_institution(reading: &mut Reading<'_>, head: usize) {
    let mut start = head;
    while start > 0
        && head - start < LONGEST
        && reading.ends_at(start - 1) == Ending::Nothing
        && belongs_to_a_name(reading, start - 1)
    {
        start -= 1;
    }
    if start < head {
        reading.set(start..head + 1, Mark::Name);
    }
    if reading.word(head) == "university"
        && reading.word(head + 1) == "of"
        && let Some((end, _)) = states::full_name(reading, head + 2)
    {
        reading.set(head..end, Mark::Name);
    }
}

fn belongs_to_a_name(reading: &Reading<'_>, at: usize) -> bool {
    let is_written_so = !reading.has_telling_capitals || reading.words[at].is_capital;
    is_written_so && !is_common(reading.word(at))
}

/// A state's name between other capitalised words that are not common ones.
fn is_part_of_a_name(reading: &Reading<'_>, at: usize, end: usize, state: UsState) -> bool {
    if !reading.has_telling_capitals || !reading.words[at].is_capital {
        return false;
    }
    let is_unknown_capital = |at: usize| {
        let word = reading.words.get(at);
        word.is_some_and(|word| word.is_capital && word.text.len() > 1 && !word.is_upper)
            && !is_common(reading.word(at))
            && fields::field_at(reading, at).is_none()
            && states::full_name(reading, at).is_none()
    };
    let ends_here = reading.ends_at(end - 1) != Ending::Nothing;
    let is_school = reading.word(end) == "state"
        && reading.words[end].is_capital
        && !matches!(state, UsState::Washington | UsState::NewYork)
        && !matches!(reading.word(end + 1), "resident" | "residents");
    // People are called Washington or Montana too, so what stands before decides as well.
    let follows_first_name = state == UsState::Washington
        && at > 0
        && reading.ends_at(at - 1) == Ending::Nothing
        && is_unknown_capital(at - 1);
    (!ends_here && (is_school || is_unknown_capital(end))) || follows_first_name
}
