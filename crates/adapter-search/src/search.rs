//! One search from request to answer: plan, match, filter, count, order, and cut out the page.

use std::sync::Arc;

use domain::{TermSet, Timestamp, Verdict};
use ports::search_index::{
    FacetKind, Hit, SearchAnswer, SearchError, SearchRequest, SortOrder, VerdictCounts,
};

use crate::bit_set::bits;
use crate::buffers::Buffer;
use crate::candidates::{Candidates, Matcher};
use crate::contenders::{Contest, with_whole_name};
use crate::cursor::{Cursor, request_digest};
use crate::deadlines::DueDays;
use crate::facets::{FacetCounter, SegmentRows};
use crate::facts::currency_bits;
use crate::filters::{FilterPass, first_passing, limits_amount};
use crate::highlight::Highlighter;
use crate::matching::{Verdicts, count_verdict, explained, live_documents};
use crate::ordering::{Ranked, ResultOrder};
use crate::query::{PlanMark, QueryPlan};
use crate::relaxation::{Slots, relaxed, with_slots};
use crate::results::{Results, SegmentResults};
use crate::scoring::Shares;
use crate::segment::Segment;
use crate::settings::SearchSettings;
use crate::snapshot::{LiveSegment, Place, Snapshot};
use crate::top::Top;
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
    verdicts: Option<Verdicts<'a>>,
    /// Documents before this one do not pass.
    first: u32,
}

/// Everything that one attempt, with some of the query's words, found.
struct Found<'a> {
    results: Results<'a>,
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
                .map(|filter| Verdicts::of(&segment.criteria, &filter.profile)),
            first: first_passing(filters, segment, now),
        }
    }

    fn rows(&self) -> SegmentRows<'a> {
        SegmentRows {
            facts: &self.live.segment.facts,
            tables: &self.live.segment.tables,
            columns: &self.live.segment.columns,
            due: self.due,
        }
    }
}

