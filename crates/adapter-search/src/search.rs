//! One search from request to answer: plan, match, filter, count, order, and cut out the page.

use domain::{Timestamp, Verdict};
use ports::search_index::{Hit, SearchAnswer, SearchError, SearchRequest, VerdictCounts};

use crate::cursor::{Cursor, request_digest};
use crate::facets::FacetCounter;
use crate::facts::Facts;
use crate::filters::{Failures, FilterPass};
use crate::highlight::Highlighter;
use crate::matching::{ProfileMatch, count_verdict};
use crate::ordering::{Ranked, ResultOrder};
use crate::query::QueryPlan;
use crate::scoring::Scoring;
use crate::settings::SearchSettings;
use crate::snapshot::{Place, Snapshot};
use crate::text_matches::Matcher;

const MOST_HITS: usize = 100;

/// A search of one snapshot at one instant.
pub(crate) struct Search<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) settings: &'a SearchSettings,
    pub(crate) request: &'a SearchRequest,
    pub(crate) now: Timestamp,
}

/// Everything that one attempt, with some of the query's words, found.
struct Found {
    ranked: Vec<Ranked>,
    facets: FacetCounter,
    verdicts: VerdictCounts,
}

/// # Errors
/// [`SearchError::InvalidCursor`]
pub(crate) fn search(
    snapshot: &Snapshot,
    settings: &SearchSettings,
    request: &SearchRequest,
    now: Timestamp,
) -> Result<SearchAnswer, SearchError> {
    let digest = request_digest(request);
    let cursor = request
        .cursor
        .as_deref()
        .map(|token| Cursor::decode(token, digest, now))
        .transpose()?;
    // What a cursor can carry, so that later pages see the same instant.
    let now = cursor.as_ref().map_or_else(
        || Timestamp::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now),
        |cursor| cursor.now,
    );
    let search = Search {
        snapshot,
        settings,
        request,
        now,
    };
    Ok(search.answer(digest, cursor.as_ref()))
}

