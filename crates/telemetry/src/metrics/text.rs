//! The OpenMetrics text of what is not kept in the library's registry: its histograms take no examples from outside.

use std::fmt::{Display, Write as _};

use super::http::Exemplar;

/// The lines before a family's samples. `help` is a sentence.
pub(super) fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a `String` does not fail, here and below.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// Labels as they stand between braces.
pub(super) fn labels(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{name}=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text
}

/// One line.
pub(super) struct Sample<'a> {
    name: &'a str,
    /// As [`labels`] gives them.
    labels: &'a str,
}

impl<'a> Sample<'a> {
    pub(super) fn new(name: &'a str, labels: &'a str) -> Self {
        Self { name, labels }
    }

    pub(super) fn write(&self, text: &mut String, value: impl Display) {
        let Self { name, labels } = self;
        let _ = writeln!(text, "{name}{{{labels}}} {value}");
    }

    pub(super) fn write_with(&self, text: &mut String, value: impl Display, exemplar: &Exemplar) {
        let Exemplar {
            trace_id,
            seconds,
            at,
        } = exemplar;
        let Self { name, labels } = self;
        let at = at.as_secs_f64();
        let _ = writeln!(
            text,
            "{name}{{{labels}}} {value} # {{trace_id=\"{trace_id:032x}\"}} {seconds} {at:.3}"
        );
    }
}
