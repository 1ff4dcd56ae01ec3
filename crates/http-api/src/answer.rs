//! Bodies of answers: lists with their page, and results put together from ready cards.

mod facets;
mod filters;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use actix_web::http::header::{CACHE_CONTROL, ContentType, ETAG};
use actix_web::{HttpRequest, HttpResponse};
use domain::Timestamp;
use ports::search_index::{Hit, SearchAnswer, SearchRequest, SortOrder, VerdictCounts};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use facets::FacetEntry;
pub(crate) use filters::FilterEntry;

use crate::conditional::is_known;
use facets::append_facets;

/// Where in a list an answer stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page {
    /// All that match, exact.
    pub(crate) total: u64,
    pub(crate) limit: usize,
    /// Null when a cursor was used.
    #[schema(required)]
    pub(crate) offset: Option<usize>,
    /// Whether a further page can be asked for.
    pub(crate) has_next: bool,
    /// Give it as `cursor`, with the same parameters, for the next page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

impl Page {
    /// The only page of a list that has the best `limit` of `total`.
    pub(crate) fn best(total: u64, limit: usize) -> Self {
        Self {
            total,
            ..Self::whole(0, limit)
        }
    }

    /// The page of a list that always comes as a whole, up to `limit`.
    pub(crate) fn whole(length: usize, limit: usize) -> Self {
        Self {
            total: length as u64,
            limit,
            offset: Some(0),
            has_next: false,
            next_cursor: None,
        }
    }
}

/// A list of anything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    pub(crate) data: Vec<T>,
    pub(crate) page: Page,
    /// Milliseconds that the answer took to make.
    #[schema(minimum = 0)]
    pub(crate) took_ms: f64,
}

/// How many scholarships have each verdict.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verdicts {
    eligible: u64,
    possible: u64,
    ineligible: u64,
}

impl From<VerdictCounts> for Verdicts {
    fn from(counts: VerdictCounts) -> Self {
        Self {
            eligible: counts.eligible,
            possible: counts.possible,
            ineligible: counts.ineligible,
        }
    }
}

/// Milliseconds since `start`, to the microsecond.
#[expect(
    clippy::cast_precision_loss,
    reason = "requests take less than centuries"
)]
pub(crate) fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_micros() as f64 / 1000.0
}

/// 200 with a body that public caches may keep only to ask again.
pub(crate) fn public_json(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(body)
}

/// 200 with a body that anybody may see, or 304 to whom knows it already by its tag.
pub(crate) fn tagged_json(request: &HttpRequest, body: Vec<u8>, tag: &ContentTag) -> HttpResponse {
    let tag = tag.weak();
    let mut response = if is_known(request, &tag) {
        HttpResponse::NotModified()
            .insert_header((CACHE_CONTROL, "no-cache"))
            .finish()
    } else {
        public_json(body)
    };
    if let Ok(tag) = tag.parse() {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// 200 with a body about a person, which nobody may keep.
pub(crate) fn personal_json(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body)
}

/// The JSON of a value that cannot fail to have one: string keys only, and no failing implementations.
pub(crate) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut body = Vec::new();
    append(&mut body, value);
    body
}

/// Appends the JSON of a value.
pub(crate) fn append<T: Serialize + ?Sized>(body: &mut Vec<u8>, value: &T) {
    if let Err(error) = serde_json::to_writer(body, value) {
        tracing::error!(%error, "a value of an answer has no JSON form");
    }
}

/// Appends a ready card without its closing brace, so that further keys can follow.
pub(crate) fn append_open_card(body: &mut Vec<u8>, card: &[u8]) {
    body.extend_from_slice(card.strip_suffix(b"}").unwrap_or(card));
}

/// A tag of contents: equal where they are, by whichever process they were made. Hashing what was found is cheaper than
/// knowing of everything that decides it, as the time and each change of the catalogue.
#[derive(Default)]
pub(crate) struct ContentTag {
    checksum: crc32fast::Hasher,
    length: usize,
}

impl ContentTag {
    pub(crate) fn of(content: &[u8]) -> Self {
        let mut tag = Self::default();
        tag.add(content);
        tag
    }

    fn add(&mut self, content: &[u8]) {
        self.checksum.update(content);
        self.length += content.len();
    }

    fn weak(&self) -> String {
        let checksum = self.checksum.clone().finalize();
        format!("W/\"{checksum:08x}-{:x}\"", self.length)
    }
}

