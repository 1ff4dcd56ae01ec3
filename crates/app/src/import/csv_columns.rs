//! The columns of CSV: our JSON keys with dots for nesting, the order of the export, and names that others use.

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Truth,
    /// One word of a closed vocabulary, in any case, with spaces or hyphens for `_`.
    Word,
    /// Several of them.
    Words,
    /// Texts, separated by `;` or `|`, or a JSON array.
    Texts,
    /// State codes or names.
    States,
    /// Codes in capitals.
    Codes,
    Citizenship,
    Fields,
    /// `kind=value|value; kind=value`, or a JSON object.
    Attributes,
    Json,
    /// A number, or an amount as printed.
    Amount,
    /// A date, an RFC 3339 instant, or a deadline as printed.
    Deadline,
}

/// One key of a scholarship document and its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
}

const fn column(key: &'static str, kind: Kind) -> Column {
    Column { key, kind }
}

/// Every column, in the order of the export.
pub(super) const COLUMNS: &[Column] = &[
    column("id", Kind::Text),
    column("name", Kind::Text),
    column("organization", Kind::Text),
    column("description", Kind::Text),
    column("amount", Kind::Amount),
    column("award.min", Kind::Number),
    column("award.max", Kind::Number),
    column("award.currency", Kind::Codes),
    column("award.text", Kind::Text),
    column("max_awards", Kind::Number),
    column("renewable", Kind::Truth),
    column("application_deadline", Kind::Deadline),
    column("deadline.kind", Kind::Word),
    column("deadline.date", Kind::Text),
    column("deadline.time", Kind::Text),
    column("deadline.time_zone", Kind::Text),
    column("deadline.month", Kind::Number),
    column("deadline.day", Kind::Number),
    column("deadline.opens_on", Kind::Text),
    column("deadline.text", Kind::Text),
    column("notification_date", Kind::Text),
    column("scholarship_type", Kind::Word),
    column("eligibility_criteria.min_gpa", Kind::Number),
    column("eligibility_criteria.max_gpa", Kind::Number),
    column("eligibility_criteria.grade_levels", Kind::Words),
    column(
        "eligibility_criteria.citizenship_required",
        Kind::Citizenship,
    ),
    column("eligibility_criteria.residency_states", Kind::States),
    column("eligibility_criteria.countries", Kind::Codes),
    column("eligibility_criteria.fields_of_study", Kind::Fields),
    column("eligibility_criteria.fields_of_study_text", Kind::Texts),
    column("eligibility_criteria.min_age", Kind::Number),
    column("eligibility_criteria.max_age", Kind::Number),
    column("eligibility_criteria.financial_need", Kind::Truth),
    column("eligibility_criteria.max_household_income", Kind::Number),
    column("eligibility_criteria.essay_required", Kind::Truth),
    column("eligibility_criteria.recommendation_letters", Kind::Number),
    column("eligibility_criteria.attributes", Kind::Attributes),
    column("eligibility_criteria.text", Kind::Text),
    column("alternative_criteria", Kind::Json),
    column("tags", Kind::Texts),
    column("application_url", Kind::Text),
    column("website_url", Kind::Text),
    column("contact_email", Kind::Text),
    column("status", Kind::Word),
    column("last_verified", Kind::Text),
    column("provenance.source", Kind::Text),
    column("provenance.source_id", Kind::Text),
    column("provenance.source_url", Kind::Text),
    column("version", Kind::Number),
    column("created_at", Kind::Text),
    column("updated_at", Kind::Text),
];

/// Names that other people's tables use.
const ALIASES: &[(&str, &str)] = &[
    ("title", "name"),
    ("scholarship", "name"),
    ("scholarship_name", "name"),
    ("sponsor", "organization"),
    ("provider", "organization"),
    ("organisation", "organization"),
    ("sponsor_name", "organization"),
    ("summary", "description"),
    ("award", "amount"),
    ("award_amount", "amount"),
    ("scholarship_amount", "amount"),
    ("value", "amount"),
    ("currency", "award.currency"),
    ("number_of_awards", "max_awards"),
    ("deadline", "application_deadline"),
    ("due_date", "application_deadline"),
    ("opens", "deadline.opens_on"),
    ("opens_on", "deadline.opens_on"),
    ("open_date", "deadline.opens_on"),
    ("type", "scholarship_type"),
    ("gpa", "eligibility_criteria.min_gpa"),
    ("minimum_gpa", "eligibility_criteria.min_gpa"),
    ("grade_level", "eligibility_criteria.grade_levels"),
    ("level", "eligibility_criteria.grade_levels"),
    ("levels", "eligibility_criteria.grade_levels"),
    ("citizenship", "eligibility_criteria.citizenship_required"),
    ("state", "eligibility_criteria.residency_states"),
    ("states", "eligibility_criteria.residency_states"),
    ("residency", "eligibility_criteria.residency_states"),
    ("country", "eligibility_criteria.countries"),
    ("field_of_study", "eligibility_criteria.fields_of_study"),
    ("fields", "eligibility_criteria.fields_of_study"),
    ("major", "eligibility_criteria.fields_of_study"),
    ("majors", "eligibility_criteria.fields_of_study"),
    ("eligibility", "eligibility_criteria.text"),
    ("eligibility_criteria", "eligibility_criteria.text"),
    ("requirements", "eligibility_criteria.text"),
    ("criteria", "eligibility_criteria.text"),
    ("url", "website_url"),
    ("link", "website_url"),
    ("website", "website_url"),
    ("apply_url", "application_url"),
    ("application_link", "application_url"),
    ("email", "contact_email"),
    ("source", "provenance.source"),
    ("source_id", "provenance.source_id"),
    ("source_url", "provenance.source_url"),
];

/// The column that a header cell names: a key, a criterion without its prefix, or an alias.
pub(super) fn named(header: &str) -> Option<Column> {
    let name: String = header
        .trim()
        .to_lowercase()
        .chars()
        .map(|character| {
            if matches!(character, ' ' | '-') {
                '_'
            } else {
                character
            }
        })
        .collect();
    let of_key = |key: &str| COLUMNS.iter().copied().find(|column| column.key == key);
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .and_then(|(_, key)| of_key(key));
    of_key(&name)
        .or(alias)
        .or_else(|| of_key(&format!("eligibility_criteria.{name}")))
}
