//! Every amount that was found in the wild has its expected reading here, beside the usual forms.

use proptest::prelude::*;

use super::*;

/// The reading in major units: `500..2000 USD`, `..10000 USD`, `2000.. USD`, or `-` for text only.
fn reading(text: &str) -> String {
    let amount = parse(text, Currency::USD);
    let major = |minor: Option<MinorUnits>| {
        minor.map_or_else(String::new, |minor| {
            amount.currency.major_units(minor).to_string()
        })
    };
    match (amount.minimum, amount.maximum) {
        (None, None) => "-".to_owned(),
        (minimum, maximum) if minimum == maximum => {
            format!("{} {}", major(minimum), amount.currency.as_str())
        }
        (minimum, maximum) => format!(
            "{}..{} {}",
            major(minimum),
            major(maximum),
            amount.currency.as_str()
        ),
    }
}

fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(reading(text), *expected, "{text:?}");
    }
}

#[test]
fn amounts_from_real_catalogues_are_read_only_where_they_are_certain() {
    check(&[
        ("14 800 EUR", "14800 EUR"),
        ("€3579,25", "3579.25 EUR"),
        ("26.000€ - 19.000€", "19000..26000 EUR"),
        ("Between $14.814.00 - $5.555.00", "-"),
        ("$25, 000 USD; AUS $30,000; £15,000", "-"),
        ("100,000 RUR=$2,800USD", "-"),
        ("SEK50K-100K per study year", "50000..100000 SEK"),
        ("MTCSOL:￥3,000 RMB or BTCSOL:￥2,500 RMB /month", "-"),
        ("Up to 40,000 HKD (HK$)", "..40000 HKD"),
        ("Up to INR 125 000", "..125000 INR"),
        ("Scholarship Amount (INR) 1,00,000.00", "100000 INR"),
        ("0.00", "-"),
        ("2", "-"),
        ("/", "-"),
        ("$0-Full Tuition", "-"),
        ("Tuition and Fees plus $13,898.20", "-"),
        ("75/月", "-"),
        (
            "All tuition fees, allowable travel costs and contribution to liv",
            "-",
        ),
        ("600-1200 TL", "600..1200 TRY"),
        ("less than 50% tuition fee ,100% tuition fee", "-"),
        (
            "YEN 1,000,000/year, 1,500,000/year, 2,000,000/year",
            "1000000..2000000 JPY",
        ),
        ("Grand prize of €100,000", "..100000 EUR"),
        ("Unkwnon", "-"),
    ]);
}

#[test]
fn usual_forms_are_read() {
    check(&[
        ("$1,000", "1000 USD"),
        ("$1000.50", "1000.5 USD"),
        ("$500-$2,000", "500..2000 USD"),
        ("$500 – $2,000 per year", "500..2000 USD"),
        ("between $500 and $2,000", "500..2000 USD"),
        ("between $500 to $2,000", "500..2000 USD"),
        ("from $500 to $2,000 each", "500..2000 USD"),
        ("up to $10,000", "..10000 USD"),
        ("Varies, up to $5,000", "..5000 USD"),
        ("$2,500 or more", "2500.. USD"),
        ("$2,500+", "2500.. USD"),
        ("$500 or $1,000", "500..1000 USD"),
        ("10k", "10000 USD"),
        ("$1.5 million", "1500000 USD"),
        ("€1,5 million", "1500000 EUR"),
        ("2 lakh INR", "200000 INR"),
        ("EUR 1.000,00", "1000 EUR"),
        ("EUR 1,000.00", "1000 EUR"),
        ("1'000 CHF", "1000 CHF"),
        ("US $2,000 award", "2000 USD"),
        ("CA$2,000", "2000 CAD"),
        ("¥500,000 JPY", "500000 JPY"),
        ("2500", "2500 USD"),
        ("1,000", "1000 USD"),
        ("$2015", "2015 USD"),
    ]);
}

#[test]
fn what_could_mean_two_things_stays_text() {
    for text in [
        "varies",
        "full tuition",
        "$5-10k",
        "$1.500",
        "1.500 million EUR",
        "¥3,000",
        "2 x $500",
        "2 - $500 scholarships",
        "2, $500 awards",
        "10 awards of $500",
        "$500 (10 awards)",
        "$500,000 in scholarships",
        "$10,000 total",
        "2026: $1,000",
        "ten $1,000 scholarships",
        "about $1,000",
        "$500 off a laptop",
        "$1,000 per month",
        "$1,000/semester",
        "2015",
        "50",
        "$1,000 and a laptop",
        "$1,000 and $500",
        "TOP $5,000",
        "$1,00",
        "$1,0000",
        "$007",
        "-",
        "$500 -",
        "up to",
        "",
        "$1,000 (varies)",
        "99999999999999999999 USD",
        "Rs 5000",
        "3 pounds",
    ] {
        assert_eq!(reading(text), "-", "{text:?}");
    }
}

#[test]
fn a_dollar_sign_means_the_dollar_of_the_file() {
    let canadian = Currency::parse("CAD").expect("a currency");
    assert_eq!(parse("$500", canadian).currency, canadian);
    let euro = Currency::parse("EUR").expect("a currency");
    assert_eq!(parse("$500", euro).currency, Currency::USD);
    assert_eq!(parse("500", euro).currency, euro);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_bounds_are_ordered(text in "[$€0-9kKm.,;:/+ \\-A-Zoruptx万￥]{0,40}|.{0,60}") {
        let amount = parse(&text, Currency::USD);
        if let (Some(minimum), Some(maximum)) = (amount.minimum, amount.maximum) {
            prop_assert!(0 <= minimum && minimum <= maximum);
        }
    }

    #[test]
    fn grouped_dollars_are_read_exactly(dollars in 1_u32..1_000_000_000) {
        let digits = dollars.to_string();
        let grouped: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits")).collect();
        let amount = parse(&format!("${}", grouped.join(",")), Currency::USD);
        prop_assert_eq!(amount.maximum, Some(i64::from(dollars) * 100));
        prop_assert_eq!(amount.minimum, amount.maximum);
    }
}
