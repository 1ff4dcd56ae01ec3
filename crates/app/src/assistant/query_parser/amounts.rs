//! Bounds on the amount: "over $5k", "between 1k and 5k", "up to 2500".
//!
//! Bounds are inclusive, whatever the words say. A bare sum asks for at least that much, and only where it is said of the award.

use domain::Currency;
use domain::award::MinorUnits;

use super::numbers::{self, Sum};
use super::reading::Reading;
use super::words::Ending;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Least,
    Most,
}

use Bound::{Least, Most};

const BEFORE: &[(&str, Bound)] = &[
    ("over", Least),
    ("above", Least),
    ("at least", Least),
    ("more than", Least),
    ("greater than", Least),
    ("higher than", Least),
    ("bigger than", Least),
    ("exceeding", Least),
    ("minimum", Least),
    ("minimum of", Least),
    ("min", Least),
    ("min of", Least),
    ("no less than", Least),
    ("not less than", Least),
    ("starting at", Least),
    ("upwards of", Least),
    ("from", Least),
    (">", Least),
    (">=", Least),
    ("under", Most),
    ("below", Most),
    ("up to", Most),
    ("less than", Most),
    ("lower than", Most),
    ("smaller than", Most),
    ("at most", Most),
    ("no more than", Most),
    ("not more than", Most),
    ("maximum", Most),
    ("maximum of", Most),
    ("max", Most),
    ("max of", Most),
    ("<", Most),
    ("<=", Most),
];

const AFTER: &[(&str, Bound)] = &[
    ("+", Least),
    ("plus", Least),
    ("or more", Least),
    ("or above", Least),
    ("or higher", Least),
    ("or over", Least),
    ("or greater", Least),
    ("and up", Least),
    ("and above", Least),
    ("and over", Least),
    ("minimum", Least),
    ("min", Least),
    ("or less", Most),
    ("or under", Most),
    ("or below", Most),
    ("and under", Most),
    ("maximum", Most),
    ("max", Most),
    ("tops", Most),
];

/// What sums before these words, or after them, are no awards.
const OTHER_MONEY: &[&str] = &[
    "income", "incomes", "makes", "make", "earn", "earns", "earning", "salary", "tuition", "cost",
    "costs", "owe", "owes", "debt", "fee", "fees", "efc", "sai", "rent", "loan", "loans", "sat",
    "act", "psat", "score", "scored", "scores", "zip", "class",
];
/// What numbers without a currency count.
const OTHER_COUNTS: &[&str] = &[
    "word",
    "words",
    "hour",
    "hours",
    "student",
    "students",
    "people",
    "winner",
    "winners",
    "recipient",
    "recipients",
    "point",
    "points",
    "page",
    "pages",
    "mile",
    "miles",
    "character",
    "characters",
    "follower",
    "followers",
    "year",
    "years",
    "sat",
    "score",
    "pounds",
    "lbs",
    "applicants",
    "members",
    "scholarships",
    "awards",
];
const AWARDS: &[&str] = &[
    "scholarship",
    "scholarships",
    "award",
    "awards",
    "grant",
    "grants",
    "prize",
    "prizes",
];

pub(super) fn read(reading: &mut Reading<'_>) {
    let mut at = 0;
    while at < reading.len() {
        let Some(sum) = numbers::sum_at(reading, at) else {
            at += 1;
            continue;
        };
        at = range(reading, &sum)
            .or_else(|| single(reading, &sum))
            .unwrap_or(sum.end);
    }
    let filters = &mut reading.filters;
    if filters
        .min_amount
        .zip(filters.max_amount)
        .is_some_and(|(least, most)| least > most)
    {
        filters.min_amount = None;
        filters.max_amount = None;
        filters.currency = Currency::USD;
    }
}

