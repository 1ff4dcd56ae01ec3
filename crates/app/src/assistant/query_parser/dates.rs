//! Deadlines: "before June", "due in March", "by 1/15", "still open in April".
//!
//! "Before" and "after" leave out what they name: before June is up to 31 May, after January from 1 February. "By", "until",
//! "from" and "between" include it: by June is up to 30 June. A span that has begun starts today, and one that is over says
//! nothing.

use chrono::{Days, Months, NaiveDate};

use super::calendar::{Sort, Span, span_at};
use super::date_words::{DUE, OPEN_NOW, OTHER_EVENTS, RELATIONS, RELATIONS_BEHIND, Relation};
use super::reading::Reading;
use super::words::Ending;

use Relation::{After, Before, From, OpenWithin, Opening, Until, Within};

pub(super) fn read(reading: &mut Reading<'_>, today: NaiveDate) {
    let mut at = 0;
    while at < reading.len() {
        at = duration(reading, at, today)
            .or_else(|| dated(reading, at, today))
            .unwrap_or(at + 1);
    }
    open_now(reading, today);
    let filters = &mut reading.filters;
    if filters
        .deadline_after
        .zip(filters.deadline_before)
        .is_some_and(|(after, before)| after > before)
    {
        filters.deadline_after = None;
        filters.deadline_before = None;
    }
}

fn open_now(reading: &mut Reading<'_>, today: NaiveDate) {
    for at in 0..reading.len() {
        if let Some((end, ())) = reading.longest(at, OPEN_NOW)
            && reading.negator(at).is_none()
        {
            let open_on = reading.filters.open_on;
            reading.filters.open_on = open_on.or(Some(today));
            reading.take(at..end);
        }
    }
}

/// "Within 30 days", "in the next two weeks".
fn duration(reading: &mut Reading<'_>, at: usize, today: NaiveDate) -> Option<usize> {
    if !matches!(reading.word(at), "within" | "in" | "over") || !reading.is_open(at) {
        return None;
    }
    let mut next = at + 1;
    while matches!(reading.word(next), "the" | "next" | "coming") {
        next += 1;
    }
    let number = match reading.word(next) {
        "a" | "one" => 1,
        "two" | "couple" => 2,
        "three" => 3,
        "four" => 4,
        "six" => 6,
        "week" | "month" if next > at + 1 => {
            next -= 1;
            1
        }
        _ => reading
            .whole(next)
            .filter(|number| (1..=400).contains(number))?,
    };
    let last = match reading.word(next + 1) {
        "day" | "days" => today.checked_add_days(Days::new(number.into()))?,
        "week" | "weeks" => today.checked_add_days(Days::new(7 * u64::from(number)))?,
        "month" | "months" => today.checked_add_months(Months::new(number))?,
        _ => return None,
    };
    if is_of_something_else(reading, at) {
        return None;
    }
    within(reading, today, last, today);
    let end = next + 2;
    let start = with_due(reading, at);
    reading.take(start..end);
    Some(end)
}

fn dated(reading: &mut Reading<'_>, at: usize, today: NaiveDate) -> Option<usize> {
    let span = span_at(reading, at, today)?;
    if let Some(end) = range(reading, at, &span, today) {
        return Some(end);
    }
    let (start, relation) = relation_before(reading, at);
    // "3/15 or later".
    let behind = (relation.is_none() && reading.ends_at(span.end - 1) == Ending::Nothing)
        .then(|| reading.longest(span.end, RELATIONS_BEHIND))
        .flatten();
    let (end, relation) = match behind {
        Some((end, relation)) => (end, Some(*relation)),
        None => (span.end, relation),
    };
    let is_due = says_due(reading, start, span.end);
    let is_meant = match (span.sort, relation) {
        (_, Some(Opening)) => false,
        _ if is_of_something_else(reading, start) && !is_due => false,
        (Sort::Season, Some(relation)) => is_due || !matches!(relation, Within | From),
        (Sort::Season, None) | (Sort::Word, None) => is_due,
        (Sort::Word | Sort::EndOf, Some(_)) => true,
        (Sort::EndOf, None) => is_due,
        (Sort::Certain, Some(From)) => is_due,
        (Sort::Certain, _) => true,
    };
    if !is_meant {
        return Some(span.end);
    }
    let start = with_due(reading, start);
    if let Some(negator) = reading.negator(start) {
        reading.take(negator..end);
        return Some(end);
    }
    apply(reading, relation.unwrap_or(Within), &span, today);
    reading.take(start..end);
    Some(end)
}

