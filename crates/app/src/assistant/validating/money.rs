//! Sums of money in prose: "$5,000", "5k", "EUR 1.500", "five thousand dollars".

mod spelled_number;
mod unit;

use domain::Currency;
use domain::award::MinorUnits;

use super::super::pieces::Pieces;
use super::Facts;
use spelled_number::spelled_number;
use unit::{Unit, code, sign_unit, unit_behind};

/// An amount in hundredths of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sum {
    hundredths: i128,
    unit: Unit,
}

const MULTIPLIERS: &[(&str, u32)] = &[
    ("k", 3),
    ("grand", 3),
    ("thousand", 3),
    ("m", 6),
    ("mm", 6),
    ("million", 6),
    ("mil", 3),
    ("billion", 9),
    ("lakh", 5),
    ("lakhs", 5),
];
/// Words before a bare number that make it money.
const WORTH: &[&str] = &[
    "worth",
    "pays",
    "paying",
    "award",
    "awards",
    "prize",
    "amount",
    "amounts",
    "value",
    "valued",
    "totaling",
    "totalling",
    "total",
    "stipend",
];
/// Words between those and the number.
const JOINTS: &[&str] = &[
    "of", "is", "at", "to", "up", "a", "about", "around", "over", "to",
];

impl Sum {
    pub(super) fn of(minor: MinorUnits, currency: Currency) -> Self {
        let decimals = currency.decimals();
        let hundredths = i128::from(minor) * 100 / 10_i128.pow(decimals);
        Self {
            hundredths,
            unit: Unit::Exact(currency),
        }
    }

    pub(super) fn agrees_with(self, other: Self) -> bool {
        self.unit.allows(other.unit) && self.hundredths == other.hundredths
    }
}

pub(super) fn all_known(text: &str, facts: &Facts) -> bool {
    sums(text).into_iter().all(|sum| facts.has_sum(sum))
}

/// Every sum of `text`; both ends of a range.
pub(super) fn sums(text: &str) -> Vec<Sum> {
    let pieces = Pieces::of(text);
    let mut sums = Vec::new();
    let mut at = 0;
    // Unit and end of the sum before, to which "to 5,000" may belong.
    let mut before: Option<(Unit, usize)> = None;
    while at < pieces.len() {
        let reader = Reader {
            pieces: &pieces,
            start: at,
        };
        match reader.read(before) {
            Some(read) => {
                sums.push(read.sum);
                before = Some((read.sum.unit, read.end));
                at = read.end.max(at + 1);
            }
            None => at += 1,
        }
    }
    sums
}

struct Read {
    sum: Sum,
    end: usize,
}

/// A number with the digits behind its decimal sign, and the place behind it.
struct Number {
    whole: String,
    fraction: String,
    grouped: bool,
    end: usize,
}

struct Reader<'a> {
    pieces: &'a Pieces<'a>,
    start: usize,
}