/// "$500-$2,000", "between 1k and 5k": the end of what was read.
fn range(reading: &mut Reading<'_>, first: &Sum) -> Option<usize> {
    let joint = reading.word(first.end);
    let is_between = reading.word_before(first.start) == "between";
    let is_from = reading.word_before(first.start) == "from";
    let joins = matches!(joint, "-" | "to" | "through") || (is_between && joint == "and");
    if !joins {
        return None;
    }
    let second = numbers::sum_at(reading, first.end + 1)?;
    let first = first.beside(&second);
    let is_money = first.is_money() || second.is_money() || is_between || is_from;
    let least = first.minor_units(second.currency)?;
    let most = second.minor_units(first.currency)?;
    let are_large = first.is_large() && second.is_large();
    if !(is_money && (are_large || first.is_money() || second.is_money())) || least > most {
        return None;
    }
    if is_of_something_else(reading, &first, second.end, is_money) {
        return Some(second.end);
    }
    let start = first.start - usize::from(is_between || is_from);
    apply(reading, Least, least, first.currency.or(second.currency));
    apply(reading, Most, most, first.currency.or(second.currency));
    reading.take(start..second.end);
    Some(second.end)
}

fn single(reading: &mut Reading<'_>, sum: &Sum) -> Option<usize> {
    if is_of_something_else(reading, sum, sum.end, sum.is_money()) {
        return None;
    }
    let before = reading.longest_before(sum.start, BEFORE);
    let after = (reading.ends_at(sum.end - 1) == Ending::Nothing)
        .then(|| reading.longest(sum.end, AFTER))
        .flatten();
    let (bound, start, end) = match (before, after) {
        (Some((start, bound)), _) => (*bound, start, sum.end),
        (None, Some((end, bound))) => (*bound, sum.start, end),
        (None, None) if says_award(reading, sum) => (Least, sum.start, sum.end),
        (None, None) => return None,
    };
    if !sum.is_money() && !sum.is_large() {
        return None;
    }
    let minor = sum.minor_units(None)?;
    if let Some(negator) = reading.negator(start) {
        reading.take(negator..end);
        return Some(end);
    }
    apply(reading, bound, minor, sum.currency);
    reading.take(start..end);
    Some(end)
}

/// "$1,000 scholarships", "worth $1,000".
fn says_award(reading: &Reading<'_>, sum: &Sum) -> bool {
    let follows =
        reading.ends_at(sum.end - 1) == Ending::Nothing && AWARDS.contains(&reading.word(sum.end));
    let precedes = matches!(
        reading.word_before(sum.start),
        "worth" | "paying" | "pays" | "pay" | "awarding" | "amount" | "exactly"
    ) || (reading.word_before(sum.start) == "of"
        && AWARDS.contains(&reading.word(sum.start.saturating_sub(2))));
    sum.is_money() && (follows || precedes)
}

fn is_of_something_else(reading: &Reading<'_>, sum: &Sum, end: usize, is_money: bool) -> bool {
    let counted = end + usize::from(matches!(reading.word(end), "+" | "plus"));
    let counts = OTHER_COUNTS.contains(&reading.word(counted))
        && reading.ends_at(end - 1) == Ending::Nothing;
    reading.is_near_before(sum.start, 5, OTHER_MONEY)
        || matches!(reading.word(end), "income" | "tuition" | "salary" | "debt")
        || (reading.word(end) == "in" && matches!(reading.word(end + 1), "tuition" | "debt"))
        || (!is_money && counts)
}

/// The first bound of each side counts.
fn apply(reading: &mut Reading<'_>, bound: Bound, minor: MinorUnits, currency: Option<Currency>) {
    let filters = &mut reading.filters;
    let is_first = filters.min_amount.is_none() && filters.max_amount.is_none();
    let currency = currency.unwrap_or(if is_first {
        Currency::USD
    } else {
        filters.currency
    });
    if is_first {
        filters.currency = currency;
    } else if filters.currency != currency {
        return;
    }
    let side = match bound {
        Least => &mut filters.min_amount,
        Most => &mut filters.max_amount,
    };
    *side = side.or(Some(minor));
}
