//! What the samples pay, in numbers and as printed.

use domain::{Award, Currency};

use super::random::Random;
use crate::thousands::with_commas;

/// Major units of dollars, the usual ones more often.
const DOLLARS: &[i64] = &[
    250, 500, 500, 500, 750, 1_000, 1_000, 1_000, 1_000, 1_000, 1_250, 1_500, 1_500, 2_000, 2_000,
    2_000, 2_500, 2_500, 2_500, 3_000, 3_500, 4_000, 5_000, 5_000, 5_000, 5_000, 7_500, 7_500,
    10_000, 10_000, 10_000, 12_000, 15_000, 20_000, 25_000, 40_000, 50_000,
];

/// Code, how one unit is printed, and roughly how many make a dollar.
const OTHERS: &[(&str, &str, i64)] = &[
    ("EUR", "€{}", 1),
    ("GBP", "£{}", 1),
    ("CAD", "CA${}", 1),
    ("AUD", "AU${}", 1),
    ("INR", "INR {}", 50),
    ("JPY", "{} JPY", 100),
    ("MXN", "MX${}", 20),
    ("VND", "{} VND", 20_000),
    ("CNY", "{} CNY", 7),
];

const UNKNOWN: &[&str] = &[
    "Varies",
    "Varies",
    "Varies",
    "Amount varies by need",
    "Full tuition",
    "Tuition and fees",
    "Half of in-state tuition",
    "Books and supplies",
    "Depends on the number of applicants",
    "To be announced",
    "Last-dollar award after other aid",
    "$200 per month",
];

pub(super) fn award(random: &mut Random) -> Award {
    if random.percent(35) {
        return Award {
            text: random.percent(80).then(|| random.pick(UNKNOWN).to_owned()),
            ..Award::default()
        };
    }
    let (code, print, scale) = if random.percent(6) {
        random.pick(OTHERS)
    } else {
        ("USD", "${}", 1)
    };
    let currency = Currency::parse(code).unwrap_or(Currency::USD);
    let minor = |major: i64| major * 10_i64.pow(currency.decimals());
    let printed = |major: i64| print.replace("{}", &with_commas(&major.to_string()));
    let amount = random.pick(DOLLARS) * scale;
    let (minimum, maximum, text) = match random.below(20) {
        0..=3 => (None, amount, format!("Up to {}", printed(amount))),
        4..=8 => {
            let least = amount / if random.percent(50) { 2 } else { 5 };
            let text = format!("{} – {}", printed(least), printed(amount));
            (Some(least), amount, text)
        }
        9 | 10 => (
            Some(amount),
            amount,
            format!("{} per year", printed(amount)),
        ),
        _ => (Some(amount), amount, printed(amount)),
    };
    Award {
        minimum: minimum.map(minor),
        maximum: Some(minor(maximum)),
        currency,
        text: random.percent(92).then_some(text),
    }
}
