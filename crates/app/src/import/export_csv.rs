//! Writes scholarships as the CSV that the import reads, so that an export comes back unchanged.

use domain::{Scholarship, ScholarshipDocument};
use serde_json::Value;

use super::csv_columns::{COLUMNS, Kind};

/// The header line, with its line end.
pub fn csv_header() -> String {
    line(COLUMNS.iter().map(|column| column.key.to_owned()))
}

/// One record, with its line end.
pub fn csv_row(scholarship: &Scholarship) -> String {
    let document = serde_json::to_value(ScholarshipDocument::from(scholarship)).unwrap_or_default();
    let is_empty_set = document["eligibility_criteria"] == Value::Object(serde_json::Map::new());
    line(COLUMNS.iter().map(|column| {
        if is_empty_set && column.kind == Kind::Attributes {
            // A set that asks nothing is not the same as no set.
            return "{}".to_owned();
        }
        let value = match column.key.split_once('.') {
            None => document.get(column.key),
            Some((parent, child)) => document.get(parent).and_then(|inner| inner.get(child)),
        };
        value.map_or_else(String::new, |value| cell(value, column.kind))
    }))
}

/// Whether a spreadsheet would take the cell for a formula, or our own escape of one.
pub(super) fn begins_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@'])
}

fn cell(value: &Value, kind: Kind) -> String {
    match (value, kind) {
        (Value::Null, _) => String::new(),
        (Value::String(text), _) if begins_formula(text) => format!("'{text}"),
        (Value::String(text), _) => text.clone(),
        (Value::Object(kinds), Kind::Attributes) => kinds
            .iter()
            .map(|(kind, values)| format!("{kind}={}", joined(values, "|").unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(";"),
        (Value::Array(_), Kind::Json) => value.to_string(),
        (Value::Array(_), _) => joined(value, ";").unwrap_or_else(|| value.to_string()),
        _ => value.to_string(),
    }
}

/// The texts in one cell; `None` when one of them could not be told from a separator afterwards.
fn joined(values: &Value, separator: &str) -> Option<String> {
    let texts: Vec<&str> = values
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let plain = texts.iter().all(|text| !text.contains([';', '|']))
        && !texts
            .first()
            .is_some_and(|text| text.starts_with(['[', '{', '\'']) || begins_formula(text));
    plain.then(|| texts.join(separator))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut line = String::with_capacity(512);
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            line.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r', '\t', ';']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line.push_str("\r\n");
    line
}
