//! The measured searches as requests of the HTTP API, so that all layers are measured with the same ones.

use domain::Term;
use ports::search_index::Filters;
use serde::Serialize;

use crate::queries::{self, Half};
use crate::{corpus, output};

/// Arguments of `targets`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    count: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    half: Half,
    /// Path and query string.
    target: String,
    /// The words alone.
    words: &'a str,
    /// Without typo, cut word and filter, so that engines which cannot do these can answer it, too.
    plain: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stride = corpus::stride(arguments.count, queries::RECORDS);
    let sample: Vec<_> = corpus::scholarships(arguments.count)?
        .step_by(stride)
        .collect();
    for query in queries::make(&sample) {
        output::print(&Line {
            half: query.half,
            target: target(&query.request.query, &query.request.filters),
            words: &query.request.query,
            plain: !query.typo && !query.prefix && !query.filtered,
        })?;
    }
    Ok(())
}

fn target(words: &str, filters: &Filters) -> String {
    let mut target = format!(
        "/api/v1/search?q={}&facets=states,fields_of_study,scholarship_types&limit=10",
        encoded(words)
    );
    let mut add = |key: &str, codes: Vec<&str>| {
        if !codes.is_empty() {
            target.push_str(&format!("&{key}={}", codes.join(",")));
        }
    };
    add("states", codes(filters.states.iter()));
    add("fields_of_study", codes(filters.fields_of_study.iter()));
    add("grade_levels", codes(filters.grade_levels.iter()));
    add("scholarship_types", codes(filters.scholarship_types.iter()));
    if let Some(minor) = filters.min_amount {
        let major = filters.currency.major_units(minor).to_string();
        add("min_amount", vec![&major]);
    }
    target
}

fn codes<T: Term>(terms: impl Iterator<Item = T>) -> Vec<&'static str> {
    terms.map(Term::code).collect()
}

/// Percent-encoded for a query string.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use domain::{TermSet, UsState};

    use super::*;

    #[test]
    fn a_target_says_words_and_filters() {
        let filters = Filters {
            states: TermSet::of(&[UsState::from_code("NV").expect("a state")]),
            min_amount: Some(250_000),
            ..Filters::default()
        };
        let target = target("tiếng a", &filters);
        assert!(
            target.starts_with("/api/v1/search?q=ti%E1%BA%BFng%20a&"),
            "{target}"
        );
        assert!(
            target.ends_with("&limit=10&states=NV&min_amount=2500"),
            "{target}"
        );
    }
}
