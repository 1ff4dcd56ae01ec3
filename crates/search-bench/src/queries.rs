//! Two thousand queries made from records of the catalogue, in two halves: one to look at while tuning, one never looked at.
//!
//! Of what: names or parts of them (40 %, two to four words in a row), topics (35 %, two or three words of one record's
//! fields, tags and description, so that frequent words come as often as they stand there), single words (25 %).
//! What happens to them, each on its own: a typo in one word (20 %), the last word cut to its beginning (15 %), one or two
//! filters (20 %: state, field, level, least amount, type). All want ten results, the exact total and three facets.

use domain::{
    FieldOfStudy, GradeLevel, Scholarship, ScholarshipContent, ScholarshipType, Term, TermSet,
    UsState,
};
use ports::search_index::{FacetKind, Filters, SearchRequest};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

/// Queries of one catalogue, both halves.
pub(crate) const QUERIES: usize = 2_000;
/// Records that queries are made of.
pub(crate) const RECORDS: usize = 4_000;
const SEED: u64 = 0x7175_6572_6965_7332;

/// Which half a query belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Half {
    #[serde(rename = "dev")]
    Development,
    #[serde(rename = "held-out")]
    HeldOut,
}

/// What a query was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Name,
    Topic,
    Word,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) half: Half,
    pub(crate) source: Source,
    pub(crate) typo: bool,
    pub(crate) prefix: bool,
    pub(crate) filtered: bool,
    pub(crate) request: SearchRequest,
}

/// The facets that every measured search counts.
pub(crate) fn facets() -> TermSet<FacetKind> {
    TermSet::of(&[
        FacetKind::States,
        FacetKind::FieldsOfStudy,
        FacetKind::ScholarshipTypes,
    ])
}

/// The same queries for the same records. Every second one is held out.
pub(crate) fn make(records: &[Scholarship]) -> Vec<Query> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut queries = Vec::with_capacity(QUERIES);
    while queries.len() < QUERIES {
        let Some(record) = records.choose(&mut random) else {
            break;
        };
        let half = if queries.len().is_multiple_of(2) {
            Half::Development
        } else {
            Half::HeldOut
        };
        queries.extend(query(half, &record.content, &mut random));
    }
    queries
}

/// `None` when the record has too few words for the kind of query that was drawn.
fn query(half: Half, content: &ScholarshipContent, random: &mut StdRng) -> Option<Query> {
    let (source, mut words) = match random.random_range(0..100) {
        0..40 => (Source::Name, name_words(content, random)?),
        40..75 => (Source::Topic, topic_words(content, random)?),
        _ => (Source::Word, vec![single_word(content, random)?]),
    };
    let typo = random.random_bool(0.2) && misspell_one(&mut words, random);
    let prefix = random.random_bool(0.15) && cut_last(&mut words, random);
    let mut filters = Filters::default();
    let filtered = random.random_bool(0.2);
    if filtered {
        for _ in 0..random.random_range(1..=2) {
            add_filter(&mut filters, content, random);
        }
    }
    Some(Query {
        half,
        source,
        typo,
        prefix,
        filtered,
        request: SearchRequest {
            query: words.join(" "),
            filters,
            facets: facets(),
            limit: 10,
            ..SearchRequest::default()
        },
    })
}

/// As people type them: in small letters, without punctuation.
fn typed_words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn name_words(content: &ScholarshipContent, random: &mut StdRng) -> Option<Vec<String>> {
    let words = typed_words(&content.name);
    let wanted = random.random_range(2..=4);
    let last_start = words.len().checked_sub(wanted)?;
    let start = random.random_range(0..=last_start);
    Some(words[start..start + wanted].to_vec())
}

/// Words that say something, as often as they stand in the record.
fn telling_words(content: &ScholarshipContent) -> Vec<String> {
    let fields = content.criteria.iter().flat_map(|set| {
        let codes = set.fields_of_study.iter().map(|field| field.code());
        codes.collect::<Vec<_>>()
    });
    let texts = content.tags.iter().chain(&content.description);
    let mut words: Vec<String> = texts.flat_map(|text| typed_words(text)).collect();
    words.extend(fields.flat_map(typed_words));
    words.retain(|word| word.chars().count() > 3 || !word.is_ascii());
    words
}

fn topic_words(content: &ScholarshipContent, random: &mut StdRng) -> Option<Vec<String>> {
    let words = telling_words(content);
    let wanted = random.random_range(2..=3);
    let mut topic: Vec<String> = Vec::with_capacity(wanted);
    // A record may say one word again and again.
    for _ in 0..12 {
        let word = words.choose(random)?;
        if !topic.contains(word) {
            topic.push(word.clone());
        }
        if topic.len() == wanted {
            return Some(topic);
        }
    }
    None
}

