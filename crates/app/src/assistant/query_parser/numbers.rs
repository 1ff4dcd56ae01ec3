//! Sums of money as people write them: "$5k", "10 grand", "a thousand dollars", "EUR 2,000".

use domain::Currency;
use domain::award::MinorUnits;

use super::reading::Reading;
use super::words::{Ending, Kind, Suffix};

/// A number that may be an amount.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    pub(super) start: usize,
    /// The word after its last.
    pub(super) end: usize,
    /// `None` when no currency is named.
    pub(super) currency: Option<Currency>,
    /// Digits with at most one decimal point.
    digits: String,
    /// Decimal places by which the digits are shifted: 3 for thousand, 0 when nothing says so.
    shift: usize,
}

impl Sum {
    /// Whether a currency or a word such as "grand" makes it money.
    pub(super) fn is_money(&self) -> bool {
        self.currency.is_some() || self.shift > 0
    }

    /// Without a currency, only numbers of three digits and more are taken for amounts.
    pub(super) fn is_large(&self) -> bool {
        let whole = self.digits.split('.').next().unwrap_or("");
        whole.trim_start_matches('0').len() + self.shift >= 3
    }

    /// In cents or what is the minor unit; `None` when it is too large or too precise.
    pub(super) fn minor_units(&self, default: Option<Currency>) -> Option<MinorUnits> {
        let (whole, fraction) = self.digits.split_once('.').unwrap_or((&self.digits, ""));
        let moved: String = fraction.chars().take(self.shift).collect();
        let left: String = fraction.chars().skip(self.shift).collect();
        if whole.len() > 12 {
            return None;
        }
        let shift = self.shift;
        let currency = self.currency.or(default).unwrap_or(Currency::USD);
        let minor = currency.minor_units(&format!("{whole}{moved:0<shift$}.{left}"));
        minor.ok().filter(|minor| *minor > 0)
    }

    /// The first sum of a range: the "5" of "$5-10k" is five thousand.
    pub(super) fn beside(&self, second: &Self) -> Self {
        let is_cut = self.shift == 0 && second.shift > 0 && !self.is_large();
        Self {
            shift: if is_cut { second.shift } else { self.shift },
            ..self.clone()
        }
    }
}

/// The sum that begins here.
pub(super) fn sum_at(reading: &Reading<'_>, at: usize) -> Option<Sum> {
    if !reading.is_open(at) {
        return None;
    }
    let ahead = currency_before(reading, at);
    let start = at;
    let at = at + usize::from(ahead.is_some());
    let (digits, mut shift, mut end) = number(reading, at)?;
    let goes_on = |end: usize| reading.ends_at(end - 1) == Ending::Nothing && reading.is_open(end);
    if goes_on(end)
        && let Some(more) = multiplier(reading.word(end))
        && shift == 0
    {
        shift = more;
        end += 1;
    }
    let behind = goes_on(end)
        .then(|| currency_behind(reading, end))
        .flatten();
    Some(Sum {
        start,
        end: behind.map_or(end, |(_, end)| end),
        currency: ahead.or(behind.map(|(currency, _)| currency)),
        digits,
        shift,
    })
}

/// Digits, shift and end.
fn number(reading: &Reading<'_>, at: usize) -> Option<(String, usize, usize)> {
    match reading.suffix(at) {
        Some(Suffix::None) => Some((reading.word(at).to_owned(), 0, at + 1)),
        Some(Suffix::Thousand) => Some((reading.word(at).to_owned(), 3, at + 1)),
        Some(Suffix::Ordinal) => None,
        // A number in words counts only with "hundred" or "thousand" behind it.
        None => {
            let value = number_word(reading.word(at))?;
            multiplier(reading.word(at + 1))?;
            Some((value.to_string(), 0, at + 1))
        }
    }
}

fn number_word(word: &str) -> Option<u32> {
    const WORDS: [(&str, u32); 15] = [
        ("a", 1),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("fifteen", 15),
        ("twenty", 20),
        ("thirty", 30),
        ("fifty", 50),
    ];
    WORDS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, value)| *value)
}

fn multiplier(word: &str) -> Option<usize> {
    match word {
        "hundred" => Some(2),
        "k" | "thousand" | "grand" => Some(3),
        "million" => Some(6),
        _ => None,
    }
}

fn currency_before(reading: &Reading<'_>, at: usize) -> Option<Currency> {
    let code = match reading.word(at) {
        "$" | "usd" => "USD",
        "€" | "eur" => "EUR",
        "£" | "gbp" => "GBP",
        "cad" => "CAD",
        "aud" => "AUD",
        _ => return None,
    };
    Currency::parse(code)
}

fn currency_behind(reading: &Reading<'_>, at: usize) -> Option<(Currency, usize)> {
    let (code, length) = match (reading.word(at), reading.word(at + 1)) {
        ("us", "dollars") => ("USD", 2),
        ("canadian", "dollars") => ("CAD", 2),
        ("australian", "dollars") => ("AUD", 2),
        ("dollars" | "dollar" | "bucks" | "usd", _) => ("USD", 1),
        ("euros" | "euro" | "eur", _) => ("EUR", 1),
        ("gbp", _) => ("GBP", 1),
        ("cad", _) => ("CAD", 1),
        ("aud", _) => ("AUD", 1),
        _ => return None,
    };
    let is_word = reading.words.get(at)?.kind == Kind::Letters;
    is_word
        .then(|| Currency::parse(code))
        .flatten()
        .map(|currency| (currency, at + length))
}
