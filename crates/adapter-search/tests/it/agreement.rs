//! The index and the reference give the same answers, whatever the history of changes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use adapter_search::{InProcessIndex, SearchSettings};
use domain::{EditorialStatus, ScholarshipDocument, ScholarshipId};
use ports::search_index::{SearchAnswer, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};

use crate::catalogue::{Generator, now};
use crate::model::{Catalogue, Expected, Key, Model, SYNONYMS};

/// The bundled settings with few synonyms, and small segments so that there are several.
pub(crate) fn settings(delta: u32) -> SearchSettings {
    let bundled = include_str!("../../../../config/search.toml");
    let search = bundled.replace("delta = 1000", &format!("delta = {delta}"));
    assert!(delta == 1000 || search != bundled);
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

/// Applies a random batch to both.
fn change(
    generator: &mut Generator,
    index: &InProcessIndex,
    catalogue: &mut Catalogue,
    size: usize,
    ids: usize,
) {
    let mut changes = Vec::new();
    for _ in 0..size {
        let scholarship = generator.scholarship(ids);
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
    index.apply(changes, FeedPosition::default());
}

fn compare(left: &Key, right: &Key) -> Ordering {
    match (left, right) {
        (
            Key::Relevance {
                rank,
                unknown,
                score,
                intrinsic,
            },
            Key::Relevance {
                rank: other_rank,
                unknown: other_unknown,
                score: other_score,
                intrinsic: other_intrinsic,
            },
        ) => {
            let better = other_score.cmp(score).then(other_intrinsic.cmp(intrinsic));
            rank.cmp(other_rank)
                .then(unknown.cmp(other_unknown))
                .then(better)
        }
        (Key::Number(amount, unknown, value), Key::Number(other_amount, other_unknown, other)) => {
            (amount, unknown, value).cmp(&(other_amount, other_unknown, other))
        }
        (Key::Name(amount, name), Key::Name(other_amount, other)) => {
            (amount, name).cmp(&(other_amount, other))
        }
        _ => panic!("keys of one order"),
    }
}

fn check(request: &SearchRequest, answer: &SearchAnswer, expected: &Expected) {
    let ids = ids_of(answer);
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    let wanted: Vec<ScholarshipId> = expected.ids.iter().cloned().collect();
    assert_eq!(answer.relaxed, expected.relaxed, "{request:?}");
    assert_eq!(sorted, wanted, "{request:?}");
    assert_eq!(answer.total, wanted.len() as u64, "{request:?}");
    assert!(!answer.has_next && answer.next_cursor.is_none());
    assert_eq!(answer.relaxed, expected.relaxed, "{request:?}");
    assert_eq!(answer.corrected, expected.corrected, "{request:?}");
    assert_eq!(answer.verdicts, expected.verdicts, "{request:?}");
    let facets: Vec<_> = answer
        .facets
        .iter()
        .map(|facet| (facet.kind, facet.values.clone()))
        .collect();
    assert_eq!(facets, expected.facets, "{request:?}");
    for pair in ids.windows(2) {
        let (left, right) = (&expected.keys[&pair[0]], &expected.keys[&pair[1]]);
        let order = compare(left, right).then_with(|| pair[0].cmp(&pair[1]));
        assert!(
            order.is_lt(),
            "{} {left:?} before {} {right:?} for {request:?}",
            pair[0],
            pair[1]
        );
    }
}

#[test]
fn random_searches_agree_with_the_reference_through_all_changes() {
    let mut found = 0;
    let mut searches = 0;
    for seed in 0..70 {
        let mut generator = Generator::of(seed);
        let index = InProcessIndex::new(settings(3));
        let mut catalogue: Catalogue = BTreeMap::new();
        for size in [40, 1, 2, 12, 1, 30] {
            change(&mut generator, &index, &mut catalogue, size, 70);
            let mut without_drafts = catalogue.clone();
            without_drafts
                .retain(|_, scholarship| scholarship.content.status != EditorialStatus::Draft);
            let (editors, public) = (Model::of(&catalogue), Model::of(&without_drafts));
            for _ in 0..8 {
                let request = generator.request();
                // Statistics of words, too, are of what the asker may see.
                let drafts = request.filters.status.contains(EditorialStatus::Draft);
                let model = if drafts { &editors } else { &public };
                let answer = index.search(&request, now()).expect("an answer");
                let expected = model.search(&request, now());
                check(&request, &answer, &expected);
                found += answer.total;
                searches += 1;
            }
        }
    }
    // Else the agreement would be one of empty answers.
    assert!(found > 3 * searches, "{found} in {searches}");
}
