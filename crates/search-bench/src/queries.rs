//! Two thousand queries made from records of the catalogue, in two halves: one to look at while tuning, one never looked at.
//!
//! Of what: names or parts of them (40 %, two to four words in a row), topics (35 %, two or three words of one record's name,
//! organization, tags and fields of study, so that frequent words come as often as they stand there), single words of these
//! (25 %). One topic or single word in ten has a word that only the description says: few people search for such, and
//! searches for them are unlike the others.
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
    /// Whether one word was taken from the description.
    pub(crate) described: bool,
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
        _ => (
            Source::Word,
            vec![telling_words(content).choose(random)?.clone()],
        ),
    };
    let described = source != Source::Name && random.random_bool(0.1);
    if described {
        let at = random.random_range(0..words.len());
        words[at] = description_words(content).choose(random)?.clone();
    }
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
        described,
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

/// Words of four letters and more that nobody searches for alone.
const EMPTY_WORDS: [&str; 28] = [
    "about", "also", "been", "both", "each", "from", "have", "into", "more", "most", "must",
    "only", "other", "such", "than", "that", "their", "them", "these", "they", "this", "those",
    "were", "when", "which", "will", "with", "your",
];

fn says_something(word: &str) -> bool {
    (word.chars().count() > 3 || !word.is_ascii()) && !EMPTY_WORDS.contains(&word)
}

/// What people know of a scholarship before they have found it, each word as often as the record says it.
fn telling_words(content: &ScholarshipContent) -> Vec<String> {
    let mut texts = vec![content.name.as_str(), content.organization.as_str()];
    texts.extend(content.tags.iter().map(String::as_str));
    for set in &content.criteria {
        for field in set.fields_of_study.iter() {
            texts.push(field.code());
        }
    }
    let words = texts.into_iter().flat_map(typed_words);
    words.filter(|word| says_something(word)).collect()
}

/// What only the description says.
fn description_words(content: &ScholarshipContent) -> Vec<String> {
    let telling = telling_words(content);
    let words = content
        .description
        .iter()
        .flat_map(|text| typed_words(text));
    words
        .filter(|word| says_something(word) && !telling.contains(word))
        .collect()
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
        assert!((4..=8).contains(&percent(|query| query.described)));
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
    fn words_are_told_by_what_people_know_of_a_scholarship_before_they_find_it() {
        let records: Vec<Scholarship> = crate::corpus::scholarships(200)
            .expect("a catalogue")
            .collect();
        let mut seen = (0, 0);
        for record in &records {
            let content = &record.content;
            let telling = telling_words(content);
            assert!(telling.iter().all(|word| says_something(word)));
            let names = typed_words(&format!("{} {}", content.name, content.organization));
            let beyond_names = telling.iter().filter(|word| !names.contains(word));
            seen.0 += beyond_names.count();
            let described = description_words(content);
            assert!(described.iter().all(|word| !telling.contains(word)));
            seen.1 += described.len();
        }
        assert!(seen.0 > 0, "tags and fields are among them");
        assert!(seen.1 > 0, "descriptions say more");
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
