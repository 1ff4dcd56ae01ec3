//! The index and the reference give the same answers, whatever the history of changes.

mod concurrent;
mod visible;

use std::collections::BTreeMap;

use adapter_search::{InProcessIndex, SearchSettings};
use chrono::TimeDelta;
use domain::{EditorialStatus, ScholarshipDocument, ScholarshipId, Timestamp};
use ports::search_index::{SearchAnswer, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};

use crate::catalogue::{Generator, now};
use crate::model::{Catalogue, Model, SYNONYMS};
use visible::Visible;

/// Words that few records hold, beside those of the generator, which many do.
const RARE_WORDS: [&str; 6] = [
    "zodiac", "walnut", "obsidian", "jubilant", "quixotic", "marigold",
];

/// The bundled settings with few synonyms, and small segments so that there are several. With deltas of ten they are merged
/// into one again and again.
pub(crate) fn settings(delta: u32) -> SearchSettings {
    let bundled = include_str!("../../../../config/search.toml");
    let search = bundled.replace("delta = 1000", &format!("delta = {delta}"));
    assert!(delta == 1000 || search != bundled);
    let pause = if delta == 10 { 0 } else { 10 };
    let search = search.replace("pause = 10", &format!("pause = {pause}"));
    SearchSettings::from_toml(&search, SYNONYMS).expect("valid settings")
}

pub(crate) fn ids_of(answer: &SearchAnswer) -> Vec<ScholarshipId> {
    answer
        .hits
        .iter()
        .map(|hit| {
            let card = &answer.cards[hit.card.clone()];
            let document: ScholarshipDocument = serde_json::from_slice(card).expect("a card");
            document.id.expect("an id")
        })
        .collect()
}

/// A catalogue as each kind of reader knows it: statistics of words, too, are of what the reader may see.
struct State {
    all: Catalogue,
    without_drafts: Catalogue,
}

impl State {
    fn of(catalogue: &Catalogue) -> Self {
        let mut without_drafts = catalogue.clone();
        without_drafts
            .retain(|_, scholarship| scholarship.content.status != EditorialStatus::Draft);
        Self {
            all: catalogue.clone(),
            without_drafts,
        }
    }

    fn models(&self) -> Models<'_> {
        let of = |catalogue| (catalogue, Model::of(catalogue));
        Models {
            editors: of(&self.all),
            public: of(&self.without_drafts),
        }
    }
}

struct Models<'a> {
    editors: (&'a Catalogue, Model<'a>),
    public: (&'a Catalogue, Model<'a>),
}

impl Models<'_> {
    /// The pages that begin at the offsets.
    fn pages(&self, request: &SearchRequest, offsets: &[usize], now: Timestamp) -> Vec<Visible> {
        let drafts = request.filters.status.contains(EditorialStatus::Draft);
        let (catalogue, model) = if drafts { &self.editors } else { &self.public };
        let expected = model.search(request, now);
        let page = |offset| Visible::expected(catalogue, &expected, request, offset, now);
        offsets.iter().copied().map(page).collect()
    }
}

/// A random batch, which is applied to the catalogue. `version` tells its records from those of other batches.
pub(crate) fn random_batch(
    generator: &mut Generator,
    catalogue: &mut Catalogue,
    size: usize,
    ids: usize,
    version: u64,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for _ in 0..size {
        let mut scholarship = generator.scholarship(ids);
        scholarship.version = version;
        if generator.chance(0.1) {
            let word = RARE_WORDS[generator.below(RARE_WORDS.len())];
            scholarship.content.tags.push(word.to_owned());
        }
        if generator.chance(0.2) {
            catalogue.remove(&scholarship.id);
            changes.push(Change::Deleted {
                id: scholarship.id,
                at: now(),
            });
        } else {
            catalogue.insert(scholarship.id.clone(), scholarship.clone());
            changes.push(Change::Upserted(Box::new(scholarship)));
        }
    }
    changes
}

