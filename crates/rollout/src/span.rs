//! Durations as people write them: `90s`, `5m`, `2h`, `30d`.

use std::time::Duration;

use serde::Serializer;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A whole number and a unit; nothing else, and never zero.
pub fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let (_, seconds) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    let seconds = count.checked_mul(seconds).filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(seconds))
}

/// The shortest form without a remainder; parts of a second are dropped.
pub fn text(span: Duration) -> String {
    let seconds = span.as_secs();
    let (letter, unit) = UNITS
        .into_iter()
        .find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit))
        .unwrap_or(('s', 1));
    format!("{}{letter}", seconds / unit)
}

pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*span))
}

/// The same for durations that may be absent.
pub(crate) mod optional {
    use std::time::Duration;

    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => serializer.serialize_str(&super::text(*span)),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read_and_written() {
        for written in ["90s", "5m", "2h", "30d", "90m"] {
            assert_eq!(text(parse(written).unwrap()), written);
        }
        assert_eq!(text(Duration::from_secs(7_200)), "2h");
    }

    #[test]
    fn anything_else_is_refused() {
        for written in [
            "",
            "5",
            "m",
            "0m",
            "-1m",
            "+1m",
            "1.5h",
            "5 m",
            "5M",
            "5m ",
            "1µ",
            "99999999999999999999d",
        ] {
            assert_eq!(parse(written), None, "{written}");
        }
    }
}
