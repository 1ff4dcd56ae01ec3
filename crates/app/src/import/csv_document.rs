//! From a CSV record to a scholarship document.

use domain::json_input::{JsonInputError, read_value};
use domain::{FieldError, FieldOfStudy, ScholarshipDocument, Term, UsState};
use serde_json::{Map, Number, Value};

use super::csv_columns::{self, Column, Kind};
use super::field_keywords;

/// What each column of a file is.
#[derive(Debug)]
pub(super) struct Header {
    /// `None` for a cell that spreadsheets leave behind: no name, and nothing below it.
    columns: Vec<Option<Column>>,
}

impl Header {
    /// # Errors
    /// The first column that is unknown or stands twice, or the one that is missing.
    pub(super) fn read(cells: &[String]) -> Result<Self, FieldError> {
        let mut columns: Vec<Option<Column>> = Vec::with_capacity(cells.len());
        for cell in cells {
            if cell.trim().is_empty() {
                columns.push(None);
                continue;
            }
            let column = csv_columns::named(cell).ok_or_else(|| {
                FieldError::new(
                    cell.trim(),
                    "is not a known column; use the keys of a scholarship, with dots for nested ones (name, award.min, eligibility_criteria.min_gpa), or remove it",
                )
            })?;
            if columns
                .iter()
                .flatten()
                .any(|known| known.key == column.key)
            {
                return Err(FieldError::new(
                    cell.trim(),
                    format!("is a second column for {}", column.key),
                ));
            }
            columns.push(Some(column));
        }
        for required in ["name", "organization"] {
            if !columns
                .iter()
                .flatten()
                .any(|column| column.key == required)
            {
                return Err(FieldError::new(
                    required,
                    "is required as a column of the header line",
                ));
            }
        }
        Ok(Self { columns })
    }

    /// The document that a record's cells make.
    ///
    /// # Errors
    /// The number of cells, or the first cell that cannot be read.
    pub(super) fn document(
        &self,
        cells: Vec<String>,
    ) -> Result<ScholarshipDocument, Vec<FieldError>> {
        if cells.len() != self.columns.len() {
            let message = format!(
                "has {} cells where the header has {} columns; is a quote or separator missing?",
                cells.len(),
                self.columns.len()
            );
            return Err(vec![FieldError::new("", message)]);
        }
        let mut object = Map::new();
        let mut own_words = Vec::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            let cell = unescaped(cell.trim());
            if cell.is_empty() {
                continue;
            }
            let read = match column {
                Some(column) => put_cell(&mut object, *column, cell, &mut own_words),
                None => Err(FieldError::new("", "has a cell in a column without a name")),
            };
            read.map_err(|error| vec![error])?;
        }
        if object.contains_key("deadline") && at(&object, "deadline.kind").is_none() {
            let kind = if at(&object, "deadline.date").is_some() {
                "fixed"
            } else {
                "unknown"
            };
            put(&mut object, "deadline.kind", Value::from(kind));
        }
        if !own_words.is_empty() && at(&object, FIELDS_TEXT).is_none() {
            put(&mut object, FIELDS_TEXT, Value::from(own_words));
        }
        read_value(Value::Object(object)).map_err(|error| {
            vec![match error {
                JsonInputError::Field(error) => error,
                malformed @ JsonInputError::Malformed { .. } => {
                    FieldError::new("", malformed.to_string())
                }
            }]
        })
    }
}

const FIELDS_TEXT: &str = "eligibility_criteria.fields_of_study_text";

/// The cell without the apostrophe that keeps a spreadsheet from running it as a formula (see `export_csv`).
fn unescaped(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if super::export_csv::begins_formula(rest) => rest,
        _ => cell,
    }
}

