//! What a caller sees of an answer, made of an answer of the index and of what the reference expects alike.

use std::cmp::Ordering;

use domain::{ScholarshipId, Timestamp};
use ports::search_index::{FacetKind, FacetValue, SearchAnswer, SearchRequest, VerdictCounts};
use serde::Deserialize;

use crate::model::{Catalogue, Expected, Key};

/// All of an answer that the reference knows.
#[derive(Debug, PartialEq)]
pub(crate) struct Visible {
    pub(crate) relaxed: Vec<String>,
    pub(crate) corrected: Vec<(String, String)>,
    pub(crate) total: u64,
    /// In order.
    pub(crate) page: Vec<VisibleHit>,
    pub(crate) has_next: bool,
    pub(crate) verdicts: Option<VerdictCounts>,
    pub(crate) facets: Vec<(FacetKind, Vec<FacetValue>)>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct VisibleHit {
    pub(crate) id: ScholarshipId,
    /// Tells an old card of a record from its new one.
    pub(crate) version: u64,
    pub(crate) amount_known: bool,
    pub(crate) expired: bool,
}

/// As much of a card as tells whose it is.
#[derive(Deserialize)]
struct Card {
    id: ScholarshipId,
    version: u64,
}

impl Visible {
    pub(crate) fn of(answer: &SearchAnswer) -> Self {
        assert_eq!(answer.has_next, answer.next_cursor.is_some());
        let hits = answer.hits.iter().map(|hit| {
            let card: Card =
                serde_json::from_slice(&answer.cards[hit.card.clone()]).expect("a card");
            VisibleHit {
                id: card.id,
                version: card.version,
                amount_known: hit.amount_known,
                expired: hit.expired,
            }
        });
        let facets = answer.facets.iter();
        Self {
            relaxed: answer.relaxed.clone(),
            corrected: answer.corrected.clone(),
            total: answer.total,
            page: hits.collect(),
            has_next: answer.has_next,
            verdicts: answer.verdicts,
            facets: facets
                .map(|facet| (facet.kind, facet.values.clone()))
                .collect(),
        }
    }

    /// The page that begins at `offset`.
    pub(crate) fn expected(
        catalogue: &Catalogue,
        expected: &Expected,
        request: &SearchRequest,
        offset: usize,
        now: Timestamp,
    ) -> Self {
        let mut ids: Vec<&ScholarshipId> = expected.ids.iter().collect();
        ids.sort_by(|left, right| {
            compare(&expected.keys[*left], &expected.keys[*right]).then_with(|| left.cmp(right))
        });
        let end = (offset + request.limit).min(ids.len());
        let page = ids.get(offset..end).unwrap_or_default();
        let hits = page.iter().map(|id| {
            let scholarship = &catalogue[*id];
            let award = &scholarship.content.award;
            VisibleHit {
                id: (*id).clone(),
                version: scholarship.version,
                amount_known: award.currency == request.filters.currency && award.most().is_some(),
                expired: scholarship.content.deadline.is_expired(now),
            }
        });
        Self {
            relaxed: expected.relaxed.clone(),
            corrected: expected.corrected.clone(),
            total: ids.len() as u64,
            page: hits.collect(),
            has_next: end < ids.len(),
            verdicts: expected.verdicts,
            facets: expected.facets.clone(),
        }
    }
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
