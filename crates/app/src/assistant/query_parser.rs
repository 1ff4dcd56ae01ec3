//! What somebody wrote in a sentence, as words and filters for search, by rules: it stands in when no language model answers.
//!
//! A filter is set only where the words surely mean it; of two readings, the one that leaves more results counts. Each kind of
//! filter has its reader, and they read in turn: names first, since a name keeps its words from all others, then what has the
//! clearest form. What a reader understood is no longer there for the next.
//!
//! Words left to search for: names, topics that are no filter ("women", "no essay"), fields of study and sports. The last two
//! are filters too, but the filter is much broader than the word: "nursing" asks for medicine, and only the word ranks nursing
//! first. All other words that became a filter go, with what was said to be unwanted ("not in Texas"), which search cannot
//! leave out.

mod amounts;
mod averages;
mod calendar;
mod citizenships;
mod date_words;
mod dates;
mod day_spans;
mod fields;
mod levels;
mod names;
mod numbers;
mod phrases;
mod ranks;
mod reading;
mod state_words;
mod states;
mod vocabulary;
mod words;

use chrono::NaiveDate;
use ports::search_index::Filters;

use reading::{Mark, Reading};
use words::{Ending, Kind};

/// Characters of a query that are read; the others are left out.
const LONGEST: usize = 500;
/// Kept only before a word that is kept: "no essay".
const NEGATIONS: &[&str] = &["no", "not", "non", "without", "don't", "never"];

#[derive(Debug, Clone, PartialEq)]
pub struct ParsedQuery {
    /// Words to search for; empty when the filters say everything.
    pub query: String,
    pub filters: Filters,
}

/// Reads the first 500 characters of `text`. `today` decides what "this month" and days without a year mean; no filter names a
/// day before it.
///
/// To parse the resulting query again finds no filter that is not already there.
pub(super) fn parse(text: &str, today: NaiveDate) -> ParsedQuery {
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => &text[..end],
        None => text,
    }
    .trim();
    let reading = read(text, today);
    let query = words_to_search(&reading);
    let says_nothing = query.is_empty() && !reading.has_understood();
    // Words that were apart may say something new side by side.
    let adds = !query.is_empty() && !is_within(&read(&query, today).filters, &reading.filters);
    ParsedQuery {
        query: if says_nothing || adds {
            text.to_owned()
        } else {
            query
        },
        filters: reading.filters,
    }
}

fn read(text: &str, today: NaiveDate) -> Reading<'_> {
    let mut reading = Reading::of(text);
    names::protect(&mut reading);
    dates::read(&mut reading, today);
    averages::read(&mut reading);
    amounts::read(&mut reading);
    levels::read(&mut reading);
    citizenships::read(&mut reading);
    states::read(&mut reading);
    phrases::read(&mut reading);
    fields::read(&mut reading);
    reading
}

fn words_to_search(reading: &Reading<'_>) -> String {
    let mut kept: Vec<bool> = (0..reading.len()).map(|at| is_kept(reading, at)).collect();
    for at in 0..kept.len() {
        // A "no" goes with what it denies.
        let denies_nothing = !kept.get(at + 1).copied().unwrap_or(false);
        if reading.is_open(at) && NEGATIONS.contains(&reading.word(at)) && denies_nothing {
            kept[at] = false;
        }
    }
    reading.rest(|at| {
        kept[at]
            || (is_written_in_a_name(reading, at)
                && kept[..at].last() == Some(&true)
                && reading.ends_at(at - 1) == Ending::Nothing)
    })
}

fn is_kept(reading: &Reading<'_>, at: usize) -> bool {
    match reading.mark(at) {
        Mark::Topic | Mark::Name => true,
        Mark::Taken => false,
        Mark::Open => match reading.words[at].kind {
            Kind::Sign => false,
            // "4-H", but not the 25 of "people over 25".
            Kind::Number(_) => {
                let next = reading.words.get(at + 1);
                next.is_some_and(|next| next.kind == Kind::Letters && !next.follows_space)
            }
            Kind::Letters => !is_of_no_use(reading, at),
        },
    }
}

fn is_of_no_use(reading: &Reading<'_>, at: usize) -> bool {
    let word = reading.word(at);
    let is_asked_for = vocabulary::is_child(word)
        && matches!(reading.word_before(at), "my" | "our" | "a" | "the" | "gpa");
    is_asked_for || vocabulary::is_filler(word)
}

/// The "Scholarship" of "Gates Scholarship": a common word with a capital behind one that is kept for its own sake.
fn is_written_in_a_name(reading: &Reading<'_>, at: usize) -> bool {
    let is_named_before = at > 0
        && (reading.mark(at - 1) == Mark::Name
            || (reading.is_open(at - 1) && reading.words[at - 1].is_capital));
    reading.is_open(at)
        && is_named_before
        && reading.has_telling_capitals
        && reading.words[at].is_capital
        && reading.words[at].kind == Kind::Letters
}

/// Whether `inner` sets nothing that `outer` does not.
fn is_within(inner: &Filters, outer: &Filters) -> bool {
    fn same<T: PartialEq>(inner: &Option<T>, outer: &Option<T>) -> bool {
        inner.is_none() || inner == outer
    }
    let cited = |one| outer.citizenship.contains(one);
    inner.fields_of_study.is_subset_of(outer.fields_of_study)
        && inner
            .scholarship_types
            .is_subset_of(outer.scholarship_types)
        && inner.states.is_subset_of(outer.states)
        && (!inner.states_only || outer.states_only)
        && inner.grade_levels.is_subset_of(outer.grade_levels)
        && inner.citizenship.iter().all(cited)
        && same(&inner.min_amount, &outer.min_amount)
        && same(&inner.max_amount, &outer.max_amount)
        && (!inner.known_amount || outer.known_amount)
        && same(&inner.min_gpa, &outer.min_gpa)
        && same(&inner.financial_need, &outer.financial_need)
        && same(&inner.renewable, &outer.renewable)
        && same(&inner.deadline_after, &outer.deadline_after)
        && same(&inner.deadline_before, &outer.deadline_before)
        && same(&inner.open_on, &outer.open_on)
}

#[cfg(test)]
mod natural_queries;
#[cfg(test)]
mod tests;
