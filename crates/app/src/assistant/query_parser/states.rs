//! States by name, abbreviation, USPS code or a misspelt name.

use std::sync::LazyLock;

use domain::{Term as _, TermSet, UsState};

use super::reading::{Mark, Reading};
use super::state_words::{ABBREVIATIONS, CODES_THAT_ARE_WORDS, FREE_CODES, NOT_MISSPELT, REGIONS};
use super::words::{Ending, Kind};

static NAMES: LazyLock<Vec<(String, UsState)>> = LazyLock::new(|| {
    UsState::ALL
        .iter()
        .map(|state| (state.name().to_lowercase(), *state))
        .collect()
});

/// Shorter words are too like other words to be misspelt names.
const SHORTEST_MISSPELT: usize = 6;
/// From this length on, a name may have two slips.
const TWO_SLIPS: usize = 9;

pub(super) fn read(reading: &mut Reading<'_>) {
    let mut at = 0;
    while at < reading.len() {
        let Some((end, states)) = states_at(reading, at) else {
            at += 1;
            continue;
        };
        if let Some(start) = reading.negator(at) {
            reading.take(start..end);
            at = end;
            continue;
        }
        let start = with_preposition(reading, at);
        let end = end + usize::from(reading.word(end) == "state" && reading.is_open(end));
        reading.filters.states = reading.filters.states.union(states);
        reading.filters.states_only |= is_exclusive(reading, start, end);
        reading.take(start..end);
        at = end;
    }
}

fn states_at(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<UsState>)> {
    if !reading.is_open(at) || reading.words.get(at)?.kind != Kind::Letters {
        return None;
    }
    if let Some((end, states)) = reading.longest(at, REGIONS) {
        return Some((end, TermSet::of(states)));
    }
    let one = |(end, state): (usize, UsState)| (end, TermSet::of(&[state]));
    washington_dc(reading, at)
        .or_else(|| full_name(reading, at))
        .or_else(|| abbreviation(reading, at))
        .or_else(|| code(reading, at))
        .or_else(|| misspelt_name(reading, at))
        .map(one)
}

/// The longest name of a state that begins here, with its end.
pub(super) fn full_name(reading: &Reading<'_>, at: usize) -> Option<(usize, UsState)> {
    NAMES
        .iter()
        .filter_map(|(name, state)| Some((exact(reading, at, name)?, *state)))
        .max_by_key(|(end, _)| *end)
}

/// Without plurals: "Virginias" is no state.
fn exact(reading: &Reading<'_>, at: usize, name: &str) -> Option<usize> {
    let end = reading.phrase(at, name)?;
    name.split(' ')
        .zip(at..end)
        .all(|(part, at)| {
            let word = reading.word(at);
            word == part || word.strip_prefix(part) == Some("'s")
        })
        .then_some(end)
}

fn washington_dc(reading: &Reading<'_>, at: usize) -> Option<(usize, UsState)> {
    let is_dc = reading.word(at) == "washington"
        && reading.word(at + 1) == "dc"
        && reading.ends_at(at) != Ending::Clause;
    is_dc.then_some((at + 2, UsState::DistrictOfColumbia))
}

/// "Calif.", "S. Dakota": some count only with their full stop or after "in".
fn abbreviation(reading: &Reading<'_>, at: usize) -> Option<(usize, UsState)> {
    let word = &reading.words[at];
    let side = match word.text.as_str() {
        "n" | "no" if word.is_abbreviated => Some("north"),
        "s" | "so" if word.is_abbreviated => Some("south"),
        "w" if word.is_abbreviated => Some("west"),
        _ => None,
    };
    if let Some(side) = side {
        let name = format!("{side} {}", reading.word(at + 1));
        let known = NAMES.iter().find(|(known, _)| *known == name);
        return known.map(|(_, state)| (at + 2, *state));
    }
    let known = ABBREVIATIONS
        .iter()
        .find(|(abbreviation, ..)| *abbreviation == word.text)?;
    let (_, state, is_free) = *known;
    (is_free || word.is_abbreviated || follows_place_word(reading, at)).then_some((at + 1, state))
}

/// A USPS code. Those that are words too need capitals or a place before them, or both.
fn code(reading: &Reading<'_>, at: usize) -> Option<(usize, UsState)> {
    let word = &reading.words[at];
    if word.text.len() != 2 {
        return None;
    }
    let state = UsState::from_code(&word.text.to_uppercase())?;
    let is_in_capitals = word.is_upper && reading.has_telling_capitals;
    let is_placed = follows_place_word(reading, at);
    let is_resided = matches!(reading.word(at + 1), "resident" | "residents" | "state");
    let is_meant = if CODES_THAT_ARE_WORDS.contains(&word.text.as_str()) {
        is_in_capitals && (is_placed || is_resided || follows_place_name(reading, at))
    } else if FREE_CODES.contains(&word.text.as_str()) {
        true
    } else {
        is_placed
            || follows_comma(reading, at)
            || (is_in_capitals && !is_degree(reading, at))
            || is_resided
    };
    is_meant.then_some((at + 1, state))
}

