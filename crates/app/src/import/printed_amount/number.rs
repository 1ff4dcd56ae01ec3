//! Numbers with the separators of many countries.

use domain::Currency;
use domain::award::MinorUnits;

/// A number as printed: digits with separators, and a multiplier such as the `k` of `10k`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) digits: String,
    /// Decimal places by which the number is shifted: 3 for thousand.
    pub(super) shift: Option<u32>,
}

/// Whose rupees are grouped as 1,00,000.
const INDIAN_GROUPING: &str = "INR PKR BDT NPR LKR";
/// Whose usual decimal sign is the comma.
const DECIMAL_COMMA: &str = "EUR PLN CZK HUF RON BGN DKK SEK NOK ISK TRY BRL ARS CLP COP UYU PYG VND IDR RUB UAH RSD MKD CHF";

impl Number {
    pub(super) fn has_multiplier(&self) -> bool {
        self.shift.is_some()
    }

    /// A bare "2" or "2015" is hardly an amount; "1,000", "2500" and "10k" are.
    pub(super) fn is_money_without_currency(&self) -> bool {
        let plain = self.digits.parse::<u64>();
        self.has_multiplier()
            || match plain {
                Ok(value) => value >= 100 && !(1900..=2100).contains(&value),
                Err(_) => self.digits.len() >= 5,
            }
    }

    /// The amount, if the separators can be read in one way only.
    pub(super) fn minor_units(&self, currency: Currency) -> Option<MinorUnits> {
        let (whole, fraction) = self.parts(currency)?;
        let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
        if leads_with_zero || whole.len() > 15 {
            return None;
        }
        let shift = self.shift.unwrap_or(0) as usize;
        let moved: String = fraction.chars().take(shift).collect();
        let left: String = fraction.chars().skip(shift).collect();
        let major = format!("{whole}{moved:0<shift$}.{left}");
        currency.minor_units(&major).ok()
    }

    /// Digits before and after the decimal sign.
    fn parts(&self, currency: Currency) -> Option<(String, String)> {
        let groups: Vec<&str> = self.digits.split(|c: char| !c.is_ascii_digit()).collect();
        let separators: Vec<char> = self
            .digits
            .chars()
            .filter(|character| !character.is_ascii_digit())
            .collect();
        let Some(last) = separators.last().copied() else {
            return Some((self.digits.clone(), String::new()));
        };
        let lasts = separators.iter().filter(|each| **each == last).count();
        let tail = groups.last()?.len();
        let mixed = lasts != separators.len();
        let comma_decides = DECIMAL_COMMA.contains(currency.as_str());
        let decimal = match last {
            '.' | ',' if lasts > 1 => false,
            '.' => mixed || tail != 3,
            ',' => tail != 3 && (mixed || comma_decides),
            _ => false,
        };
        let grouped = &groups[..groups.len() - usize::from(decimal)];
        let group_signs = &separators[..separators.len() - usize::from(decimal)];
        let one_kind = group_signs.windows(2).all(|pair| pair[0] == pair[1]);
        if !one_kind || !well_grouped(grouped, currency) {
            return None;
        }
        if decimal {
            let fraction = groups.last()?;
            // Of three decimals and a multiplier, nobody knows what was meant.
            return (fraction.len() <= 2).then(|| (grouped.concat(), (*fraction).to_owned()));
        }
        let ambiguous = match group_signs {
            // "1.500 million"; "$1.500"; and three decimals are usual where a currency has them.
            [sign @ ('.' | ',')] => {
                self.has_multiplier()
                    || currency.decimals() == 3
                    || (*sign == '.' && !comma_decides)
            }
            _ => false,
        };
        (!ambiguous).then(|| (grouped.concat(), String::new()))
    }
}

fn well_grouped(groups: &[&str], currency: Currency) -> bool {
    let Some((first, rest)) = groups.split_first() else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return !first.is_empty();
    };
    let by_thousand = last.len() == 3 && middle.iter().all(|group| group.len() == 3);
    let by_lakh = INDIAN_GROUPING.contains(currency.as_str())
        && last.len() == 3
        && first.len() <= 2
        && middle.iter().all(|group| group.len() == 2);
    (1..=3).contains(&first.len()) && *first != "0" && (by_thousand || by_lakh)
}