impl<'a> Search<'a> {
    fn answer(&self, due: &[Arc<DueDays>], cursor: Option<&Cursor>) -> SearchAnswer {
        let mut plan = QueryPlan::of(&self.request.query, self.settings, self.snapshot);
        let (found, mark, dropped) = match cursor {
            Some(cursor) => self.found_as(&mut plan, &cursor.plan),
            None => self.found(&mut plan),
        };
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
        let whole = self.with_whole_name(&found);
        let total = found.results.len() as u64;
        let limit = self.request.limit.min(MOST_HITS);
        let in_order = |left: &Ranked, right: &Ranked| order.compare(left, right);
        let by_words = self.request.sort == SortOrder::Relevance && !plan.slots.is_empty();
        // With a cursor one more than the page, to tell whether there is a next one.
        let (offset, count) = match cursor {
            _ if limit == 0 => (0, 0),
            Some(_) => (0, limit + 1),
            None => {
                let offset = self.request.offset;
                let end = offset.saturating_add(limit);
                (offset, end.min(found.results.len()))
            }
        };
        let best = match cursor {
            _ if count == 0 => Vec::new(),
            Some(cursor) if by_words => contest.behind(&cursor.last, &found.results, &whole, count),
            None if by_words => contest.best(&found.results, &whole, count),
            _ => {
                let mut first = Top::new(count, in_order);
                found.results.each(|result| {
                    // Most are of a worse rank than what is there already: they need no key.
                    if first
                        .bound()
                        .is_some_and(|last| result.rank > last.key.rank)
                    {
                        return;
                    }
                    let ranked = order.ranked(result.place, result.rank, result.stated);
                    if cursor.is_none_or(|cursor| order.is_after(&ranked, &cursor.last)) {
                        first.offer(ranked);
                    }
                });
                first.finish()
            }
        };
        let page = best.get(offset..).unwrap_or_default();
        let page = &page[..page.len().min(limit)];
        let has_next = match cursor {
            Some(_) if limit > 0 => best.len() > limit,
            _ => offset.saturating_add(limit) < found.results.len(),
        };
        let next_cursor = page.last().filter(|_| has_next).map(|last| {
            let cursor = Cursor {
                request: request_digest(self.request),
                now: self.now,
                last: order.owned_key(last),
                plan: PlanMark {
                    weights: if by_words { mark.weights } else { Vec::new() },
                    ..mark
                },
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

    fn with_whole_name(&self, found: &Found<'_>) -> Vec<Place> {
        let parts = (0..).zip(self.parts.iter().zip(&found.terms));
        let mut whole: Vec<Place> = parts
            .flat_map(|(segment, (part, terms))| {
                let documents = with_whole_name(terms, &part.live.segment);
                documents
                    .into_iter()
                    .map(move |document| Place { segment, document })
            })
            .collect();
        whole.sort_unstable();
        whole
    }

    /// What matches the plan; if nothing does, what matches the most of it. Phrases that have synonyms come apart only when
    /// that does not help. When nothing helps, nothing was given up. Answers, too, what later pages have to know of the plan,
    /// and the words that were given up.
    fn found(&self, plan: &mut QueryPlan) -> (Found<'a>, PlanMark, Vec<String>) {
        let whole = self.attempt(plan);
        if !whole.results.is_empty() || plan.slots.is_empty() {
            return (whole, plan.mark(false, Slots::MAX), Vec::new());
        }
        let mut ways = vec![(false, plan.clone())];
        if plan.slots.iter().any(|slot| slot.typed.len() > 1) {
            ways.push((true, plan.apart()));
        }
        for (apart, way) in ways {
            let kept = relaxed(
                &way,
                self.snapshot,
                |segment| self.parts[segment].first,
                |segment, document| self.passes(segment, document),
            );
            if let Some(kept) = kept {
                let dropped;
                (*plan, dropped) = with_slots(&way, kept);
                return (self.attempt(plan), plan.mark(apart, kept), dropped);
            }
        }
        (whole, plan.mark(false, Slots::MAX), Vec::new())
    }

    /// What matches the plan as an earlier page had it.
    fn found_as(
        &self,
        plan: &mut QueryPlan,
        mark: &PlanMark,
    ) -> (Found<'a>, PlanMark, Vec<String>) {
        if mark.apart {
            *plan = plan.apart();
        }
        let (kept, dropped) = with_slots(plan, mark.kept);
        let dropped = if kept.slots.is_empty() {
            Vec::new()
        } else {
            *plan = kept;
            dropped
        };
        plan.weigh_as(mark);
        (self.attempt(plan), mark.clone(), dropped)
    }

    fn passes(&self, segment: usize, document: u32) -> bool {
        let part = &self.parts[segment];
        let facts = &part.live.segment.facts[document as usize];
        document >= part.first
            && part
                .pass
                .failures(facts)
                .is_some_and(|failed| failed.is_empty())
            && self
                .verdict(part, document)
                .is_none_or(|(_, is_wanted)| is_wanted)
    }

    /// With a profile: the verdict, and whether it is one of those that are asked for.
    fn verdict(&self, part: &Part<'_>, document: u32) -> Option<(Verdict, bool)> {
        let filter = self.request.profile.as_ref()?;
        let verdict = part.verdicts.as_ref()?.verdict(document);
        Some((verdict, filter.verdicts.contains(verdict)))
    }

    fn attempt(&self, plan: &QueryPlan) -> Found<'a> {
        let mut found = Found {
            results: Results::default(),
            facets: FacetCounter::of(self.request.facets, self.request.filters.currency),
            verdicts: VerdictCounts::default(),
            terms: Vec::with_capacity(self.parts.len()),
        };
        for part in &self.parts {
            if plan.slots.is_empty()
                && part.pass.lets_all_through()
                && self.request.profile.is_some()
            {
                let results = self.by_verdict(part, &mut found);
                found.results.segments.push(results);
                found.terms.push(QueryTerms::of(plan, &part.live.segment));
                continue;
            }
            let segment: &'a Segment = &part.live.segment;
            let terms = QueryTerms::of(plan, segment);
            let first = part.first;
            let candidates = if plan.slots.is_empty() {
                let mut documents = Buffer::new();
                documents.extend(first..segment.len());
                let mut all = Candidates::without_words(documents);
                if part.live.dead.count() > 0 {
                    all.retain(|document| part.live.is_live(document));
                }
                all
            } else {
                Matcher::of(part.live, first).all(&terms)
            };
            found.terms.push(terms);
            let results = self.filtered(part, candidates, &mut found);
            found.results.segments.push(results);
        }
        found
    }

    /// Everything of one segment that has a wanted verdict, the best verdicts first; it is counted.
    fn by_verdict(&self, part: &Part<'a>, found: &mut Found<'a>) -> SegmentResults<'a> {
        let (Some(filter), Some(verdicts)) = (&self.request.profile, &part.verdicts) else {
            return SegmentResults::default();
        };
        let live = live_documents(part.live, part.first);
        verdicts.count(&live, &mut found.verdicts);
        let mut documents = Buffer::new();
        let mut extras = Vec::new();
        for verdict in filter.verdicts.iter() {
            let wanted = verdicts.wanted(&live, TermSet::of(&[verdict]));
            documents.extend(bits(wanted));
            extras.resize(documents.len(), (self.rank(verdict as u8, false), 0));
        }
        found.facets.add_passing(part.rows(), &documents);
        SegmentResults {
            candidates: Candidates::without_words(documents),
            extras,
        }
    }

    /// What of one segment's candidates passes; it is counted.
    fn filtered(
        &self,
        part: &Part<'_>,
        mut candidates: Candidates<'a>,
        found: &mut Found<'a>,
    ) -> SegmentResults<'a> {
        let rows = part.rows();
        let mut extras = Vec::new();
        // By kind: what fails the filter of this kind alone, which counts for its facet.
        let mut failing: Vec<(FacetKind, Buffer)> = Vec::new();
        let passes_all = part.pass.lets_all_through() && self.request.profile.is_none();
        if !passes_all {
            let limits_amount = limits_amount(&self.request.filters);
            let currency = currency_bits(self.request.filters.currency) as u32;
            let stated_value = self.settings.text.stated_score();
            let judgements = part.pass.judge(rows, candidates.documents());
            let mut judgements = judgements.into_iter();
            candidates.retain(|document| {
                let Some(judgement) = judgements.next() else {
                    return false;
                };
                let only_failure = part.pass.only_failure(judgement);
                // Only that kind's own facet counts it.
                let only_failure = only_failure.filter(|kind| self.request.facets.contains(*kind));
                if !judgement.passes() && only_failure.is_none() {
                    return false;
                }
                let verdict = self.verdict(part, document);
                if let Some((verdict, is_wanted)) = verdict {
                    if judgement.passes() {
                        count_verdict(&mut found.verdicts, verdict);
                    }
                    if !is_wanted {
                        return false;
                    }
                }
                if let Some(kind) = only_failure {
                    match failing.iter_mut().find(|(known, _)| *known == kind) {
                        Some((_, documents)) => documents.push(document),
                        None => {
                            let mut documents = Buffer::new();
                            documents.push(document);
                            failing.push((kind, documents));
                        }
                    }
                    return false;
                }
                let unknown =
                    limits_amount && rows.facts[document as usize].most_in(currency).is_none();
                let verdict = verdict.map_or(0, |(verdict, _)| verdict as u8);
                extras.push((
                    self.rank(verdict, unknown),
                    stated_value * judgement.stated(),
                ));
                true
            });
        }
        for (kind, documents) in failing {
            found.facets.add(kind, rows, &documents);
        }
        found.facets.add_passing(rows, candidates.documents());
        SegmentResults { candidates, extras }
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
            let assessment =
                self.request.profile.as_ref().map(|filter| {
                    Box::new(explained(segment, ranked.place.document, &filter.profile))
                });
            answer.hits.push(Hit {
                card: segment
                    .cards
                    .copy_to(ranked.place.document, &mut answer.cards),
                amount_known: facts.most_in(currency).is_some(),
                expired: facts.is_expired(self.now),
                assessment,
                highlight: highlighter.as_ref().map_or_else(Vec::new, |highlighter| {
                    highlighter.fields(self.snapshot.card(ranked.place))
                }),
            });
        }
    }
}