/// A random request with a page of any size, since the best ten are found in another way than all.
pub(crate) fn random_request(generator: &mut Generator) -> SearchRequest {
    let mut request = generator.request();
    if generator.chance(0.1) {
        let word = RARE_WORDS[generator.below(RARE_WORDS.len())];
        request.query = format!("{word} {}", request.query);
    }
    if generator.chance(0.7) {
        request.limit = 1 + generator.below(12);
        if generator.chance(0.2) {
            request.offset = generator.below(20);
        }
    }
    request
}

/// Compares a page, and sometimes the next one; how many results there are in all.
fn check(
    generator: &mut Generator,
    index: &InProcessIndex,
    models: &Models<'_>,
    request: &SearchRequest,
    now: Timestamp,
) -> u64 {
    let answer = index.search(request, now).expect("an answer");
    let second = request.offset + request.limit;
    let expected = models.pages(request, &[request.offset, second], now);
    assert_eq!(Visible::of(&answer), expected[0], "{request:?} at {now}");
    if answer.has_next && generator.chance(0.3) {
        let next = SearchRequest {
            cursor: answer.next_cursor,
            ..request.clone()
        };
        let answer = index.search(&next, now).expect("a page");
        assert_eq!(Visible::of(&answer), expected[1], "{next:?} at {now}");
    }
    answer.total
}

/// A run of random catalogues, each with a history of batches.
struct Run {
    seeds: std::ops::Range<u64>,
    delta: u32,
    batches: &'static [usize],
    ids: usize,
    /// After each batch.
    searches: usize,
}

impl Run {
    fn agrees(&self) {
        let mut found = 0;
        let mut searches = 0;
        for seed in self.seeds.clone() {
            let mut generator = Generator::of(seed);
            let index = InProcessIndex::new(settings(self.delta));
            let mut catalogue: Catalogue = BTreeMap::new();
            for (version, size) in (1..).zip(self.batches) {
                let changes =
                    random_batch(&mut generator, &mut catalogue, *size, self.ids, version);
                index.apply(changes, FeedPosition::default());
                let state = State::of(&catalogue);
                let models = state.models();
                for _ in 0..self.searches {
                    let request = random_request(&mut generator);
                    // Deadlines pass, at the end of a day in New York.
                    let hours = if generator.chance(0.3) {
                        generator.below(2_000)
                    } else {
                        0
                    };
                    let now = now() + TimeDelta::hours(i64::try_from(hours).expect("few"));
                    found += check(&mut generator, &index, &models, &request, now);
                    searches += 1;
                }
            }
        }
        // Else the agreement would be one of empty answers.
        assert!(found > 3 * searches, "{found} in {searches}");
    }
}

#[test]
fn random_searches_of_tiny_segments_agree_with_the_reference() {
    let run = Run {
        seeds: 0..50,
        delta: 3,
        batches: &[40, 1, 2, 12, 1, 30],
        ids: 70,
        searches: 23,
    };
    run.agrees();
}

#[test]
fn random_searches_after_many_single_changes_agree_with_the_reference() {
    let run = Run {
        seeds: 1_000..1_025,
        delta: 10,
        batches: &[50, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5],
        ids: 60,
        searches: 23,
    };
    run.agrees();
}

#[test]
fn random_searches_of_a_large_and_a_small_segment_agree_with_the_reference() {
    let run = Run {
        seeds: 2_000..2_075,
        delta: 1_000,
        batches: &[60, 20, 3, 1],
        ids: 70,
        searches: 23,
    };
    run.agrees();
}

/// Frequent words have bitmaps here: those are for segments of 1,024 documents and more.
#[test]
fn random_searches_of_a_large_catalogue_agree_with_the_reference() {
    let run = Run {
        seeds: 3_000..3_002,
        delta: 100,
        batches: &[4_000, 40, 300],
        ids: 2_600,
        searches: 50,
    };
    run.agrees();
}