fn single_word(content: &ScholarshipContent, random: &mut StdRng) -> Option<String> {
    let mut words = telling_words(content);
    words.extend(typed_words(&content.name));
    words.choose(random).cloned()
}

/// Whether a word was long enough to be misspelt: five letters, the first of which stays.
fn misspell_one(words: &mut [String], random: &mut StdRng) -> bool {
    let mut long: Vec<&mut String> = words
        .iter_mut()
        .filter(|word| word.chars().count() >= 5 && word.is_ascii())
        .collect();
    if long.is_empty() {
        return false;
    }
    let chosen = random.random_range(0..long.len());
    let word = &mut *long[chosen];
    let mut letters: Vec<char> = word.chars().collect();
    let at = random.random_range(1..letters.len() - 1);
    let letter = char::from(random.random_range(b'a'..=b'z'));
    match random.random_range(0..4) {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, letter),
        _ => letters[at] = letter,
    }
    let misspelt: String = letters.into_iter().collect();
    let differs = misspelt != *word;
    *word = misspelt;
    differs
}

/// Whether the last word was long enough to be cut: five letters, of which three stay.
fn cut_last(words: &mut [String], random: &mut StdRng) -> bool {
    let Some(last) = words.last_mut() else {
        return false;
    };
    let length = last.chars().count();
    if length < 5 {
        return false;
    }
    *last = last
        .chars()
        .take(random.random_range(3..length))
        .collect::<String>();
    true
}

/// One more filter, mostly one that the record passes.
fn add_filter(filters: &mut Filters, content: &ScholarshipContent, random: &mut StdRng) {
    let set = content.criteria.first();
    match random.random_range(0..5) {
        0 => filters.states = of_record(set.map(|set| set.residency_states), UsState::ALL, random),
        1 => {
            let stated = set.map(|set| set.fields_of_study);
            filters.fields_of_study = of_record(stated, FieldOfStudy::ALL, random);
        }
        2 => {
            let stated = set.map(|set| set.grade_levels);
            filters.grade_levels = of_record(stated, GradeLevel::ALL, random);
        }
        3 => {
            let least = [50_000, 100_000, 250_000, 500_000, 1_000_000];
            filters.min_amount = least.choose(random).copied();
        }
        _ => {
            let stated = Some(TermSet::of(&[content.scholarship_type]));
            filters.scholarship_types = of_record(stated, ScholarshipType::ALL, random);
        }
    }
}

/// One of the terms that the record states, else any.
fn of_record<T: Term>(stated: Option<TermSet<T>>, all: &[T], random: &mut StdRng) -> TermSet<T> {
    let stated: Vec<T> = stated.unwrap_or_default().iter().collect();
    let term = stated.choose(random).or_else(|| all.choose(random));
    term.copied().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries() -> Vec<Query> {
        let records: Vec<Scholarship> = crate::corpus::scholarships(1_000)
            .expect("a catalogue")
            .collect();
        make(&records)
    }

    #[test]
    fn queries_are_the_same_in_every_run_and_half_of_them_are_held_out() {
        let queries = queries();
        assert_eq!(queries, self::queries());
        assert_eq!(queries.len(), QUERIES);
        let held_out = queries.iter().filter(|query| query.half == Half::HeldOut);
        assert_eq!(held_out.count(), QUERIES / 2);
    }

    #[test]
    fn the_mix_is_the_documented_one() {
        let queries = queries();
        let percent = |holds: fn(&Query) -> bool| {
            queries.iter().filter(|query| holds(query)).count() * 100 / QUERIES
        };
        assert!((35..=45).contains(&percent(|query| query.source == Source::Name)));
        assert!((30..=40).contains(&percent(|query| query.source == Source::Topic)));
        assert!((15..=22).contains(&percent(|query| query.typo)));
        assert!((10..=18).contains(&percent(|query| query.prefix)));
        assert!((16..=24).contains(&percent(|query| query.filtered)));
        let unfiltered = queries.iter().filter(|query| !query.filtered);
        assert!(
            unfiltered
                .into_iter()
                .all(|query| query.request.filters == Filters::default())
        );
        assert!(
            queries
                .iter()
                .all(|query| !query.request.query.trim().is_empty())
        );
    }

    #[test]
    fn a_misspelt_word_keeps_its_first_letter() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..200 {
            let mut words = vec!["of".to_owned(), "engineering".to_owned()];
            misspell_one(&mut words, &mut random);
            assert_eq!(words[0], "of");
            assert!(words[1].starts_with('e'));
        }
    }
}
