//! Signs and words for currencies, and what several of them together mean.

use domain::Currency;

/// The currencies that a sign may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Codes, separated by spaces.
    codes: &'static str,
    exact: Option<Currency>,
    /// The one that is meant when nothing else decides.
    usual: Option<Currency>,
}

impl Meaning {
    fn allows(&self, currency: Currency) -> bool {
        self.exact == Some(currency)
            || self
                .codes
                .split_ascii_whitespace()
                .any(|code| code == currency.as_str())
    }

    fn only(&self) -> Option<Currency> {
        let mut codes = self.codes.split_ascii_whitespace();
        match (self.exact, codes.next(), codes.next()) {
            (Some(exact), ..) => Some(exact),
            (None, Some(code), None) => Currency::parse(code),
            _ => None,
        }
    }
}

const DOLLARS: &str = "USD CAD AUD NZD HKD SGD TWD BSD BBD BZD BMD BND KYD FJD GYD JMD LRD NAD SBD SRD TTD XCD ARS CLP COP CUP DOP MXN UYU";

/// Longer signs first, so that `HK$` is not read as `$`.
const SIGNS: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("us $", "USD"),
    ("u.s.$", "USD"),
    ("hk$", "HKD"),
    ("nz$", "NZD"),
    ("nt$", "TWD"),
    ("ca$", "CAD"),
    ("cad$", "CAD"),
    ("can$", "CAD"),
    ("aus$", "AUD"),
    ("au$", "AUD"),
    ("a$", "AUD"),
    ("s$", "SGD"),
    ("r$", "BRL"),
    ("mx$", "MXN"),
    ("$", DOLLARS),
    ("＄", DOLLARS),
    ("€", "EUR"),
    ("£", "GBP"),
    ("￡", "GBP"),
    ("¥", "JPY CNY"),
    ("￥", "JPY CNY"),
    ("円", "JPY"),
    ("人民币", "CNY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₫", "VND"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₱", "PHP"),
    ("₦", "NGN"),
    ("₴", "UAH"),
    ("₪", "ILS"),
    ("฿", "THB"),
];

const WORDS: &[(&str, &str)] = &[
    ("dollar", DOLLARS),
    ("dollars", DOLLARS),
    ("aus", "AUD"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("pounds", "GBP EGP LBP"),
    ("yen", "JPY"),
    ("rmb", "CNY"),
    ("yuan", "CNY"),
    ("tl", "TRY"),
    ("zł", "PLN"),
    ("vnđ", "VND"),
    ("rupees", "INR PKR LKR NPR"),
];

/// The sign at the start of `rest` (lower case), with its length in bytes.
pub(super) fn sign_at(rest: &str) -> Option<(Meaning, usize)> {
    SIGNS
        .iter()
        .find_map(|(sign, codes)| rest.starts_with(sign).then(|| (meaning(codes), sign.len())))
}

/// A word that names a currency: an ISO code in capitals (several are words too: "ALL", "TOP"), or a name in any case.
pub(super) fn word(word: &str) -> Option<Meaning> {
    if let Some(exact) = Currency::parse(word) {
        return Some(Meaning {
            codes: "",
            exact: Some(exact),
            usual: Some(exact),
        });
    }
    let lower = word.to_lowercase();
    if matches!(lower.as_str(), "usd" | "eur" | "gbp") {
        return Currency::parse(&lower.to_uppercase()).map(|exact| Meaning {
            codes: "",
            exact: Some(exact),
            usual: Some(exact),
        });
    }
    WORDS
        .iter()
        .find(|(known, _)| *known == lower)
        .map(|(_, codes)| meaning(codes))
}

fn meaning(codes: &'static str) -> Meaning {
    Meaning {
        codes,
        exact: None,
        usual: (codes == DOLLARS).then_some(Currency::USD),
    }
}

/// The one currency that all signs allow. `None`: they contradict each other, or could mean several. `Some(None)`: there
/// are none.
pub(super) fn agree<'a>(
    meanings: impl Iterator<Item = &'a Meaning>,
    default_currency: Currency,
) -> Option<Option<Currency>> {
    let meanings: Vec<&Meaning> = meanings.collect();
    let Some(first) = meanings.first() else {
        return Some(None);
    };
    let candidate = meanings
        .iter()
        .find_map(|meaning| meaning.only())
        .or_else(|| first.allows(default_currency).then_some(default_currency))
        .or(first.usual)?;
    meanings
        .iter()
        .all(|meaning| meaning.allows(candidate))
        .then_some(Some(candidate))
}
