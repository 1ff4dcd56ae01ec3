//! The filters of search, which recommendations share.

use domain::award::MinorUnits;
use domain::{Citizenship, Currency, FieldError, Gpa, GradeLevel, Term};
use ports::search_index::Filters;
use serde_json::Number;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::query::QueryReader;

/// Declares a struct of all filter keys and further ones. A flat body needs it: serde cannot both flatten and refuse unknown
/// keys.
macro_rules! with_filters {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty,)* }) => {
        #[derive(Clone, Default, serde::Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        $(#[$meta])*
        pub(crate) struct $name {
            /// Any of these fields is named, or no field is asked for.
            #[schema(value_type = Vec<domain::FieldOfStudy>)]
            #[param(value_type = Option<Vec<domain::FieldOfStudy>>)]
            #[serde(default)]
            pub(crate) fields_of_study: domain::TermSet<domain::FieldOfStudy>,
            #[schema(value_type = Vec<domain::ScholarshipType>)]
            #[param(value_type = Option<Vec<domain::ScholarshipType>>)]
            #[serde(default)]
            pub(crate) scholarship_types: domain::TermSet<domain::ScholarshipType>,
            /// USPS codes. Scholarships open to all states are found too, unless `states_only`.
            #[schema(value_type = Vec<domain::UsState>)]
            #[param(value_type = Option<Vec<domain::UsState>>)]
            #[serde(default)]
            pub(crate) states: domain::TermSet<domain::UsState>,
            /// Only scholarships that name one of `states`.
            #[schema(value_type = bool, required = false)]
            pub(crate) states_only: Option<bool>,
            /// Grade levels, or the broader `high_school` and `undergraduate`.
            #[schema(value_type = Vec<crate::parameters::GradeLevelWord>)]
            #[param(value_type = Option<Vec<crate::parameters::GradeLevelWord>>)]
            #[serde(default)]
            pub(crate) grade_levels: domain::TermSet<domain::GradeLevel>,
            #[param(value_type = Option<Vec<domain::Citizenship>>)]
            #[serde(default)]
            pub(crate) citizenship: Vec<domain::Citizenship>,
            /// In major units of `currency`, compared with the most that a student can get. Unknown amounts pass.
            #[schema(value_type = Option<f64>, minimum = 0)]
            #[param(value_type = Option<f64>, minimum = 0)]
            pub(crate) min_amount: Option<serde_json::Number>,
            /// In major units of `currency`, compared with the least that a winner gets. Unknown amounts pass.
            #[schema(value_type = Option<f64>, minimum = 0)]
            #[param(value_type = Option<f64>, minimum = 0)]
            pub(crate) max_amount: Option<serde_json::Number>,
            /// Drops unknown amounts.
            #[schema(value_type = bool, required = false)]
            pub(crate) known_amount: Option<bool>,
            /// ISO 4217; amounts in other currencies count as unknown. USD when not given.
            pub(crate) currency: Option<domain::Currency>,
            /// Keeps those whose stated minimum is at most this.
            pub(crate) min_gpa: Option<domain::Gpa>,
            /// `true`: those that ask for need; `false`: those that do not.
            pub(crate) financial_need: Option<bool>,
            pub(crate) renewable: Option<bool>,
            /// Due on this day or later.
            pub(crate) deadline_after: Option<chrono::NaiveDate>,
            /// Due on this day or earlier.
            pub(crate) deadline_before: Option<chrono::NaiveDate>,
            /// Applications may be open on this day.
            pub(crate) open_on: Option<chrono::NaiveDate>,
            /// `active` when not given; `draft` needs the scope scholarships:write.
            #[schema(value_type = Vec<domain::EditorialStatus>)]
            #[param(value_type = Option<Vec<domain::EditorialStatus>>)]
            #[serde(default)]
            pub(crate) status: domain::TermSet<domain::EditorialStatus>,
            /// Adds those whose fixed deadline has passed.
            #[schema(value_type = bool, required = false)]
            pub(crate) include_expired: Option<bool>,
            $($(#[$field_meta])* pub(crate) $field: $kind,)*
        }
    };
}
pub(super) use with_filters;

with_filters!(
    /// Filters as in search: AND between kinds, OR within a kind.
    FilterParameters {}
);

/// A grade level or a broader word.
pub(crate) struct GradeLevelWord;

impl PartialSchema for GradeLevelWord {
    fn schema() -> RefOr<Schema> {
        let levels = GradeLevel::ALL.iter().map(|level| level.code());
        let broader = GradeLevel::broader_words().iter().map(|(word, _)| *word);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(levels.chain(broader)))
            .into()
    }
}

