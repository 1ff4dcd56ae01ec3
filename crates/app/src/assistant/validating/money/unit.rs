//! Currencies, by their signs, codes and names.

use domain::Currency;

use super::super::super::pieces::{Kind, Pieces};

/// What a sign or word says about the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// None is named, as in "5k".
    Any,
    /// Some dollar.
    Dollars,
    Exact(Currency),
}

const DOLLARS: &str = "USD CAD AUD NZD HKD SGD TWD BSD BBD BZD BMD FJD GYD JMD LRD NAD TTD XCD ARS CLP COP CUP DOP MXN";
const SIGNS: &[(char, &str)] = &[
    ('$', ""),
    ('€', "EUR"),
    ('£', "GBP"),
    ('¥', "JPY"),
    ('₹', "INR"),
    ('₩', "KRW"),
    ('₱', "PHP"),
    ('₦', "NGN"),
];
const WORDS: &[(&str, &str)] = &[
    ("dollar", ""),
    ("dollars", ""),
    ("bucks", ""),
    ("dólares", ""),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("pounds", "GBP"),
    ("yen", "JPY"),
    ("yuan", "CNY"),
    ("rupees", "INR"),
    ("pesos", "MXN"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("cad", "CAD"),
    ("aud", "AUD"),
];
impl Unit {
    /// Whether both may be the same currency.
    pub(super) fn allows(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Dollars, Self::Exact(exact)) | (Self::Exact(exact), Self::Dollars) => {
                DOLLARS.contains(exact.as_str())
            }
            (left, right) => left == right,
        }
    }
}

pub(super) fn sign_unit(pieces: &Pieces, at: usize) -> Option<Unit> {
    let sign = pieces.sign(at)?;
    let (_, code) = SIGNS.iter().find(|(known, _)| *known == sign)?;
    Some(Currency::parse(code).map_or(Unit::Dollars, Unit::Exact))
}

/// A code in capitals such as `USD`, or `US`, `CA` before a dollar sign.
pub(super) fn code(pieces: &Pieces, at: usize) -> Option<Unit> {
    let piece = pieces.get(at).filter(|piece| piece.kind == Kind::Word)?;
    let dollars = matches!(piece.text, "US" | "CA" | "A" | "AU" | "NZ" | "HK" | "C")
        && pieces.is_sign(at + 1, "$")
        && pieces.is_glued(at + 1);
    let by_letters = match piece.text {
        "US" => "USD",
        "CA" | "C" => "CAD",
        "A" | "AU" => "AUD",
        "NZ" => "NZD",
        "HK" => "HKD",
        code => code,
    };
    // Codes such as ALL and TOP are words, too.
    let word = matches!(
        piece.text,
        "ALL" | "TOP" | "TRY" | "GEL" | "LEK" | "MOP" | "BAM" | "MAD" | "CUP" | "PEN" | "COP"
    );
    let known = dollars || (by_letters == piece.text && !word);
    known.then(|| Currency::parse(by_letters))?.map(Unit::Exact)
}

/// A unit right behind a number: "dollars", "€", "USD", "US dollars".
pub(super) fn unit_behind(pieces: &Pieces, at: usize) -> Option<(Unit, usize)> {
    if let Some(unit) = sign_unit(pieces, at) {
        // In "2 $500 awards" the sign belongs to what follows.
        return pieces.digits(at + 1).is_empty().then_some((unit, at + 1));
    }
    if let Some(unit) = code(pieces, at).filter(|_| pieces.sign(at + 1) != Some('$')) {
        return Some((unit, at + 1));
    }
    let country = matches!(
        pieces.word(at),
        "us" | "american" | "canadian" | "australian"
    );
    let word_at = at + usize::from(country);
    let (_, code) = WORDS
        .iter()
        .find(|(word, _)| *word == pieces.word(word_at))?;
    let unit = Currency::parse(code).map_or(Unit::Dollars, Unit::Exact);
    Some((unit, word_at + 1))
}
