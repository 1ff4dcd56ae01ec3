//! Filters as a model writes them.

use chrono::NaiveDate;
use domain::{
    Citizenship, Currency, FieldOfStudy, Gpa, GradeLevel, ScholarshipType, TermSet, UsState,
};
use ports::search_index::Filters;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

/// Each key is required; null and empty lists stand for no filter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterWords {
    fields_of_study: TermSet<FieldOfStudy>,
    scholarship_types: TermSet<ScholarshipType>,
    states: TermSet<UsState>,
    grade_levels: TermSet<GradeLevel>,
    citizenship: Vec<Citizenship>,
    min_amount: Option<Number>,
    max_amount: Option<Number>,
    min_gpa: Option<Gpa>,
    financial_need: Option<bool>,
    renewable: Option<bool>,
    deadline_after: Option<NaiveDate>,
    deadline_before: Option<NaiveDate>,
    open_on: Option<NaiveDate>,
}

impl FilterWords {
    /// `None` when they contradict each other or an amount is none.
    pub(super) fn into_filters(self) -> Option<Filters> {
        let amount = |number: Option<Number>| match number {
            Some(number) => Currency::USD.minor_units_of(&number).ok().map(Some),
            None => Some(None),
        };
        let (min_amount, max_amount) = (amount(self.min_amount)?, amount(self.max_amount)?);
        let is_turned = |least: Option<_>, most: Option<_>| {
            least.zip(most).is_some_and(|(least, most)| least > most)
        };
        if is_turned(min_amount, max_amount)
            || self
                .deadline_after
                .zip(self.deadline_before)
                .is_some_and(|(after, before)| after > before)
        {
            return None;
        }
        Some(Filters {
            fields_of_study: self.fields_of_study,
            scholarship_types: self.scholarship_types,
            states: self.states,
            grade_levels: self.grade_levels,
            citizenship: self.citizenship,
            min_amount,
            max_amount,
            min_gpa: self.min_gpa,
            financial_need: self.financial_need,
            renewable: self.renewable,
            deadline_after: self.deadline_after,
            deadline_before: self.deadline_before,
            open_on: self.open_on,
            ..Filters::default()
        })
    }
}

/// JSON Schema of [`FilterWords`].
pub(super) fn schema() -> Value {
    let terms =
        |codes: Vec<&str>| json!({"type": "array", "items": {"type": "string", "enum": codes}});
    let nullable = |kind: &str| json!({"type": [kind, "null"]});
    let properties = json!({
        "fields_of_study": terms(codes::<FieldOfStudy>()),
        "scholarship_types": terms(codes::<ScholarshipType>()),
        "states": terms(codes::<UsState>()),
        "grade_levels": terms(codes::<GradeLevel>()),
        "citizenship": {"type": "array", "items": {"type": "string"}},
        "min_amount": nullable("number"),
        "max_amount": nullable("number"),
        "min_gpa": nullable("number"),
        "financial_need": nullable("boolean"),
        "renewable": nullable("boolean"),
        "deadline_after": nullable("string"),
        "deadline_before": nullable("string"),
        "open_on": nullable("string"),
    });
    super::prompts::object(properties)
}

fn codes<T: domain::Term>() -> Vec<&'static str> {
    T::ALL.iter().map(|term| term.code()).collect()
}
