//! Filters as an answer states them: by the names that search takes, and only those that are set.

use chrono::NaiveDate;
use domain::{
    Citizenship, Currency, EditorialStatus, FieldOfStudy, Gpa, GradeLevel, ScholarshipType,
    TermSet, UsState,
};
use ports::search_index::Filters;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = SearchFilters)]
pub(crate) struct FilterEntry {
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(value_type = Vec<FieldOfStudy>)]
    fields_of_study: TermSet<FieldOfStudy>,
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(value_type = Vec<ScholarshipType>)]
    scholarship_types: TermSet<ScholarshipType>,
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(value_type = Vec<UsState>)]
    states: TermSet<UsState>,
    #[serde(skip_serializing_if = "is_false")]
    states_only: bool,
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(value_type = Vec<GradeLevel>)]
    grade_levels: TermSet<GradeLevel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    citizenship: Vec<Citizenship>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64)]
    min_amount: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64)]
    max_amount: Option<Number>,
    #[serde(skip_serializing_if = "is_false")]
    known_amount: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_gpa: Option<Gpa>,
    #[serde(skip_serializing_if = "Option::is_none")]
    financial_need: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_after: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_before: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_on: Option<NaiveDate>,
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(value_type = Vec<EditorialStatus>)]
    status: TermSet<EditorialStatus>,
    #[serde(skip_serializing_if = "is_false")]
    include_expired: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_empty<T: domain::Term>(set: &TermSet<T>) -> bool {
    set.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

impl FilterEntry {
    pub(crate) fn of(filters: &Filters) -> Self {
        let currency = filters.currency;
        let major = |minor| currency.major_units(minor);
        Self {
            fields_of_study: filters.fields_of_study,
            scholarship_types: filters.scholarship_types,
            states: filters.states,
            states_only: filters.states_only,
            grade_levels: filters.grade_levels,
            citizenship: filters.citizenship.clone(),
            min_amount: filters.min_amount.map(major),
            max_amount: filters.max_amount.map(major),
            known_amount: filters.known_amount,
            currency: (currency != Currency::USD).then_some(currency),
            min_gpa: filters.min_gpa,
            financial_need: filters.financial_need,
            renewable: filters.renewable,
            deadline_after: filters.deadline_after,
            deadline_before: filters.deadline_before,
            open_on: filters.open_on,
            status: filters.status,
            include_expired: filters.include_expired,
        }
    }
}
