//! The judged queries on the sample catalogue: `xtask/relevance/tuned.toml` and `frozen.toml`.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::catalogue::Catalogue;

const TUNED: &str = include_str!("../../../relevance/tuned.toml");
const FROZEN: &str = include_str!("../../../relevance/frozen.toml");

/// What a query is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Looked at while tuning.
    Tuned,
    /// Only its means are looked at.
    Frozen,
}

impl Half {
    pub(super) const ALL: [Self; 2] = [Self::Tuned, Self::Frozen];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Tuned => "tuned half",
            Self::Frozen => "frozen half",
        }
    }

    fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Tuned => ("tuned.toml", TUNED),
            Self::Frozen => ("frozen.toml", FROZEN),
        }
    }
}

/// Grades: 3 is exactly what was asked for, 2 fits, 1 is near, 0 is everything else.
pub(super) struct JudgedQuery {
    pub(super) words: String,
    /// What the words mean, where they do not say it.
    pub(super) note: Option<String>,
    /// By place in the catalogue; empty when nothing must be found.
    pub(super) grades: BTreeMap<usize, u8>,
}

/// The grade from which on a result is right for those measures that know only right and wrong.
pub(super) const RIGHT: u8 = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    query: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    words: String,
    note: Option<String>,
    #[serde(default)]
    exact: Vec<u16>,
    #[serde(default)]
    fits: Vec<u16>,
    #[serde(default)]
    partly: Vec<u16>,
}

/// # Errors
/// When the file is malformed, or judges a record twice, or one that the sample catalogue does not have.
pub(super) fn load(half: Half, sample: &Catalogue) -> anyhow::Result<Vec<JudgedQuery>> {
    let (name, text) = half.file();
    parse(text, sample).with_context(|| format!("xtask/relevance/{name}"))
}

fn parse(text: &str, sample: &Catalogue) -> anyhow::Result<Vec<JudgedQuery>> {
    let file: File = toml::from_str(text)?;
    file.query
        .into_iter()
        .map(|entry| {
            let mut grades = BTreeMap::new();
            let lists = [(3, &entry.exact), (2, &entry.fits), (1, &entry.partly)];
            for (grade, numbers) in lists {
                for number in numbers {
                    let place = sample.place_of_sample(*number).with_context(|| {
                        format!(
                            "{:?} judges bundled-{number:03}, which is gone",
                            entry.words
                        )
                    })?;
                    ensure!(
                        grades.insert(place, grade).is_none(),
                        "{:?} judges bundled-{number:03} twice",
                        entry.words
                    );
                }
            }
            Ok(JudgedQuery {
                words: entry.words,
                note: entry.note,
                grades,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use sha2::{Digest as _, Sha256};

    use super::*;
    use domain::hexadecimal;

    /// The half that a query belongs to, so that nobody chooses.
    fn half_of(words: &str) -> Half {
        if Sha256::digest(words)[0].is_multiple_of(2) {
            Half::Frozen
        } else {
            Half::Tuned
        }
    }

    fn loaded() -> Vec<(Half, JudgedQuery)> {
        let sample = Catalogue::shared_sample();
        Half::ALL
            .into_iter()
            .flat_map(|half| {
                let queries = load(half, sample).expect("valid judgements");
                queries.into_iter().map(move |query| (half, query))
            })
            .collect()
    }

    /// What a judge reads of the samples; deadlines, which follow from the day, are not judged.
    fn digest_of_samples() -> String {
        let mut digest = Sha256::new();
        for scholarship in Catalogue::shared_sample().scholarships() {
            let document = domain::ScholarshipDocument::from(&scholarship.content);
            let read = serde_json::json!([
                document.name,
                document.organization,
                document.description,
                document.award.and_then(|award| award.text),
                document.renewable,
                document.scholarship_type,
                document.eligibility_criteria,
                document.alternative_criteria,
                document.tags,
            ]);
            digest.update(read.to_string());
        }
        hexadecimal(&digest.finalize()[..8])
    }

    #[test]
    fn the_samples_are_those_that_were_judged() {
        assert_eq!(
            digest_of_samples(),
            "524217074ba7a28f",
            "the sample catalogue has changed: read the changed records, judge them again, and put their digest here"
        );
    }

    #[test]
    fn every_query_stands_once_and_in_the_half_that_its_words_give() {
        let queries = loaded();
        let distinct: HashSet<&str> = queries.iter().map(|(_, query)| &*query.words).collect();
        assert_eq!(distinct.len(), queries.len());
        for (half, query) in &queries {
            assert_eq!(half_of(&query.words), *half, "{:?}", query.words);
        }
        for half in Half::ALL {
            let count = queries.iter().filter(|(of, _)| *of == half).count();
            assert!(count >= 60, "{count} in the {}", half.label());
        }
    }

    #[test]
    fn a_query_has_a_right_answer_or_none_at_all() {
        for (half, query) in loaded() {
            let best = query.grades.values().max();
            assert!(
                best.is_none_or(|best| *best >= RIGHT),
                "a query of the {} has nothing better than near: {:?}",
                half.label(),
                query.words
            );
        }
    }

    #[test]
    fn judgements_of_records_that_are_gone_or_judged_twice_are_refused() {
        let sample = Catalogue::shared_sample();
        let error = |text: &str| {
            parse(text, sample)
                .map(|_| ())
                .expect_err("refused")
                .to_string()
        };
        let gone = error("[[query]]\nwords = \"x\"\nexact = [301]");
        assert!(gone.contains("bundled-301, which is gone"), "{gone}");
        let twice = error("[[query]]\nwords = \"x\"\nexact = [3]\nfits = [3]");
        assert!(twice.contains("bundled-003 twice"), "{twice}");
    }
}
