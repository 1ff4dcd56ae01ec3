//! The peer that the engine is measured against: tantivy, answering the same searches with the same contents.
//!
//! The same: all words must match, with their inflected forms; unknown words are corrected; the last word is a beginning,
//! too; words are dropped until something is found; filters, exact totals, three disjunctive facets with amounts, and ten
//! documents. Left out in its favour: synonyms, nearness of words, exact forms before inflected ones, words that need not match
//! but count (it drops them), cursors.

mod facts;
mod plain;
mod tuned;

use std::collections::HashSet;

use anyhow::Context as _;
use domain::{Citizenship, Scholarship, ScholarshipDocument, Timestamp};
use tantivy::schema::{Field, IndexRecordOption, TextFieldIndexing, TextOptions};
use tantivy::{IndexWriter, Searcher, Term};

pub(crate) use plain::Plain;
pub(crate) use tuned::Tuned;

use crate::texts::{stem, words};

/// The texts of a record by what they weigh.
struct Texts {
    name: Vec<String>,
    organization: Vec<String>,
    subjects: Vec<String>,
    description: Vec<String>,
    eligibility: Vec<String>,
}

impl Texts {
    /// Our engine's fields, text by text.
    fn of(scholarship: &Scholarship) -> Self {
        use domain::Term as _;
        let content = &scholarship.content;
        let mut subjects = words(content.scholarship_type.code());
        let mut eligibility = Vec::new();
        for set in &content.criteria {
            for field in set.fields_of_study.iter() {
                subjects.extend(words(field.code()));
            }
            for text in &set.fields_of_study_text {
                subjects.extend(words(text));
            }
            // Who names many states is about none of them.
            if set.residency_states.len() <= 5 {
                for state in set.residency_states.iter() {
                    subjects.extend(words(&state.name()));
                }
            }
            for level in set.grade_levels.iter() {
                subjects.extend(words(level.code()));
            }
            for citizenship in &set.citizenship_required {
                if !matches!(citizenship, Citizenship::Country(_)) {
                    subjects.extend(words(citizenship.code()));
                }
            }
            for (kind, values) in &set.attributes {
                subjects.extend(words(kind));
                subjects.extend(values.iter().flat_map(|value| words(value)));
            }
            eligibility.extend(set.text.iter().flat_map(|text| words(text)));
        }
        subjects.extend(content.tags.iter().flat_map(|tag| words(tag)));
        eligibility.extend(content.award.text.iter().flat_map(|text| words(text)));
        let description = content.description.as_deref().map(words);
        Self {
            name: words(&content.name),
            organization: words(&content.organization),
            subjects,
            description: description.unwrap_or_default(),
            eligibility,
        }
    }

    fn all(&self) -> [&Vec<String>; 5] {
        [
            &self.name,
            &self.organization,
            &self.subjects,
            &self.description,
            &self.eligibility,
        ]
    }
}

fn stemmed(words: &[String]) -> String {
    let stems: Vec<&str> = words.iter().map(|word| stem(word)).collect();
    stems.join(" ")
}

/// Text that was split into words before: they are taken as they are.
fn words_as_they_are(record: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(record)
        .set_fieldnorms(record != IndexRecordOption::Basic);
    TextOptions::default().set_indexing_options(indexing)
}

fn card(scholarship: &Scholarship) -> anyhow::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&ScholarshipDocument::from(scholarship))?)
}

/// Commits, and leaves one segment: the fastest state to search in.
fn finish(mut writer: IndexWriter) -> anyhow::Result<()> {
    writer.commit()?;
    let segments = writer.index().searchable_segment_ids()?;
    if segments.len() > 1 {
        writer.merge(&segments).wait()?;
    }
    writer.wait_merging_threads()?;
    Ok(())
}

/// Memory for a segment before it is written: large, so that there are few to merge.
const WRITER_BYTES: usize = 512 << 20;

/// One word of a query.
#[derive(Debug, Clone)]
struct QueryWord {
    word: String,
    /// It may be the beginning of a word.
    is_last: bool,
    /// In how many documents a form of it is.
    frequency: u64,
}

/// Words that need not match, as our engine has them.
struct StopWords {
    stop: HashSet<String>,
    optional: HashSet<String>,
}

impl StopWords {
    fn load() -> anyhow::Result<Self> {
        let settings: toml::Table = adapter_search::DEFAULT_SEARCH.parse()?;
        let list = |key: &str| {
            let listed = settings.get(key).and_then(toml::Value::as_array);
            let listed = listed.with_context(|| format!("search.toml without {key}"))?;
            let texts = listed.iter().filter_map(toml::Value::as_str);
            Ok::<_, anyhow::Error>(texts.flat_map(words).collect())
        };
        Ok(Self {
            stop: list("stop_words")?,
            optional: list("optional_words")?,
        })
    }