fn put_cell(
    object: &mut Map<String, Value>,
    column: Column,
    cell: &str,
    own_words: &mut Vec<String>,
) -> Result<(), FieldError> {
    let refuse = |message: &str| Err(FieldError::new(column.key, message));
    let value = match column.kind {
        Kind::Text => Value::from(cell),
        Kind::Number => match cell.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => return refuse("must be a plain number such as 1500 or 3.5"),
        },
        Kind::Truth => match cell.to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Value::from(true),
            "false" | "no" | "n" | "0" => Value::from(false),
            _ => return refuse("must be true or false"),
        },
        Kind::Word => Value::from(word(cell)),
        Kind::Words => texts(cell).iter().map(|text| word(text)).collect(),
        Kind::Texts => texts(cell).into(),
        Kind::States => texts(cell).iter().map(|text| state(text)).collect(),
        Kind::Codes if column.key == "award.currency" => Value::from(cell.to_uppercase()),
        Kind::Codes => texts(cell).iter().map(|text| text.to_uppercase()).collect(),
        Kind::Citizenship => texts(cell).iter().map(|text| citizenship(text)).collect(),
        Kind::Fields => {
            let texts = texts(cell);
            let fields = field_keywords::fields_of_any(&texts);
            own_words.extend(
                texts
                    .into_iter()
                    .filter(|text| FieldOfStudy::from_code(text).is_none()),
            );
            fields.iter().map(Term::code).collect()
        }
        Kind::Attributes => match attributes(cell) {
            Some(attributes) => attributes,
            None => return refuse("must look like kind=value|value; kind=value"),
        },
        Kind::Json => match serde_json::from_str(cell) {
            Ok(value) => value,
            Err(_) => return refuse("must be JSON"),
        },
        Kind::Amount => match cell.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => return put_print(object, column.key, "award.text", cell),
        },
        Kind::Deadline => {
            if is_date_or_instant(cell) {
                Value::from(cell)
            } else {
                return put_print(object, column.key, "deadline.text", cell);
            }
        }
    };
    put(object, column.key, value);
    Ok(())
}

/// Keeps a printed text; it is read later, with everything else known.
fn put_print(
    object: &mut Map<String, Value>,
    column: &str,
    key: &str,
    text: &str,
) -> Result<(), FieldError> {
    if at(object, key).is_some_and(|other| other != text) {
        let message = format!("is text, and so is {key}; leave one of them out");
        return Err(FieldError::new(column, message));
    }
    put(object, key, Value::from(text));
    Ok(())
}

fn is_date_or_instant(cell: &str) -> bool {
    cell.parse::<chrono::NaiveDate>().is_ok() || chrono::DateTime::parse_from_rfc3339(cell).is_ok()
}

/// Puts a value at a key of one or two parts.
fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            object.insert(key.to_owned(), value);
        }
        Some((parent, child)) => {
            let inner = object
                .entry(parent.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                inner.insert(child.to_owned(), value);
            }
        }
    }
}

fn at<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => object.get(key),
        Some((parent, child)) => object.get(parent)?.get(child),
    }
}

/// The parts of a list cell.
fn texts(cell: &str) -> Vec<String> {
    if cell.starts_with('[')
        && let Ok(texts) = serde_json::from_str::<Vec<String>>(cell)
    {
        return texts;
    }
    cell.split([';', '|'])
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

fn word(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

fn state(text: &str) -> String {
    let named = UsState::ALL
        .iter()
        .find(|state| state.name().eq_ignore_ascii_case(text));
    named.map_or_else(|| text.to_uppercase(), |state| state.code().to_owned())
}

fn citizenship(text: &str) -> String {
    let code = text.to_uppercase();
    if code.len() == 2 {
        code
    } else {
        word(&text.replace('.', ""))
    }
}

fn attributes(cell: &str) -> Option<Value> {
    if cell.starts_with('{') {
        return serde_json::from_str(cell).ok();
    }
    let mut kinds = Map::new();
    for part in cell
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (kind, values) = part.split_once('=')?;
        let values: Value = values
            .split('|')
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect();
        if kinds.insert(kind.trim().to_owned(), values).is_some() {
            return None;
        }
    }
    Some(Value::Object(kinds))
}