impl Reader<'_> {
    /// A sum that begins here.
    fn read(&self, before: Option<(Unit, usize)>) -> Option<Read> {
        let (unit_before, number_at) = self.unit_before();
        if let Some((value, end)) = spelled_number(self.pieces, number_at) {
            let (unit, end) = unit_before
                .map(|unit| (unit, end))
                .or_else(|| unit_behind(self.pieces, end))?;
            let hundredths = value.checked_mul(100)?;
            return Some(Read {
                sum: Sum { hundredths, unit },
                end,
            });
        }
        let number = self.number(number_at)?;
        let (shift, mut end) = self.multiplier(number.end).unwrap_or((0, number.end));
        let mut unit = unit_before;
        if unit.is_none()
            && let Some((behind, after)) = unit_behind(self.pieces, end)
        {
            (unit, end) = (Some(behind), after);
        }
        let short = shift == 3 && self.is_short_thousand(number.end);
        let unit = unit
            .or_else(|| short.then_some(Unit::Any))
            .or_else(|| self.unit_of_range(before, &number, end))
            .or_else(|| self.range_of_next(&number))
            .or_else(|| self.is_called_worth(&number, end).then_some(Unit::Any))?;
        // "$5-10k": the multiplier of the second number counts for both.
        let shift = if shift == 0 {
            self.shift_of_range(&number)
        } else {
            shift
        };
        let hundredths = hundredths(&number, shift)?;
        Some(Read {
            sum: Sum { hundredths, unit },
            end,
        })
    }

    /// The unit that stands here before a number, and where the number begins.
    fn unit_before(&self) -> (Option<Unit>, usize) {
        let (pieces, mut at) = (self.pieces, self.start);
        let mut unit = code(self.pieces, at).filter(|_| {
            let next = at + 1;
            !pieces.digits(next).is_empty() || sign_unit(self.pieces, next).is_some()
        });
        at += usize::from(unit.is_some());
        if let Some(sign) = sign_unit(self.pieces, at) {
            unit = unit.or(Some(sign));
            at += 1;
        }
        (unit, at)
    }

    fn number(&self, start: usize) -> Option<Number> {
        let pieces = self.pieces;
        let first = pieces.digits(start);
        let inside = start.checked_sub(1).is_some_and(|before| {
            pieces.is_glued(start)
                && pieces.is_sign(before, ".,/:")
                && before == self.start.wrapping_sub(1)
        });
        if first.is_empty() || inside {
            return None;
        }
        let (mut groups, mut at) = (vec![first], start + 1);
        let mut fraction = "";
        while let Some(sign) = pieces.sign(at).filter(|sign| ",.'’".contains(*sign)) {
            let digits = pieces.digits(at + 1);
            if digits.is_empty() || !pieces.is_glued(at) || !pieces.is_glued(at + 1) {
                break;
            }
            let groups_on = digits.len() == 3 && first.len() <= 3 && first != "0";
            if groups_on && !(sign == '.' && groups.len() > 1) {
                groups.push(digits);
            } else if sign != '\'' {
                fraction = digits;
            }
            at += 2;
            if !fraction.is_empty() {
                break;
            }
        }
        let grouped = groups.len() > 1;
        Some(Number {
            whole: groups.concat(),
            fraction: fraction.to_owned(),
            grouped,
            end: at,
        })
    }

    fn multiplier(&self, at: usize) -> Option<(u32, usize)> {
        let word = self.pieces.word(at);
        let (known, shift) = MULTIPLIERS.iter().find(|(known, _)| *known == word)?;
        // "$5 m" is nothing that anybody writes.
        (known.len() > 2 || self.pieces.is_glued(at)).then_some((*shift, at + 1))
    }

    /// "5k" and "10 grand" are money without a sign; "a 5K run" and "401k" are not.
    fn is_short_thousand(&self, at: usize) -> bool {
        let run = matches!(
            self.pieces.word(at + 1),
            "run" | "race" | "walk" | "students" | "members" | "applicants" | "people" | "words"
        );
        let plan = matches!(self.pieces.digits(at - 1), "401" | "12" | "529")
            && at
                .checked_sub(3)
                .is_none_or(|before| self.pieces.word(before) != "to");
        matches!(self.pieces.word(at), "k" | "grand") && !run && !plan
    }

    /// "$1,000 to 5,000": a number that a dash or word joins to a sum.
    fn unit_of_range(
        &self,
        before: Option<(Unit, usize)>,
        number: &Number,
        end: usize,
    ) -> Option<Unit> {
        let (unit, last) = before?;
        let pieces = self.pieces;
        let joins = last + 1 == self.start
            && (pieces.is_dash(last) || matches!(pieces.word(last), "to" | "or" | "and"));
        let large = number.grouped || number.whole.len() >= 3;
        (joins && large && !self.counts_things(end)).then_some(unit)
    }

    /// "1,000 to $5,000" and "5–10 thousand dollars": a grouped number before a sum.
    fn range_of_next(&self, number: &Number) -> Option<Unit> {
        let pieces = self.pieces;
        let joins = pieces.is_dash(number.end) || pieces.word(number.end) == "to";
        (joins && number.grouped).then(|| sign_unit(self.pieces, number.end + 1))?
    }

    fn shift_of_range(&self, number: &Number) -> u32 {
        let pieces = self.pieces;
        let joins = pieces.is_dash(number.end) || pieces.word(number.end) == "to";
        let second = number.end + 1 + usize::from(pieces.is_sign(number.end + 1, "$"));
        if joins && number.whole.len() <= 3 && !pieces.digits(second).is_empty() {
            self.multiplier(second + 1).map_or(0, |(shift, _)| shift)
        } else {
            0
        }
    }

    /// "worth 5000", "an award of 2,500".
    fn is_called_worth(&self, number: &Number, end: usize) -> bool {
        let pieces = self.pieces;
        let value: u32 = number.whole.parse().unwrap_or(u32::MAX);
        let year = number.whole.len() == 4 && !number.grouped && (1900..=2100).contains(&value);
        let mut words = pieces
            .words_before(self.start, 4)
            .skip_while(|word| JOINTS.contains(word));
        let called = words.next().is_some_and(|word| WORTH.contains(&word));
        value >= 100 && !year && called && number.fraction.is_empty() && !self.counts_things(end)
    }

    /// Whether a noun follows: "500 words".
    fn counts_things(&self, at: usize) -> bool {
        let word = self.pieces.word(at);
        !word.is_empty()
            && !matches!(
                word,
                "each"
                    | "per"
                    | "annually"
                    | "a"
                    | "every"
                    | "in"
                    | "to"
                    | "for"
                    | "and"
                    | "or"
                    | "toward"
                    | "towards"
                    | "is"
                    | "was"
                    | "from"
                    | "scholarship"
                    | "award"
                    | "grant"
                    | "prize"
            )
            || self.pieces.is_sign(at, "%")
    }
}

fn hundredths(number: &Number, shift: u32) -> Option<i128> {
    let digits: String = number.fraction.chars().take(6).collect();
    let scale = u32::try_from(digits.len()).ok()?;
    let all: i128 = format!("{}{digits}", number.whole).get(..)?.parse().ok()?;
    let shifted = all.checked_mul(10_i128.checked_pow(shift + 2)?)?;
    Some(shifted / 10_i128.pow(scale))
}