    /// The words of a query that must match: those that need not are left out unless there are no others.
    fn query_words(&self, query: &str, searcher: &Searcher, stems: &[Field]) -> Vec<QueryWord> {
        let typed = words(query);
        let last = typed.len().saturating_sub(1);
        let is_plain = |word: &String| !self.stop.contains(word);
        let is_needed = |word: &String| is_plain(word) && !self.optional.contains(word);
        let any_needed = typed.iter().any(is_needed);
        let any_plain = typed.iter().any(is_plain);
        typed
            .into_iter()
            .enumerate()
            .filter(|(_, word)| match (any_needed, any_plain) {
                (true, _) => is_needed(word),
                (false, true) => is_plain(word),
                (false, false) => true,
            })
            .map(|(at, word)| {
                let frequencies = stems.iter().map(|field| {
                    let term = Term::from_field_text(*field, stem(&word));
                    searcher.doc_freq(&term).unwrap_or(0)
                });
                QueryWord {
                    frequency: frequencies.sum(),
                    is_last: at == last,
                    word,
                }
            })
            .collect()
    }
}

/// Drops the word that says least: the most frequent one. Whether there was one to drop.
fn relax(words: &mut Vec<QueryWord>) -> bool {
    if words.len() < 2 {
        return false;
    }
    let most = words
        .iter()
        .enumerate()
        .max_by_key(|(_, word)| word.frequency);
    if let Some((at, _)) = most {
        words.remove(at);
    }
    true
}

/// Edits allowed in an unknown word.
fn distance(word: &str) -> Option<u8> {
    match word.chars().count() {
        0..=3 => None,
        4..=7 => Some(1),
        _ => Some(2),
    }
}

fn seconds(instant: Option<Timestamp>) -> i64 {
    instant.map_or(i64::MAX, |instant| instant.timestamp())
}

#[cfg(test)]
mod tests {
    use adapter_search::{InProcessIndex, SearchSettings};
    use domain::Scholarship;
    use ports::{Change, FeedPosition, SearchIndex as _};

    use super::*;
    use crate::{corpus, queries};

    /// Both settings must answer what they are measured for: mostly what our engine answers, which knows synonyms as well.
    #[test]
    fn the_peer_answers_the_same_searches() {
        let records: Vec<Scholarship> = corpus::scholarships(2_000).expect("records").collect();
        let plain = Plain::of(records.iter().cloned()).expect("an index");
        let tuned = Tuned::of(records.iter().cloned()).expect("an index");
        let index = InProcessIndex::new(SearchSettings::default());
        let changes = records
            .iter()
            .map(|record| Change::Upserted(Box::new(record.clone())))
            .collect();
        index.apply(changes, FeedPosition::default());
        let now = corpus::now().expect("a time");
        let (mut asked, mut like_ours, mut alike) = (0, 0, 0);
        let (mut disjunctive, mut disjunctive_like_ours) = (0, 0);
        for query in queries::make(&records).iter().take(300) {
            let ours = index.search(&query.request, now).expect("an answer");
            let plain = plain.search(&query.request, now).expect("an answer");
            let tuned = tuned.search(&query.request, now).expect("an answer");
            asked += 1;
            like_ours += usize::from(tuned.total == ours.total);
            alike += usize::from(plain.total == tuned.total);
            let expected = usize::try_from(tuned.total.min(10)).expect("ten at most");
            assert_eq!(tuned.cards.len(), expected, "{query:?}");
            // Where the total agrees, every number of the facets does; where a facet counts without its own filter, it also
            // counts scholarships outside of the total, of which synonyms may find more.
            if tuned.total == ours.total && !query.typo && ours.relaxed.is_empty() {
                let sums = |facets: &[ports::search_index::Facet]| -> Vec<u64> {
                    facets
                        .iter()
                        .map(|facet| facet.values.iter().map(|value| value.count).sum())
                        .collect()
                };
                let mut theirs = sums(&tuned.facets);
                let mut own = sums(&ours.facets);
                theirs.sort_unstable();
                own.sort_unstable();
                let filters = &query.request.filters;
                if filters.states.is_empty()
                    && filters.fields_of_study.is_empty()
                    && filters.scholarship_types.is_empty()
                {
                    assert_eq!(theirs, own, "{query:?}");
                } else {
                    disjunctive += 1;
                    disjunctive_like_ours += usize::from(theirs == own);
                }
            }
        }
        assert!(like_ours * 100 >= asked * 60, "{like_ours} of {asked}");
        assert!(alike * 100 >= asked * 80, "{alike} of {asked}");
        assert!(
            disjunctive > 0 && disjunctive_like_ours * 100 >= disjunctive * 80,
            "{disjunctive_like_ours} of {disjunctive}"
        );
    }
}
