//! One search from request to answer: plan, match, filter, count, order, and cut out the page.

use std::sync::Arc;

use domain::{Timestamp, Verdict};
use ports::search_index::{
    Hit, SearchAnswer, SearchError, SearchRequest, SortOrder, VerdictCounts,
};

use crate::candidates::{Candidates, Matcher};
use crate::contenders::{Contest, Kept};
use crate::cursor::{Cursor, request_digest};
use crate::deadlines::DueDays;
use crate::facets::{FacetCounter, SegmentRows};
use crate::facts::currency_bits;
use crate::filters::{FilterPass, limits_amount, wants_active_only, wants_open_only};
use crate::highlight::Highlighter;
use crate::matching::{Verdicts, count_verdict, explained};
use crate::ordering::{Ranked, ResultOrder};
use crate::query::QueryPlan;
use crate::relaxation::relaxed;
use crate::scoring::{Shares, in_units};
use crate::settings::SearchSettings;
use crate::snapshot::{LiveSegment, Place, Snapshot};
use crate::words_in_segment::QueryTerms;

const MOST_HITS: usize = 100;

/// A search of one snapshot at one instant.
struct Search<'a> {
    snapshot: &'a Snapshot,
    settings: &'a SearchSettings,
    request: &'a SearchRequest,
    now: Timestamp,
    /// By segment.
    parts: Vec<Part<'a>>,
}

/// What the request means in one segment.
struct Part<'a> {
    live: &'a LiveSegment,
    due: &'a DueDays,
    pass: FilterPass<'a>,
    verdicts: Option<Verdicts>,
    /// Documents before this one do not pass.
    first: u32,
}

/// Everything that one attempt, with some of the query's words, found.
struct Found {
    kept: Vec<Kept>,
    facets: FacetCounter,
    verdicts: VerdictCounts,
    /// By segment.
    terms: Vec<QueryTerms>,
}

/// # Errors
/// [`SearchError::InvalidCursor`]
pub(crate) fn search(
    snapshot: &Snapshot,
    settings: &SearchSettings,
    request: &SearchRequest,
    now: Timestamp,
) -> Result<SearchAnswer, SearchError> {
    let cursor = request
        .cursor
        .as_deref()
        .map(|token| Cursor::decode(token, request_digest(request), now))
        .transpose()?;
    // What a cursor can carry, so that later pages see the same instant.
    let now = cursor.as_ref().map_or_else(
        || Timestamp::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now),
        |cursor| cursor.now,
    );
    let today = domain::deadline::today(now);
    let due: Vec<Arc<DueDays>> = snapshot
        .segments
        .iter()
        .map(|live| live.segment.tables.deadlines.on(today))
        .collect();
    let parts = snapshot.segments.iter().zip(&due);
    let search = Search {
        snapshot,
        settings,
        request,
        now,
        parts: parts
            .map(|(live, due)| Part::of(live, due, request, now))
            .collect(),
    };
    Ok(search.answer(&due, cursor.as_ref()))
}

impl<'a> Part<'a> {
    fn of(
        live: &'a LiveSegment,
        due: &'a DueDays,
        request: &'a SearchRequest,
        now: Timestamp,
    ) -> Self {
        let (segment, filters) = (&live.segment, &request.filters);
        Self {
            live,
            due,
            pass: FilterPass::of(filters, now, &segment.tables, due),
            verdicts: request
                .profile
                .as_ref()
                .map(|filter| segment.criteria.verdicts(&filter.profile)),
            first: if wants_open_only(filters) {
                segment.first_open(now)
            } else if wants_active_only(filters) {
                segment.inactive
            } else {
                0
            },
        }
    }

    fn rows(&self) -> SegmentRows<'a> {
        SegmentRows {
            facts: &self.live.segment.facts,
            tables: &self.live.segment.tables,
            due: self.due,
        }
    }
}