/// The answer of a search.
pub(crate) struct Results {
    pub(crate) body: Vec<u8>,
    /// Where in the body the page stands.
    page: Range<usize>,
    /// Where in the body it begins to tell how long it took.
    took: usize,
    total: u64,
    has_cursor: bool,
}

impl Results {
    /// Of all but the time it took, and the cursor, which differs each time. A cursor expires after a day, so whoever keeps
    /// results gets a new one after an hour at most.
    fn tag(&self, now: Timestamp) -> ContentTag {
        let mut tag = ContentTag::of(&self.body[..self.page.start]);
        tag.add(&self.body[self.page.end..self.took]);
        tag.add(&self.total.to_le_bytes());
        if self.has_cursor {
            tag.add(&now.timestamp().div_euclid(3_600).to_le_bytes());
        }
        tag
    }

    /// 200 with results that anybody may see, or 304 to whom knows them already.
    pub(crate) fn public(self, request: &HttpRequest, now: Timestamp) -> HttpResponse {
        let tag = self.tag(now);
        tagged_json(request, self.body, &tag)
    }
}

/// The whole answer of a search. Cards go in as they are; nothing is parsed.
pub(crate) fn results(answer: &SearchAnswer, request: &SearchRequest, start: Instant) -> Results {
    let facet_values: usize = answer.facets.iter().map(|facet| facet.values.len()).sum();
    let around = 512 + 64 * answer.hits.len() + 80 * facet_values;
    let mut body = Vec::with_capacity(answer.cards.len() + around);
    body.extend_from_slice(b"{\"data\":[");
    let amounts_matter = amounts_matter(request);
    for (at, hit) in answer.hits.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        append_hit(&mut body, answer, hit, amounts_matter);
    }
    body.extend_from_slice(b"],\"page\":");
    let page_start = body.len();
    let page = Page {
        total: answer.total,
        limit: request.limit,
        offset: request.cursor.is_none().then_some(request.offset),
        has_next: answer.has_next,
        next_cursor: answer.next_cursor.clone(),
    };
    append(&mut body, &page);
    let page = page_start..body.len();
    body.extend_from_slice(b",\"relaxed\":");
    append(&mut body, &answer.relaxed);
    body.extend_from_slice(b",\"corrected\":");
    let corrected: BTreeMap<&str, &str> = answer
        .corrected
        .iter()
        .map(|(typed, used)| (typed.as_str(), used.as_str()))
        .collect();
    append(&mut body, &corrected);
    if !request.facets.is_empty() {
        body.extend_from_slice(b",\"facets\":");
        append_facets(&mut body, &answer.facets, request.filters.currency);
    }
    if let Some(verdicts) = answer.verdicts {
        body.extend_from_slice(b",\"verdicts\":");
        append(&mut body, &Verdicts::from(verdicts));
    }
    let took = body.len();
    body.extend_from_slice(b",\"took_ms\":");
    append(&mut body, &milliseconds_since(start));
    body.push(b'}');
    Results {
        body,
        page,
        took,
        total: answer.total,
        has_cursor: answer.next_cursor.is_some(),
    }
}

fn append_hit(body: &mut Vec<u8>, answer: &SearchAnswer, hit: &Hit, amounts_matter: bool) {
    append_open_card(body, &answer.cards[hit.card.clone()]);
    body.extend_from_slice(if hit.expired {
        b",\"expired\":true"
    } else {
        b",\"expired\":false"
    });
    if amounts_matter {
        body.extend_from_slice(if hit.amount_known {
            b",\"amount_known\":true"
        } else {
            b",\"amount_known\":false"
        });
    }
    if let Some(assessment) = &hit.assessment {
        body.extend_from_slice(b",\"match\":");
        append(body, assessment);
    }
    if !hit.highlight.is_empty() {
        body.extend_from_slice(b",\"highlight\":");
        let highlight: BTreeMap<&str, &str> = hit
            .highlight
            .iter()
            .map(|(field, text)| (*field, text.as_str()))
            .collect();
        append(body, &highlight);
    }
    body.push(b'}');
}

/// Whether results are marked as of unknown amount: when amounts filter or order them.
fn amounts_matter(request: &SearchRequest) -> bool {
    request.filters.min_amount.is_some()
        || request.filters.max_amount.is_some()
        || matches!(
            request.sort,
            SortOrder::Amount | SortOrder::AmountDescending
        )
}