/// "MA in history", "MS degree".
fn is_degree(reading: &Reading<'_>, at: usize) -> bool {
    matches!(reading.word(at), "ma" | "ms" | "md" | "pa")
        && matches!(
            reading.word(at + 1),
            "in" | "degree" | "program" | "student" | "students" | "school"
        )
}

fn follows_place_word(reading: &Reading<'_>, at: usize) -> bool {
    matches!(
        reading.word_before(at),
        "in" | "from" | "near" | "within" | "across" | "state" | "outside"
    ) && reading.ends_at(at.wrapping_sub(1)) == Ending::Nothing
}

fn follows_comma(reading: &Reading<'_>, at: usize) -> bool {
    at > 0 && reading.ends_at(at - 1) == Ending::Comma
}

/// "Portland, OR": the place is capitalised and stands before a comma.
fn follows_place_name(reading: &Reading<'_>, at: usize) -> bool {
    follows_comma(reading, at) && reading.words[at - 1].is_capital
}

/// A name with a slip or two: "Massachusets", "tennesee".
fn misspelt_name(reading: &Reading<'_>, at: usize) -> Option<(usize, UsState)> {
    let first = reading.word(at);
    if first.len() < SHORTEST_MISSPELT - 1 || NOT_MISSPELT.contains(&first) {
        return None;
    }
    let is_one_clause = reading.ends_at(at) == Ending::Nothing && reading.is_open(at + 1);
    let two = is_one_clause.then(|| format!("{first} {}", reading.word(at + 1)));
    NAMES.iter().find_map(|(name, state)| {
        let (typed, end) = match &two {
            Some(two) if name.contains(' ') => (two.as_str(), at + 2),
            _ if name.contains(' ') => return None,
            _ => (first, at + 1),
        };
        let allowed = if name.len() >= TWO_SLIPS { 2 } else { 1 };
        let is_near = name.len() >= SHORTEST_MISSPELT
            && typed.is_ascii()
            && typed.as_bytes().first() == name.as_bytes().first()
            && is_within(typed.as_bytes(), name.as_bytes(), allowed);
        is_near.then_some((end, *state))
    })
}

/// Whether at most `slips` letters are missing, added, wrong or swapped with their neighbour.
fn is_within(typed: &[u8], meant: &[u8], slips: usize) -> bool {
    let same = typed
        .iter()
        .zip(meant)
        .take_while(|(typed, meant)| typed == meant)
        .count();
    let (typed, meant) = (&typed[same..], &meant[same..]);
    if typed.len().abs_diff(meant.len()) > slips {
        return false;
    }
    if typed.is_empty() && meant.is_empty() {
        return true;
    }
    let Some(left) = slips.checked_sub(1) else {
        return false;
    };
    let rest = |word: &'_ [u8], by: usize| word.len().min(by);
    let is_swapped =
        typed.len() > 1 && meant.len() > 1 && typed[0] == meant[1] && typed[1] == meant[0];
    is_within(&typed[rest(typed, 1)..], &meant[rest(meant, 1)..], left)
        || is_within(&typed[rest(typed, 1)..], meant, left)
        || is_within(typed, &meant[rest(meant, 1)..], left)
        || (is_swapped && is_within(&typed[2..], &meant[2..], left))
}

/// The "in" of "in Texas" goes with the state.
fn with_preposition(reading: &Reading<'_>, at: usize) -> usize {
    let before = reading.word_before(at);
    at - usize::from(
        matches!(before, "in" | "from" | "near" | "of") && reading.mark(at - 1) == Mark::Open,
    )
}

/// "Only in Iowa", "Iowa residents only".
fn is_exclusive(reading: &Reading<'_>, start: usize, end: usize) -> bool {
    let only = |word: &str| matches!(word, "only" | "exclusively" | "specifically");
    let before = (start.saturating_sub(2)..start)
        .rev()
        .take_while(|at| reading.ends_at(*at) == Ending::Nothing)
        .any(|at| only(reading.word(at)) && reading.word_before(at) != "not");
    let is_resident = matches!(reading.word(end), "resident" | "residents" | "students");
    let after = end + usize::from(is_resident && reading.ends_at(end) == Ending::Nothing);
    before || (only(reading.word(after)) && reading.ends_at(after - 1) == Ending::Nothing)
}
