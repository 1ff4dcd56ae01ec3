//! Checks of texts in documents: length, control characters, addresses.

use crate::FieldError;

fn checked(
    field: &str,
    value: Option<String>,
    most: usize,
    lines: bool,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let value = value?;
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return None;
    }
    if trimmed.chars().count() > most {
        errors.push(FieldError::new(
            field,
            format!("must have at most {most} characters"),
        ));
        return None;
    }
    let forbidden = |character: &char| {
        character.is_control() && !(lines && matches!(character, '\n' | '\r' | '\t'))
    };
    if let Some(character) = trimmed.chars().find(forbidden) {
        errors.push(FieldError::new(
            field,
            format!(
                "must not contain the control character U+{:04X}",
                u32::from(character)
            ),
        ));
        return None;
    }
    Some(if trimmed.len() == value.len() {
        value
    } else {
        trimmed.to_owned()
    })
}

/// One line, trimmed; empty counts as absent.
pub(super) fn line(
    field: &str,
    value: Option<String>,
    most: usize,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    checked(field, value, most, false, errors)
}

/// Several lines, trimmed; empty counts as absent.
pub(super) fn prose(
    field: &str,
    value: Option<String>,
    most: usize,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    checked(field, value, most, true, errors)
}

/// One line that must not be empty.
pub(super) fn required(
    field: &str,
    value: Option<String>,
    most: usize,
    errors: &mut Vec<FieldError>,
) -> String {
    let before = errors.len();
    line(field, value, most, errors).unwrap_or_else(|| {
        if errors.len() == before {
            errors.push(FieldError::new(field, "must not be empty"));
        }
        String::new()
    })
}

/// A bounded list of lines without empty ones and repetitions.
pub(super) fn list(
    field: &str,
    values: Vec<String>,
    most: usize,
    length: usize,
    errors: &mut Vec<FieldError>,
) -> Vec<String> {
    if values.len() > most {
        errors.push(FieldError::new(
            field,
            format!("must have at most {most} entries"),
        ));
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::with_capacity(values.len());
    for (at, value) in values.into_iter().enumerate() {
        let checked = line(&format!("{field}[{at}]"), Some(value), length, errors);
        kept.extend(checked.filter(|value| !kept.contains(value)));
    }
    kept
}

/// An absolute http or https address.
pub(super) fn url(
    field: &str,
    value: Option<String>,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let value = line(field, value, 2_048, errors)?;
    let rest = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"));
    let host = rest
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .unwrap_or("");
    let fine = !host.is_empty()
        && !host.contains('@')
        && !value.contains(|character: char| {
            character.is_whitespace() || "<>\"\\^`{|}".contains(character)
        });
    if fine {
        return Some(value);
    }
    errors.push(FieldError::new(
        field,
        "must be an absolute http or https address",
    ));
    None
}

/// One mail address, without a name.
pub(super) fn email(
    field: &str,
    value: Option<String>,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let value = line(field, value, 254, errors)?;
    let fine = value.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    }) && !value
        .contains(|character: char| character.is_whitespace() || "<>,;\"".contains(character));
    if fine {
        return Some(value);
    }
    errors.push(FieldError::new(
        field,
        "must be one mail address such as grants@example.org",
    ));
    None
}
