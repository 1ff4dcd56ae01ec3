//! The student profile as query parameters.

use std::collections::BTreeMap;

use domain::{
    Citizenship, CountryCode, FieldOfStudy, Gpa, GradeLevel, ProfileDocument, Term, UsState,
};
use serde_json::Number;
use utoipa::IntoParams;

use super::filters::without_must;
use crate::parameters::GradeLevelWord;
use crate::query::{QueryReader, one_of};

/// The keys of a profile as parameters, for OpenAPI; [`read_profile`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes parameters; the values are read by `read_profile`"
)]
pub(crate) struct ProfileParameters {
    gpa: Option<Gpa>,
    #[param(value_type = Option<GradeLevelWord>)]
    grade_level: Option<String>,
    field_of_study: Option<FieldOfStudy>,
    citizenship: Option<Citizenship>,
    state_of_residence: Option<UsState>,
    country_of_residence: Option<CountryCode>,
    #[param(minimum = 13, maximum = 120)]
    age: Option<u8>,
    financial_need: Option<bool>,
    /// A year's income in US dollars.
    #[param(value_type = Option<f64>, minimum = 0)]
    household_income: Option<Number>,
    /// `kind:value`, e.g. `military:veteran,first_generation:true`; `kind:` says "none of this kind".
    attributes: Option<Vec<String>>,
}

pub(crate) fn read_profile(reader: &mut QueryReader) -> ProfileDocument {
    let attribute = |word: &str| {
        let (kind, value) = word.split_once(':')?;
        (!kind.is_empty()).then(|| (kind.to_owned(), value.to_owned()))
    };
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let expected = "a kind and a value such as military:veteran";
    for (kind, value) in reader.list("attributes", expected, attribute) {
        let values = attributes.entry(kind).or_default();
        values.extend((!value.is_empty()).then_some(value));
    }
    ProfileDocument {
        gpa: reader.scalar(
            "gpa",
            "a number from 0 to 4 (a grade-point average on the 4.0 scale)",
            |text| {
                text.parse()
                    .ok()
                    .and_then(|points| Gpa::from_points(points).ok())
            },
        ),
        grade_level: reader.scalar("grade_level", one_of::<GradeLevel>(), |text| {
            GradeLevel::terms_of(text).map(|_| text.to_owned())
        }),
        field_of_study: reader.term("field_of_study"),
        citizenship: reader.scalar(
            "citizenship",
            without_must(Citizenship::EXPECTED),
            Citizenship::from_code,
        ),
        state_of_residence: reader.term("state_of_residence"),
        country_of_residence: reader.scalar(
            "country_of_residence",
            without_must(CountryCode::EXPECTED),
            CountryCode::parse,
        ),
        age: reader.scalar("age", "between 13 and 120 years", |text| text.parse().ok()),
        financial_need: reader.truth("financial_need"),
        household_income: reader.number("household_income"),
        attributes,
    }
}
