//! Reads the schema of the Open Scholarships directory.
//!
//! What has a place in our criteria gets it; everything else stays as text or tag. A value that is not known is noted and
//! kept in the text, never dropped and never a reason to refuse the record.

mod mapping;
mod schema;

use domain::json_input::{JsonInputError, read_json};
use domain::{Currency, FieldError, ScholarshipDocument, ScholarshipId};

pub(super) use schema::looks_like_record;

use super::record::ImportRecord;
use super::{identity, plain_text};

/// The name of the source in provenances.
const SOURCE: &str = "open-scholarships";

/// # Errors
/// Every field that makes the record unusable.
pub(super) fn import_record(bytes: &[u8]) -> Result<ImportRecord, Vec<FieldError>> {
    let record: schema::Record = read_json(bytes).map_err(|error| {
        vec![match error {
            JsonInputError::Field(error) => error,
            malformed @ JsonInputError::Malformed { .. } => {
                FieldError::new("", malformed.to_string())
            }
        }]
    })?;
    let mut notes = Vec::new();
    let id = ScholarshipId::parse(&record.id).ok();
    let mut document = mapping::document(record, &mut notes);
    for text in [&mut document.name, &mut document.organization]
        .into_iter()
        .chain(&mut document.description)
    {
        *text = plain_text::of(text);
    }
    let mut content = document.into_content().map_err(in_their_words)?;
    super::own_document::read_print(&mut content);
    let mut item = identity::identify(None, content);
    if let Some(id) = id {
        item.id = id;
    }
    Ok(ImportRecord { item, notes })
}

/// Names the fields as the source does.
fn in_their_words(errors: Vec<FieldError>) -> Vec<FieldError> {
    let theirs = |field: &str| {
        match field {
            "organization" => "sponsor",
            "description" => "summary",
            "award.min" => "award.amount_min",
            "award.max" => "award.amount_max",
            "award.text" => "award.notes",
            "deadline.text" => "deadline.notes",
            "eligibility_criteria.text" => "eligibility.other",
            "provenance.source_id" => "id",
            _ => return None,
        }
        .to_owned()
        .into()
    };
    errors
        .into_iter()
        .map(|error| FieldError {
            field: theirs(&error.field).unwrap_or(error.field),
            message: error.message,
        })
        .collect()
}

fn currency(code: Option<&str>, notes: &mut Vec<FieldError>) -> Option<Currency> {
    let code = code.map(str::trim).filter(|code| !code.is_empty())?;
    let currency = Currency::parse(code);
    if currency.is_none() {
        notes.push(FieldError::new(
            "award.currency",
            format!("{code:?} is no ISO 4217 code; the amounts are kept as text only"),
        ));
    }
    currency
}

/// The documents of the schema are built from nothing but these keys.
fn empty_document() -> ScholarshipDocument {
    ScholarshipDocument {
        id: None,
        name: String::new(),
        organization: String::new(),
        description: None,
        amount: None,
        award: None,
        max_awards: None,
        renewable: None,
        application_deadline: None,
        deadline: None,
        notification_date: None,
        scholarship_type: None,
        eligibility_criteria: None,
        alternative_criteria: Vec::new(),
        tags: Vec::new(),
        application_url: None,
        website_url: None,
        contact_email: None,
        status: None,
        last_verified: None,
        provenance: None,
        version: None,
        created_at: None,
        updated_at: None,
    }
}