impl Search<'_> {
    fn answer(&self, digest: [u8; 8], cursor: Option<&Cursor>) -> SearchAnswer {
        let mut plan = QueryPlan::of(&self.request.query, self.settings, self.snapshot);
        let (found, relaxed) = self.relaxed(&mut plan);
        let order = self.order();
        let total = found.ranked.len() as u64;
        let (candidates, offset) = match cursor {
            Some(cursor) => {
                let behind = found.ranked.into_iter();
                let behind = behind.filter(|ranked| order.is_after(ranked, &cursor.last));
                (behind.collect::<Vec<_>>(), 0)
            }
            None => (found.ranked, self.request.offset),
        };
        let left = candidates.len();
        let limit = self.request.limit.min(MOST_HITS);
        let end = offset.saturating_add(limit);
        let best = order.best(candidates, end.min(left));
        let page = best.get(offset..).unwrap_or_default();
        let has_next = end < left;
        let next_cursor = page.last().filter(|_| has_next).map(|last| {
            let cursor = Cursor {
                request: digest,
                now: self.now,
                last: order.owned_key(last),
            };
            cursor.encode()
        });
        let mut answer = SearchAnswer {
            total,
            has_next,
            next_cursor,
            relaxed,
            facets: found.facets.finish(),
            verdicts: self.request.profile.as_ref().map(|_| found.verdicts),
            ..SearchAnswer::default()
        };
        self.write_hits(page, &plan, &mut answer);
        answer.corrected = plan.corrected;
        answer
    }

    /// Gives up words, the least informative first, until something is found; phrases that have synonyms come apart only
    /// when that does not help. When nothing helps, nothing was given up.
    fn relaxed(&self, plan: &mut QueryPlan) -> (Found, Vec<String>) {
        let whole = self.attempt(plan);
        if !whole.ranked.is_empty() {
            return (whole, Vec::new());
        }
        let mut ways = vec![plan.clone()];
        if plan.slots.iter().any(|slot| slot.typed.len() > 1) {
            ways.push(plan.apart());
        }
        for way in ways {
            if let Some((fewer, found, dropped)) = self.with_fewer_slots(way) {
                *plan = fewer;
                return (found, dropped);
            }
        }
        (whole, Vec::new())
    }

    /// The largest part of the plan that finds anything, and the words that are not in it.
    fn with_fewer_slots(&self, mut plan: QueryPlan) -> Option<(QueryPlan, Found, Vec<String>)> {
        let typed: Vec<Vec<String>> = plan.slots.iter().map(|slot| slot.typed.clone()).collect();
        let mut left: Vec<usize> = (0..typed.len()).collect();
        while plan.slots.len() > 1 {
            let at = plan.least_informative()?;
            plan.slots.remove(at);
            left.remove(at);
            let found = self.attempt(&plan);
            if !found.ranked.is_empty() {
                return Some((plan, found, dropped(typed, &left)));
            }
        }
        None
    }

    fn attempt(&self, plan: &QueryPlan) -> Found {
        let filters = &self.request.filters;
        let pass = FilterPass::of(filters, self.now);
        let order = self.order();
        let mut found = Found {
            ranked: Vec::new(),
            facets: FacetCounter::of(self.request.facets, filters.currency, order.today),
            verdicts: VerdictCounts::default(),
        };
        let scoring = Scoring::of(self.settings.text, self.snapshot);
        for (at, live) in self.snapshot.segments.iter().enumerate() {
            let mut consider = |document: u32, score: f32| {
                let place = Place {
                    segment: at as u32,
                    document,
                };
                let facts = &live.segment.facts[document as usize];
                if let Some(failures) = pass.failures(facts) {
                    self.take(place, facts, failures, score, &pass, &order, &mut found);
                }
            };
            if plan.slots.is_empty() {
                live.live_documents()
                    .for_each(|document| consider(document, 0.0));
            } else {
                let matcher = Matcher {
                    live,
                    scoring: &scoring,
                    settings: self.settings,
                };
                for (document, score) in matcher.all(plan) {
                    consider(document, score);
                }
            }
        }
        found
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one attempt, borrowed separately"
    )]
    fn take(
        &self,
        place: Place,
        facts: &Facts,
        failures: Failures,
        score: f32,
        pass: &FilterPass<'_>,
        order: &ResultOrder<'_>,
        found: &mut Found,
    ) {
        let passes = failures.is_empty();
        let counts_somewhere =
            passes || (failures.len() == 1 && failures.is_subset_of(self.request.facets));
        if !counts_somewhere {
            return;
        }
        let verdict = self
            .request
            .profile
            .as_ref()
            .map(|filter| (filter, filter.profile_verdict(facts)));
        if let Some((filter, verdict)) = verdict {
            if passes {
                count_verdict(&mut found.verdicts, verdict);
            }
            if !filter.verdicts.contains(verdict) {
                return;
            }
        }
        found.facets.add(facts, failures);
        if passes {
            let score = self.with_stated_values(score, facts, pass);
            let verdict: Option<Verdict> = verdict.map(|(_, verdict)| verdict);
            found
                .ranked
                .push(order.ranked(place, facts, score, verdict));
        }
    }

    fn with_stated_values(&self, score: f32, facts: &Facts, pass: &FilterPass<'_>) -> f32 {
        score + self.settings.text.stated_value * f32::from(pass.stated_values(facts))
    }

    fn order(&self) -> ResultOrder<'_> {
        let filters = &self.request.filters;
        ResultOrder {
            sort: self.request.sort,
            snapshot: self.snapshot,
            weights: self.settings.relevance,
            currency: filters.currency,
            today: domain::deadline::today(self.now),
            limits_amount: FilterPass::of(filters, self.now).limits_amount(),
        }
    }

    fn write_hits(&self, page: &[Ranked], plan: &QueryPlan, answer: &mut SearchAnswer) {
        let highlighter = self.request.highlight.then(|| Highlighter::of(plan));
        for ranked in page {
            let segment = &self.snapshot.segments[ranked.place.segment as usize].segment;
            let facts = self.snapshot.facts(ranked.place);
            let assessment = self
                .request
                .profile
                .as_ref()
                .map(|filter| Box::new(filter.explained(facts)));
            answer.hits.push(Hit {
                card: segment
                    .cards
                    .copy_to(ranked.place.document, &mut answer.cards),
                amount_known: facts.most_in(self.request.filters.currency).is_some(),
                expired: facts.is_expired(self.now),
                score: ranked.score,
                assessment,
                highlight: highlighter.as_ref().map_or_else(Vec::new, |highlighter| {
                    highlighter.fields(self.snapshot.card(ranked.place))
                }),
            });
        }
    }
}

/// The typed words of slots that are not in `left`. Words that were typed as one piece are one.
fn dropped(typed: Vec<Vec<String>>, left: &[usize]) -> Vec<String> {
    let slots = typed.into_iter().enumerate();
    let mut dropped: Vec<String> = slots
        .filter(|(at, _)| !left.contains(at))
        .flat_map(|(_, words)| words)
        .collect();
    dropped.dedup();
    dropped
}
