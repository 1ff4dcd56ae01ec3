//! Text that goes into queries: labels, lists of values, times.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// A moment, in milliseconds since 1970.
pub(crate) type Millis = i64;

pub(crate) fn millis(time: DateTime<Utc>) -> Millis {
    time.timestamp_millis()
}

pub(crate) fn millis_of(span: Duration) -> Millis {
    Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX / 4)
}

/// Seconds with three digits.
pub(crate) fn seconds_text(at: Millis) -> String {
    let (seconds, part) = (at.div_euclid(1_000), at.rem_euclid(1_000));
    format!("{seconds}.{part:03}")
}

/// A text of PromQL.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// `name="a"`, or a regular expression for several.
pub(crate) fn one_of<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    if let [value] = values[..] {
        return format!("{name}={}", quoted(value));
    }
    format!("{name}=~{}", quoted(&alternatives(&values)))
}

/// Nothing for no values.
pub(crate) fn none_of<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let values: Vec<&str> = values.into_iter().collect();
    (!values.is_empty()).then(|| format!("{name}!~{}", quoted(&alternatives(&values))))
}

fn alternatives(values: &[&str]) -> String {
    let escaped: Vec<String> = values.iter().map(|value| escaped(value)).collect();
    escaped.join("|")
}

/// So that a regular expression finds this and nothing else.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A matcher of the label `le` for an edge, as clients of either format write it: `1` and `1.0`.
pub(crate) fn edge(ms: u32) -> String {
    let seconds = f64::from(ms) / 1_000.0;
    let text = seconds.to_string();
    if ms.is_multiple_of(1_000) {
        let with_point = format!("{text}.0");
        return one_of("le", [text.as_str(), with_point.as_str()]);
    }
    one_of("le", [text.as_str()])
}

/// The edge of a bucket in milliseconds. None for infinity, and for what is no edge in milliseconds.
pub(crate) fn edge_ms(le: &str) -> Option<u32> {
    let ms = le.parse::<f64>().ok()? * 1_000.0;
    let is_whole = (ms - ms.round()).abs() < 1e-6 && (0.0..=f64::from(u32::MAX)).contains(&ms);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is in range"
    )]
    let whole = is_whole.then_some(ms.round() as u32);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\nd\"");
        assert_eq!(one_of("version", ["1.0+b"]), "version=\"1.0+b\"");
        assert_eq!(
            one_of("version", ["1.0+b", "2|3"]),
            "version=~\"1\\\\.0\\\\+b|2\\\\|3\""
        );
        assert_eq!(none_of("route", []), None);
        let expected = "route!~\"/a/\\\\{id\\\\}\"".to_owned();
        assert_eq!(none_of("route", ["/a/{id}"]), Some(expected));
    }

    #[test]
    fn edges_are_read_as_they_are_written() {
        for (le, ms) in [
            ("0.005", 5),
            ("0.22", 220),
            ("1", 1_000),
            ("1.0", 1_000),
            ("1e+00", 1_000),
        ] {
            assert_eq!(edge_ms(le), Some(ms), "{le}");
        }
        for le in ["+Inf", "NaN", "", "0.0001", "-1"] {
            assert_eq!(edge_ms(le), None, "{le}");
        }
        assert_eq!(edge(220), "le=\"0.22\"");
        assert_eq!(edge(1_000), "le=~\"1|1\\\\.0\"");
    }

    #[test]
    fn moments_have_three_digits() {
        assert_eq!(seconds_text(1_700_000_000_007), "1700000000.007");
        assert_eq!(millis_of(Duration::from_secs(2)), 2_000);
    }
}