impl Search<'_> {
    fn answer(&self, due: &[Arc<DueDays>], cursor: Option<&Cursor>) -> SearchAnswer {
        let mut plan = QueryPlan::of(&self.request.query, self.settings, self.snapshot);
        let (found, dropped) = self.found(&mut plan);
        let filters = &self.request.filters;
        let order = ResultOrder {
            sort: self.request.sort,
            snapshot: self.snapshot,
            due,
            weights: self.settings.relevance.in_order(),
            currency: currency_bits(filters.currency) as u32,
        };
        let contest = Contest {
            snapshot: self.snapshot,
            order: &order,
            shares: Shares::of(&self.settings.text),
            terms: &found.terms,
        };
        let total = found.kept.len() as u64;
        let limit = self.request.limit.min(MOST_HITS);
        let (best, offset, left) = match cursor {
            Some(cursor) => {
                let behind = contest.ranked(&found.kept).into_iter();
                let behind = behind.filter(|ranked| order.is_after(ranked, &cursor.last));
                let behind: Vec<Ranked> = behind.collect();
                let left = behind.len();
                (order.best(behind, limit.min(left)), 0, left)
            }
            None => {
                let (offset, left) = (self.request.offset, found.kept.len());
                let count = offset.saturating_add(limit).min(left);
                let best = if limit == 0 {
                    Vec::new()
                } else if self.request.sort == SortOrder::Relevance && !plan.slots.is_empty() {
                    contest.best(found.kept, count)
                } else {
                    order.best(contest.ranked(&found.kept), count)
                };
                (best, offset, left)
            }
        };
        let page = best.get(offset..).unwrap_or_default();
        let has_next = offset.saturating_add(limit) < left;
        let next_cursor = page.last().filter(|_| has_next).map(|last| {
            let cursor = Cursor {
                request: request_digest(self.request),
                now: self.now,
                last: order.owned_key(last),
            };
            cursor.encode()
        });
        let mut answer = SearchAnswer {
            total,
            has_next,
            next_cursor,
            relaxed: dropped,
            facets: found.facets.finish(),
            verdicts: self.request.profile.as_ref().map(|_| found.verdicts),
            ..SearchAnswer::default()
        };
        self.write_hits(page, &plan, &mut answer);
        answer.corrected = plan.corrected;
        answer
    }

    /// What matches the plan; if nothing does, what matches the most of it. Phrases that have synonyms come apart only when
    /// that does not help. When nothing helps, nothing was given up.
    fn found(&self, plan: &mut QueryPlan) -> (Found, Vec<String>) {
        let whole = self.attempt(plan);
        if !whole.kept.is_empty() || plan.slots.is_empty() {
            return (whole, Vec::new());
        }
        let mut ways = vec![plan.clone()];
        if plan.slots.iter().any(|slot| slot.typed.len() > 1) {
            ways.push(plan.apart());
        }
        for way in ways {
            let fewer = relaxed(
                &way,
                self.snapshot,
                |segment| self.parts[segment].first,
                |segment, document| self.passes(segment, document),
            );
            if let Some((fewer, dropped)) = fewer {
                *plan = fewer;
                return (self.attempt(plan), dropped);
            }
        }
        (whole, Vec::new())
    }

    fn passes(&self, segment: usize, document: u32) -> bool {
        let part = &self.parts[segment];
        let facts = &part.live.segment.facts[document as usize];
        document >= part.first
            && part.pass.failures(facts).is_some_and(|failed| failed.is_empty())
            && self
                .verdict(part, document)
                .is_none_or(|(_, is_wanted)| is_wanted)
    }

    /// With a profile: the verdict, and whether it is one of those that are asked for.
    fn verdict(&self, part: &Part<'_>, document: u32) -> Option<(Verdict, bool)> {
        let filter = self.request.profile.as_ref()?;
        let verdict = part.verdicts.as_ref()?.of(document);
        Some((verdict, filter.verdicts.contains(verdict)))
    }

    fn attempt(&self, plan: &QueryPlan) -> Found {
        let mut found = Found {
            kept: Vec::new(),
            facets: FacetCounter::of(self.request.facets, self.request.filters.currency),
            verdicts: VerdictCounts::default(),
            terms: Vec::with_capacity(self.parts.len()),
        };
        for (at, part) in (0..).zip(&self.parts) {
            let segment = &part.live.segment;
            let terms = QueryTerms::of(plan, segment);
            let first = part.first;
            let mut candidates = if plan.slots.is_empty() {
                let documents: Vec<u32> = (first..segment.len()).collect();
                Candidates {
                    sums: vec![0; documents.len()],
                    documents,
                }
            } else {
                Matcher { segment, first }.all(&terms)
            };
            found.terms.push(terms);
            if part.live.dead.count() > 0 {
                candidates.retain(|document| part.live.is_live(document));
            }
            self.take(at, part, &candidates, &mut found);
        }
        found
    }

    /// Filters and counts the candidates of one segment.
    fn take(&self, number: u32, part: &Part<'_>, candidates: &Candidates, found: &mut Found) {
        let passes_all = part.pass.lets_all_open_through() && self.request.profile.is_none();
        let limits_amount = limits_amount(&self.request.filters);
        let currency = currency_bits(self.request.filters.currency) as u32;
        let stated_value = self.settings.text.stated_score();
        let rows = part.rows();
        let mut passing: Vec<u32> = Vec::new();
        found.kept.reserve(candidates.documents.len());
        for (document, sum) in candidates.documents.iter().zip(&candidates.sums) {
            let place = Place {
                segment: number,
                document: *document,
            };
            if passes_all {
                found.kept.push(Kept {
                    place,
                    rank: 0,
                    sum: *sum,
                    stated: 0,
                });
                continue;
            }
            let facts = &rows.facts[*document as usize];
            let Some(failures) = part.pass.failures(facts) else {
                continue;
            };
            let passes = failures.is_empty();
            if failures.len() > 1 {
                continue;
            }
            let verdict = self.verdict(part, *document);
            if let Some((verdict, is_wanted)) = verdict {
                if passes {
                    count_verdict(&mut found.verdicts, verdict);
                }
                if !is_wanted {
                    continue;
                }
            }
            if !passes {
                found.facets.add_failing(rows, *document, failures);
                continue;
            }
            passing.push(*document);
            let unknown = limits_amount && facts.most_in(currency).is_none();
            let verdict = verdict.map_or(0, |(verdict, _)| verdict as u8);
            found.kept.push(Kept {
                place,
                rank: self.rank(verdict, unknown),
                sum: *sum,
                stated: stated_value * part.pass.stated_values(facts),
            });
        }
        let passing = if passes_all {
            &candidates.documents
        } else {
            &passing
        };
        found.facets.add_passing(rows, passing);
    }

    /// What comes before every number of an order: of relevance, eligible scholarships of unknown amount still come before
    /// possible ones.
    fn rank(&self, verdict: u8, amount_is_unknown: bool) -> u8 {
        let unknown = u8::from(amount_is_unknown);
        if self.request.sort == SortOrder::Relevance {
            2 * verdict + unknown
        } else {
            unknown
        }
    }

    fn write_hits(&self, page: &[Ranked], plan: &QueryPlan, answer: &mut SearchAnswer) {
        let highlighter = self.request.highlight.then(|| Highlighter::of(plan));
        let currency = currency_bits(self.request.filters.currency) as u32;
        let cards = page.iter().map(|ranked| self.snapshot.card(ranked.place));
        answer.cards.reserve(cards.map(<[u8]>::len).sum());
        answer.hits.reserve(page.len());
        for ranked in page {
            let segment = &self.snapshot.segments[ranked.place.segment as usize].segment;
            let facts = self.snapshot.facts(ranked.place);
            let assessment = self
                .request
                .profile
                .as_ref()
                .map(|filter| Box::new(explained(segment, ranked.place.document, &filter.profile)));
            answer.hits.push(Hit {
                card: segment
                    .cards
                    .copy_to(ranked.place.document, &mut answer.cards),
                amount_known: facts.most_in(currency).is_some(),
                expired: facts.is_expired(self.now),
                score: in_units(ranked.score),
                assessment,
                highlight: highlighter.as_ref().map_or_else(Vec::new, |highlighter| {
                    highlighter.fields(self.snapshot.card(ranked.place))
                }),
            });
        }
    }
}
