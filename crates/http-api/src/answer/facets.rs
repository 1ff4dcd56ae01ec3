//! Facets as JSON. An answer has hundreds of their numbers, so they are written without a tree of values in between.

use domain::award::MinorUnits;
use domain::{Currency, Term};
use ports::search_index::{Facet, FacetValue};
use serde_json::Number;
use utoipa::ToSchema;

use super::append;

/// A value of a facet, with the awards of its scholarships in major units.
#[derive(ToSchema)]
#[schema(as = FacetValue)]
#[expect(dead_code, reason = "describes what append_value writes")]
pub(crate) struct FacetEntry {
    value: String,
    count: u64,
    #[schema(value_type = Option<f64>, required)]
    min: Option<Number>,
    #[schema(value_type = Option<f64>, required)]
    max: Option<Number>,
    #[schema(value_type = Option<f64>, required)]
    sum: Option<Number>,
}

/// Appends an object of the facets by their kinds.
pub(super) fn append_facets(body: &mut Vec<u8>, facets: &[Facet], currency: Currency) {
    let decimals = currency.decimals();
    body.push(b'{');
    for (at, facet) in facets.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        append(body, facet.kind.code());
        body.extend_from_slice(b":[");
        for (at, value) in facet.values.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            append_value(body, value, decimals);
        }
        body.push(b']');
    }
    body.push(b'}');
}

fn append_value(body: &mut Vec<u8>, value: &FacetValue, decimals: u32) {
    body.extend_from_slice(b"{\"value\":");
    append(body, value.value.as_ref());
    body.extend_from_slice(b",\"count\":");
    append(body, &value.count);
    body.extend_from_slice(b",\"min\":");
    append_amount(body, value.min, decimals);
    body.extend_from_slice(b",\"max\":");
    append_amount(body, value.max, decimals);
    body.extend_from_slice(b",\"sum\":");
    append_amount(body, value.sum, decimals);
    body.push(b'}');
}

/// Appends the amount in major units, exactly and without needless decimals, or null.
fn append_amount(body: &mut Vec<u8>, minor: Option<MinorUnits>, decimals: u32) {
    let Some(minor) = minor else {
        body.extend_from_slice(b"null");
        return;
    };
    let mut unit = 10_i64.pow(decimals);
    append(body, &(minor / unit));
    let mut rest = minor % unit;
    if rest > 0 {
        body.push(b'.');
    }
    while rest > 0 {
        unit /= 10;
        body.push(b'0' + u8::try_from(rest / unit).unwrap_or(0));
        rest %= unit;
    }
}

#[cfg(test)]
mod tests {
    use domain::award::MAX_MINOR_UNITS;
    use ports::search_index::FacetKind;
    use proptest::prelude::*;

    use super::*;

    fn amount(minor: MinorUnits, currency: Currency) -> String {
        let mut body = Vec::new();
        append_amount(&mut body, Some(minor), currency.decimals());
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn facets_stand_by_kind_and_any_text_is_quoted() {
        let value = FacetValue {
            value: "\"\\\n".into(),
            count: 7,
            min: None,
            max: Some(150_050),
            sum: Some(1_000_005),
        };
        let facets = [
            (FacetKind::States, vec![]),
            (FacetKind::Citizenship, vec![value.clone(), value]),
        ];
        let facets = facets.map(|(kind, values)| Facet { kind, values });
        let mut body = Vec::new();
        append_facets(&mut body, &facets, Currency::USD);
        let one = r#"{"value":"\"\\\n","count":7,"min":null,"max":1500.5,"sum":10000.05}"#;
        let all = format!(r#"{{"states":[],"citizenship":[{one},{one}]}}"#);
        assert_eq!(String::from_utf8(body).unwrap(), all);
    }

    proptest! {
        #[test]
        fn amounts_are_those_of_the_domain(
            minor in 0..=MAX_MINOR_UNITS,
            code in prop::sample::select(vec!["USD", "JPY", "KWD"]),
        ) {
            let currency = Currency::parse(code).unwrap();
            prop_assert_eq!(amount(minor, currency), currency.major_units(minor).to_string());
        }

        #[test]
        fn sums_beyond_what_a_float_holds_stay_exact(minor in MAX_MINOR_UNITS..i64::MAX) {
            let text = amount(minor, Currency::USD);
            let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
            prop_assert_eq!(format!("{whole}{cents:0<2}"), minor.to_string());
        }
    }
}