/// What stands before a date, and where it begins: "by", or the "before" of "before the March deadline".
fn relation_before(reading: &Reading<'_>, at: usize) -> (usize, Option<Relation>) {
    let article = matches!(reading.word_before(at), "the" | "early" | "mid" | "late");
    let direct = reading.longest_before(at, RELATIONS);
    let found = match direct {
        None if article => reading.longest_before(at - 1, RELATIONS),
        direct => direct,
    };
    match found {
        // "Those that open in January" are not open yet.
        Some((start, OpenWithin)) if matches!(reading.word_before(start), "that" | "which") => {
            (start, Some(Opening))
        }
        Some((start, relation)) => (start, Some(*relation)),
        None => (at, None),
    }
}

/// "Between Jan 1 and March 15", "from February to April", "in January and February".
fn range(reading: &mut Reading<'_>, at: usize, first: &Span, today: NaiveDate) -> Option<usize> {
    let joint = reading.word(first.end);
    let before = reading.word_before(at);
    let is_named = matches!(before, "between" | "from");
    let joins = match joint {
        "-" | "to" | "through" | "thru" => true,
        "and" | "or" => {
            is_named || matches!(before, "in" | "due" | "deadline" | "deadlines" | "closing")
        }
        _ => false,
    };
    if !joins || reading.ends_at(first.end - 1) == Ending::Clause {
        return None;
    }
    // The second day is the next one after the first.
    let second = span_at(reading, first.end + 1, today.max(first.first))?;
    if second.last < first.first {
        return None;
    }
    let start = at - usize::from(is_named || before == "in");
    let is_due = says_due(reading, start, second.end);
    let needs_due = before == "from" || matches!(first.sort, Sort::Season);
    if !is_due && (needs_due || is_of_something_else(reading, start)) {
        return Some(second.end);
    }
    within(reading, first.first, second.last, today);
    let start = with_due(reading, start);
    reading.take(start..second.end);
    Some(second.end)
}

fn apply(reading: &mut Reading<'_>, relation: Relation, span: &Span, today: NaiveDate) {
    let filters = &mut reading.filters;
    let before = match relation {
        Within if span.sort == Sort::EndOf => Some(span.last),
        Before if span.sort != Sort::EndOf => span.first.pred_opt(),
        Before | Until => Some(span.last),
        _ => None,
    };
    if let Some(before) = before.filter(|before| *before >= today) {
        filters.deadline_before = filters.deadline_before.or(Some(before));
    }
    let after = match relation {
        After => span.last.succ_opt(),
        From => Some(span.first),
        _ => None,
    };
    if let Some(after) = after.filter(|after| *after > today) {
        filters.deadline_after = filters.deadline_after.or(Some(after));
    }
    match relation {
        Within if span.sort != Sort::EndOf => within(reading, span.first, span.last, today),
        OpenWithin if span.last >= today => {
            filters.open_on = filters.open_on.or(Some(span.first.max(today)));
        }
        _ => {}
    }
}

fn within(reading: &mut Reading<'_>, first: NaiveDate, last: NaiveDate, today: NaiveDate) {
    let filters = &mut reading.filters;
    let is_free = filters.deadline_after.is_none() && filters.deadline_before.is_none();
    if last >= today && is_free {
        filters.deadline_after = Some(first.max(today));
        filters.deadline_before = Some(last);
    }
}

fn says_due(reading: &Reading<'_>, start: usize, end: usize) -> bool {
    let follows = matches!(reading.word(end), "deadline" | "deadlines")
        && reading.ends_at(end - 1) == Ending::Nothing;
    follows || reading.is_near_before(start, 4, DUE)
}

fn is_of_something_else(reading: &Reading<'_>, at: usize) -> bool {
    reading.is_near_before(at, 5, OTHER_EVENTS)
}

/// "Due", "deadlines" and "still" before a date go with it.
fn with_due(reading: &Reading<'_>, start: usize) -> usize {
    let mut start = start;
    while start > 0
        && reading.is_open(start - 1)
        && reading.ends_at(start - 1) == Ending::Nothing
        && (DUE.contains(&reading.word(start - 1)) || reading.word(start - 1) == "still")
    {
        start -= 1;
    }
    start
}