impl ToSchema for GradeLevelWord {}

impl FilterParameters {
    pub(crate) fn read(reader: &mut QueryReader) -> Self {
        Self {
            fields_of_study: reader.terms("fields_of_study"),
            scholarship_types: reader.terms("scholarship_types"),
            states: reader.terms("states"),
            states_only: reader.truth("states_only"),
            grade_levels: reader.terms("grade_levels"),
            citizenship: reader.list(
                "citizenship",
                without_must(Citizenship::EXPECTED),
                Citizenship::from_code,
            ),
            min_amount: reader.number("min_amount"),
            max_amount: reader.number("max_amount"),
            known_amount: reader.truth("known_amount"),
            currency: reader.scalar(
                "currency",
                without_must(Currency::EXPECTED),
                Currency::parse,
            ),
            min_gpa: reader.scalar("min_gpa", "a number from 0 to 4", |text| {
                text.parse()
                    .ok()
                    .and_then(|points| Gpa::from_points(points).ok())
            }),
            financial_need: reader.truth("financial_need"),
            renewable: reader.truth("renewable"),
            deadline_after: reader.date("deadline_after"),
            deadline_before: reader.date("deadline_before"),
            open_on: reader.date("open_on"),
            status: reader.terms("status"),
            include_expired: reader.truth("include_expired"),
        }
    }

    /// The filters, checked against each other.
    pub(crate) fn into_filters(self, errors: &mut Vec<FieldError>) -> Filters {
        let currency = self.currency.unwrap_or(Currency::USD);
        let mut amount = |field: &str, number: Option<Number>| -> Option<MinorUnits> {
            currency
                .minor_units_of(&number?)
                .map_err(|message| errors.push(FieldError::new(field, message)))
                .ok()
        };
        let min_amount = amount("min_amount", self.min_amount);
        let max_amount = amount("max_amount", self.max_amount);
        if let (Some(least), Some(most)) = (min_amount, max_amount)
            && least > most
        {
            errors.push(FieldError::new(
                "min_amount",
                "must not be above max_amount",
            ));
        }
        if let (Some(after), Some(before)) = (self.deadline_after, self.deadline_before)
            && after > before
        {
            errors.push(FieldError::new(
                "deadline_after",
                "must not be later than deadline_before",
            ));
        }
        Filters {
            fields_of_study: self.fields_of_study,
            scholarship_types: self.scholarship_types,
            states: self.states,
            states_only: self.states_only.unwrap_or(false),
            grade_levels: self.grade_levels,
            citizenship: self.citizenship,
            min_amount,
            max_amount,
            known_amount: self.known_amount.unwrap_or(false),
            currency,
            min_gpa: self.min_gpa,
            financial_need: self.financial_need,
            renewable: self.renewable,
            deadline_after: self.deadline_after,
            deadline_before: self.deadline_before,
            open_on: self.open_on,
            status: self.status,
            include_expired: self.include_expired.unwrap_or(false),
        }
    }
}

/// The vocabularies say "must be ..", which the reader puts before its own.
pub(super) fn without_must(expected: &'static str) -> &'static str {
    expected.strip_prefix("must be ").unwrap_or(expected)
}
