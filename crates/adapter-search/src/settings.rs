//! The numbers and words that tune the search, read from `config/search.toml` and the synonyms beside it.

use std::collections::HashSet;

use serde::Deserialize;

use crate::analysis::words;
use crate::fields::FIELDS;
use crate::scoring::{Score, in_units};
use crate::synonyms::{InvalidSynonyms, Synonyms};

/// The bundled `search.toml`.
pub const DEFAULT_SEARCH: &str = include_str!("../../../config/search.toml");
/// The bundled `synonyms.txt`.
pub const DEFAULT_SYNONYMS: &str = include_str!("../../../config/synonyms.txt");

/// Validated settings of the index.
#[derive(Debug, Clone)]
pub struct SearchSettings {
    pub(crate) stop_words: HashSet<String>,
    pub(crate) optional_words: HashSet<String>,
    pub(crate) synonyms: Synonyms,
    pub(crate) text: TextSettings,
    pub(crate) forms: FormWeights,
    pub(crate) relevance: RelevanceWeights,
    pub(crate) updates: UpdateSettings,
}

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSearchSettings {
    /// Not TOML, an unknown key, a missing one or one of the wrong kind; the text names line and key.
    #[error("search.toml: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("search.toml: {key} must be a number from {least} to {most}, and is {value}")]
    OutOfRange {
        key: String,
        least: f32,
        most: f32,
        value: f32,
    },
    #[error(transparent)]
    Synonyms(#[from] InvalidSynonyms),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    stop_words: Vec<String>,
    optional_words: Vec<String>,
    text: TextSettings,
    forms: FormWeights,
    relevance: RelevanceWeights,
    updates: UpdateSettings,
}

/// How matches of words count.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextSettings {
    /// BM25's k1.
    pub(crate) saturation: f32,
    /// Share of the score added when the query is the whole name.
    pub(crate) exact_name: f32,
    /// Share of the score added when all words follow each other directly and in order.
    pub(crate) proximity: f32,
    /// Words further apart than this are not near each other, 1 to 1,000.
    pub(crate) proximity_window: u16,
    /// Added for each filter whose value the scholarship states.
    pub(crate) stated_value: f32,
    pub(crate) fields: FieldTable,
}

impl TextSettings {
    /// What one stated value adds to a score.
    pub(crate) fn stated_score(&self) -> Score {
        (self.stated_value * in_units(1).recip()).round() as Score
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldTable {
    name: FieldWeights,
    organization: FieldWeights,
    subjects: FieldWeights,
    description: FieldWeights,
    eligibility: FieldWeights,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldWeights {
    pub(crate) boost: f32,
    /// BM25's b: how much longer fields count less, 0 to 1.
    pub(crate) length: f32,
    /// Words of a field that is neither long nor short, 1 to 10,000.
    pub(crate) typical: f32,
}

impl FieldTable {
    pub(crate) fn in_order(&self) -> [FieldWeights; FIELDS.len()] {
        [
            self.name,
            self.organization,
            self.subjects,
            self.description,
            self.eligibility,
        ]
    }
}

/// What other forms of a word count, where the word itself counts 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormWeights {
    pub(crate) stem: f32,
    pub(crate) synonym: f32,
    pub(crate) prefix: f32,
}

impl FormWeights {
    pub(crate) fn stem_weight(&self) -> u32 {
        in_1024ths(self.stem)
    }

    pub(crate) fn synonym_weight(&self) -> u32 {
        in_1024ths(self.synonym)
    }

    pub(crate) fn prefix_weight(&self) -> u32 {
        in_1024ths(self.prefix)
    }
}

/// A weight of at most 1 as the search counts with it.
fn in_1024ths(weight: f32) -> u32 {
    (f64::from(weight) * 1_024.0).round() as u32
}

/// What decides among equal texts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelevanceWeights {
    deadline: f32,
    amount: f32,
    completeness: f32,
}

impl RelevanceWeights {
    /// Of deadline, amount and completeness, in 1,024ths.
    pub(crate) fn in_order(&self) -> [u32; 3] {
        [self.deadline, self.amount, self.completeness].map(in_1024ths)
    }
}

/// How changes are taken in.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSettings {
    /// Segments up to this size are merged with every change, 1 to 100,000.
    pub(crate) delta: u32,
    /// Seconds between two merges of everything, 0 to 86,400.
    pub(crate) merge_all_pause: u32,
}

