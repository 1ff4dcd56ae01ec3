//! Recommendations: every open scholarship scored for a student, the best ones of many organizations first.

mod ranking;

use std::cmp::Ordering;
use std::collections::HashMap;

use domain::deadline::today;
use domain::eligibility::assess;
use domain::recommendation::{RankingFacts, Values, explain, total, values};
use domain::{Currency, Timestamp, Verdict};
use ports::search_index::{Recommendation, RecommendationAnswer, RecommendationRequest};

pub(crate) use self::ranking::Ranking;
use crate::bit_set::{BitSet, bits};
use crate::facts::currency_bits;
use crate::filters::FilterPass;
use crate::matching::{Verdicts, open_documents};
use crate::snapshot::{LiveSegment, Place, Snapshot};

/// How many of one organization may come before all organizations had their turn.
const MOST_OF_ONE_ORGANIZATION: u32 = 2;

/// Finding the document of an id takes about as long as so many lookups of what is popular.
const LOOKUPS_PER_FIND: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Candidate {
    total: f64,
    place: Place,
}

/// One segment as the student finds it.
struct Part<'a> {
    live: &'a LiveSegment,
    verdicts: Verdicts<'a>,
    ranking: Ranking<'a>,
    /// By document, when it pays to look for what is popular rather than to ask of each document whether it is.
    popularity: Vec<f32>,
    /// By number of a deadline.
    due: Vec<Option<Timestamp>>,
}

/// What one scholarship's score rests on.
struct Fit {
    verdict: Verdict,
    facts: RankingFacts,
    values: Values,
}

pub(crate) fn recommend(
    snapshot: &Snapshot,
    request: &RecommendationRequest<'_>,
    now: Timestamp,
) -> RecommendationAnswer {
    let mut answer = RecommendationAnswer::default();
    let mut parts = Vec::with_capacity(snapshot.segments.len());
    let mut candidates = Vec::new();
    for (segment, live) in (0..).zip(&snapshot.segments) {
        let documents = passing(live, request, now);
        let part = Part::of(live, request, &documents, now);
        part.verdicts.count(&documents, &mut answer.verdicts);
        for document in bits(part.verdicts.wanted(&documents, request.verdicts)) {
            let fit = part.fit(document, request, now);
            candidates.push(Candidate {
                total: total(&fit.values),
                place: Place { segment, document },
            });
        }
        parts.push(part);
    }
    for candidate in diverse(snapshot, candidates, request.limit) {
        let part = &parts[candidate.place.segment as usize];
        let document = candidate.place.document;
        let segment = &part.live.segment;
        let fit = part.fit(document, request, now);
        answer.recommendations.push(Recommendation {
            card: segment.cards.copy_to(document, &mut answer.cards),
            assessment: assess(&segment.criteria.criteria(document), request.profile),
            score: explain(&fit.values, &fit.facts, request.profile, fit.verdict, now),
        });
    }
    answer
}

/// The open documents that pass the filters.
fn passing(live: &LiveSegment, request: &RecommendationRequest<'_>, now: Timestamp) -> BitSet {
    let segment = &live.segment;
    let open = open_documents(live, now);
    let due = segment.tables.deadlines.on(today(now));
    let pass = FilterPass::of(request.filters, now, &segment.tables, &due);
    if pass.lets_all_through() {
        return open;
    }
    let mut documents = BitSet::of_size(segment.len());
    for document in bits(open.words().iter().copied()) {
        let failures = pass.failures(&segment.facts[document as usize]);
        if failures.is_some_and(|failures| failures.is_empty()) {
            documents.insert(document);
        }
    }
    documents
}

impl<'a> Part<'a> {
    fn of(
        live: &'a LiveSegment,
        request: &RecommendationRequest<'_>,
        documents: &BitSet,
        now: Timestamp,
    ) -> Self {
        let table = &live.segment.criteria;
        let verdicts = Verdicts::of(table, request.profile);
        let deadlines = live.segment.tables.deadlines.values().iter();
        Self {
            due: deadlines.map(|deadline| deadline.next_due(now)).collect(),
            live,
            ranking: Ranking::of(table, verdicts.judgement()),
            verdicts,
            popularity: if request.popularity.len() * LOOKUPS_PER_FIND < documents.count() as usize
            {
                popularities(live, request)
            } else {
                Vec::new()
            },
        }
    }

    fn fit(&self, document: u32, request: &RecommendationRequest<'_>, now: Timestamp) -> Fit {
        let segment = &self.live.segment;
        let facts = &segment.facts[document as usize];
        let dollars = facts
            .most_in(currency_bits(Currency::USD) as u32)
            .map(|cents| cents as f64 / 100.0);
        let due = self.due[facts.deadline() as usize];
        let (outcome, facts) = self.ranking.facts(document, dollars, due);
        let popularity = match self.popularity.get(document as usize) {
            Some(popularity) => *popularity,
            None => {
                let known = request.popularity.get(segment.ids.get(document));
                known.copied().unwrap_or(0.0)
            }
        };
        let values = values(
            &facts,
            request.profile,
            outcome.verdict(),
            outcome.match_score(),
            popularity,
            now,
        );
        Fit {
            verdict: outcome.verdict(),
            facts,
            values,
        }
    }
}

/// Of each document of the segment.
fn popularities(live: &LiveSegment, request: &RecommendationRequest<'_>) -> Vec<f32> {
    let mut popularities = vec![0.0; live.segment.len() as usize];
    for (id, popularity) in request.popularity {
        if let Some(document) = live.segment.find(id.as_str()) {
            popularities[document as usize] = *popularity;
        }
    }
    popularities
}

/// The first `limit`: in order, but of each organization only two, then the others in order.
fn diverse(snapshot: &Snapshot, candidates: Vec<Candidate>, limit: usize) -> Vec<Candidate> {
    let mut taken: HashMap<&str, u32, ahash::RandomState> = HashMap::default();
    let mut first = Vec::with_capacity(limit.min(candidates.len()));
    let mut others = Vec::new();
    for candidate in best_first(snapshot, candidates, 2 * limit) {
        if first.len() >= limit {
            break;
        }
        let of_organization = taken
            .entry(snapshot.organization(candidate.place))
            .or_default();
        if *of_organization < MOST_OF_ONE_ORGANIZATION {
            *of_organization += 1;
            first.push(candidate);
        } else if others.len() < limit {
            others.push(candidate);
        }
    }
    first.extend(others);
    first.truncate(limit);
    first
}

/// All candidates from the best to the worst. Only as many are put in order as are asked for: first a `few`, then, as long
/// as more are wanted, twice as many again.
fn best_first(
    snapshot: &Snapshot,
    mut candidates: Vec<Candidate>,
    few: usize,
) -> impl Iterator<Item = Candidate> {
    let order = |left: &Candidate, right: &Candidate| -> Ordering {
        let ids = || snapshot.id(left.place).cmp(snapshot.id(right.place));
        right.total.total_cmp(&left.total).then_with(ids)
    };
    let (mut next, mut ordered) = (0, 0);
    std::iter::from_fn(move || {
        if next == ordered {
            let rest = &mut candidates[ordered..];
            let more = few.max(ordered).clamp(1, rest.len().max(1));
            if more < rest.len() {
                rest.select_nth_unstable_by(more, order);
            }
            let more = more.min(rest.len());
            rest[..more].sort_unstable_by(order);
            ordered += more;
        }
        let candidate = candidates.get(next).copied();
        next += 1;
        candidate
    })
}
