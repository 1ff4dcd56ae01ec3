//! Recommendations: every open scholarship scored for a student, the best ones of many organizations first.

use std::collections::HashMap;

use domain::eligibility::{assess, verdict_and_score};
use domain::recommendation::{Values, explain, total, values};
use domain::{Timestamp, Verdict};
use ports::search_index::{Recommendation, RecommendationAnswer, RecommendationRequest};

use crate::filters::FilterPass;
use crate::matching::count_verdict;
use crate::snapshot::{Place, Snapshot};

/// How many of one organization may come before all organizations had their turn.
const MOST_OF_ONE_ORGANIZATION: u32 = 2;

struct Candidate {
    total: f64,
    place: Place,
    values: Values,
    verdict: Verdict,
}

pub(crate) fn recommend(
    snapshot: &Snapshot,
    request: &RecommendationRequest<'_>,
    now: Timestamp,
) -> RecommendationAnswer {
    let mut answer = RecommendationAnswer::default();
    let today = domain::deadline::today(now);
    let due: Vec<_> = snapshot.segments.iter().map(|live| live.segment.tables.deadlines.on(today)).collect();
    let passes: Vec<_> = snapshot.segments.iter().zip(&due).map(|(live, due)| FilterPass::of(request.filters, now, &live.segment.tables, due)).collect();
    let ranking = |place: Place| { let facts = snapshot.facts(place); domain::recommendation::RankingFacts { criteria: snapshot.criteria(place), dollars: facts.most_in(crate::facts::currency_bits(domain::Currency::USD) as u32).map(|cents| cents as f64 / 100.0), due: snapshot.segments[place.segment as usize].segment.tables.deadlines.get(facts.deadline()).next_due(now) } };
    let mut candidates = Vec::new();
    for place in snapshot.open_places(now) {
        let facts = snapshot.facts(place);
        let pass = &passes[place.segment as usize];
        if pass
            .failures(facts)
            .is_none_or(|failures| !failures.is_empty())
        {
            continue;
        }
        let (verdict, score) = verdict_and_score(snapshot.criteria(place), request.profile);
        count_verdict(&mut answer.verdicts, verdict);
        if !request.verdicts.contains(verdict) {
            continue;
        }
        let popularity = if request.popularity.is_empty() {
            None
        } else {
            request.popularity.get(snapshot.id(place))
        };
        let values = values(
            &ranking(place),
            request.profile,
            verdict,
            score,
            popularity.copied().unwrap_or(0.0),
            now,
        );
        candidates.push(Candidate {
            total: total(&values),
            place,
            values,
            verdict,
        });
    }
    candidates.sort_unstable_by(|left, right| {
        let ids = || snapshot.id(left.place).cmp(snapshot.id(right.place));
        right.total.total_cmp(&left.total).then_with(ids)
    });
    for candidate in diverse(snapshot, &candidates, request.limit) {
        let ranking = ranking(candidate.place);
        let cards = &snapshot.segments[candidate.place.segment as usize]
            .segment
            .cards;
        answer.recommendations.push(Recommendation {
            card: cards.copy_to(candidate.place.document, &mut answer.cards),
            assessment: assess(snapshot.criteria(candidate.place), request.profile),
            score: explain(
                &candidate.values,
                &ranking,
                request.profile,
                candidate.verdict,
                now,
            ),
        });
    }
    answer
}

/// The first `limit`: in order, but of each organization only two, then the others in order.
fn diverse<'a>(
    snapshot: &'a Snapshot,
    ordered: &'a [Candidate],
    limit: usize,
) -> Vec<&'a Candidate> {
    let mut taken: HashMap<&str, u32, ahash::RandomState> = HashMap::default();
    let mut first = Vec::with_capacity(limit.min(ordered.len()));
    let mut others = Vec::new();
    for candidate in ordered {
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