impl SearchSettings {
    /// # Errors
    /// [`InvalidSearchSettings`], which names the key or the line.
    pub fn from_toml(search_toml: &str, synonyms: &str) -> Result<Self, InvalidSearchSettings> {
        let raw: RawSettings = toml::from_str(search_toml)?;
        raw.check()?;
        let all_words = |list: &[String]| -> HashSet<String> {
            list.iter().flat_map(|word| words(word)).collect()
        };
        let stop_words = all_words(&raw.stop_words);
        Ok(Self {
            synonyms: Synonyms::parse(synonyms, &stop_words)?,
            stop_words,
            optional_words: all_words(&raw.optional_words),
            text: raw.text,
            forms: raw.forms,
            relevance: raw.relevance,
            updates: raw.updates,
        })
    }
}

impl RawSettings {
    fn check(&self) -> Result<(), InvalidSearchSettings> {
        let (text, forms, relevance) = (&self.text, &self.forms, &self.relevance);
        let mut bounds = vec![
            ("text.saturation".to_owned(), text.saturation, 0.0, 10.0),
            ("text.exact_name".to_owned(), text.exact_name, 0.0, 10.0),
            ("text.proximity".to_owned(), text.proximity, 0.0, 10.0),
            (
                "text.proximity_window".to_owned(),
                f32::from(text.proximity_window),
                1.0,
                1_000.0,
            ),
            (
                "text.stated_value".to_owned(),
                text.stated_value,
                0.0,
                100.0,
            ),
            ("forms.stem".to_owned(), forms.stem, 0.0, 1.0),
            ("forms.synonym".to_owned(), forms.synonym, 0.0, 1.0),
            ("forms.prefix".to_owned(), forms.prefix, 0.0, 1.0),
            (
                "relevance.deadline".to_owned(),
                relevance.deadline,
                0.0,
                1.0,
            ),
            ("relevance.amount".to_owned(), relevance.amount, 0.0, 1.0),
            (
                "relevance.completeness".to_owned(),
                relevance.completeness,
                0.0,
                1.0,
            ),
            (
                "updates.delta".to_owned(),
                // Exact up to far above the most.
                self.updates.delta as f32,
                1.0,
                100_000.0,
            ),
            (
                "updates.merge_all_pause".to_owned(),
                self.updates.merge_all_pause as f32,
                0.0,
                86_400.0,
            ),
        ];
        let names = [
            "name",
            "organization",
            "subjects",
            "description",
            "eligibility",
        ];
        for (name, weights) in names.iter().zip(text.fields.in_order()) {
            let key = |setting: &str| format!("text.fields.{name}.{setting}");
            bounds.push((key("boost"), weights.boost, 0.0, 100.0));
            bounds.push((key("length"), weights.length, 0.0, 1.0));
            bounds.push((key("typical"), weights.typical, 1.0, 10_000.0));
        }
        for (key, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(InvalidSearchSettings::OutOfRange {
                    key,
                    least,
                    most,
                    value,
                });
            }
        }
        Ok(())
    }
}

impl Default for SearchSettings {
    #[expect(
        clippy::expect_used,
        reason = "the files are compiled in, and a test reads them"
    )]
    fn default() -> Self {
        Self::from_toml(DEFAULT_SEARCH, DEFAULT_SYNONYMS).expect("the bundled settings are valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(search_toml: &str, synonyms: &str) -> String {
        SearchSettings::from_toml(search_toml, synonyms)
            .map(|_| ())
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn the_bundled_settings_are_valid() {
        let settings = SearchSettings::default();
        assert!(settings.stop_words.contains("the"));
    }

    #[test]
    fn wrong_settings_are_named() {
        let wrong = DEFAULT_SEARCH.replace("stem =", "stemm =");
        assert!(error(&wrong, "").contains("stemm"), "{}", error(&wrong, ""));
        let wrong = DEFAULT_SEARCH.replace("saturation = 1.2", "saturation = nan");
        assert!(error(&wrong, "").contains("text.saturation must be a number from 0 to 10"));
        assert!(error(DEFAULT_SEARCH, "a, b\nc =>\n").contains("line 2"));
    }

    #[test]
    fn whole_numbers_have_bounds_too() {
        for (bundled, key, refused, allowed) in [
            (
                "proximity_window = 8",
                "proximity_window",
                [0, 1_001],
                [1, 1_000],
            ),
            ("delta = 1000", "delta", [0, 100_001], [1, 100_000]),
            (
                "merge_all_pause = 10",
                "merge_all_pause",
                [86_401, 90_000],
                [0, 86_400],
            ),
        ] {
            let with = |number: u32| DEFAULT_SEARCH.replace(bundled, &format!("{key} = {number}"));
            for number in refused {
                let error = error(&with(number), "");
                assert!(
                    error.contains(&format!("{key} must be a number from {} to", allowed[0])),
                    "{error}"
                );
            }
            for number in allowed {
                assert_ne!(with(number), DEFAULT_SEARCH);
                assert!(
                    SearchSettings::from_toml(&with(number), "").is_ok(),
                    "{key} = {number}"
                );
            }
        }
    }
}
