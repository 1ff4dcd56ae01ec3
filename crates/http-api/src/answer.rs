//! Bodies of answers: lists with their page, and results put together from ready cards.

mod facets;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::time::Instant;

use actix_web::http::header::{CACHE_CONTROL, ContentType, ETAG};
use actix_web::{HttpRequest, HttpResponse};
use ports::search_index::{Hit, SearchAnswer, SearchRequest, SortOrder, VerdictCounts};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use facets::FacetEntry;

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

/// 200 with results that anybody may see, or 304 to whom knows them already.
pub(crate) fn public_results(request: &HttpRequest, results: Results) -> HttpResponse {
    let mut response = if is_known(request, &results.entity_tag) {
        HttpResponse::NotModified()
            .insert_header((CACHE_CONTROL, "no-cache"))
            .finish()
    } else {
        public_json(results.body)
    };
    if let Ok(tag) = results.entity_tag.parse() {
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

/// The answer of a search.
pub(crate) struct Results {
    pub(crate) body: Vec<u8>,
    /// A weak one: equal where the results are, whenever and by whichever process they were found. Hashing what was found is
    /// cheaper than knowing of everything that decides it, as the time and each change of the catalogue.
    pub(crate) entity_tag: String,
}

/// Seeds of the hash of results, the same everywhere; any numbers do.
const TAG_SEEDS: [u64; 4] = [1, 2, 3, 4];

/// The whole answer of a search. Cards go in as they are; nothing is parsed.
pub(crate) fn results(answer: &SearchAnswer, request: &SearchRequest, start: Instant) -> Results {
    let [first, second, third, fourth] = TAG_SEEDS;
    let mut tag = ahash::RandomState::with_seeds(first, second, third, fourth).build_hasher();
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
    tag.write(&body);
    body.extend_from_slice(b"],\"page\":");
    let page = Page {
        total: answer.total,
        limit: request.limit,
        offset: request.cursor.is_none().then_some(request.offset),
        has_next: answer.has_next,
        next_cursor: answer.next_cursor.clone(),
    };
    append(&mut body, &page);
    // Not the page: its cursor differs each time.
    tag.write_u64(answer.total);
    tag.write_u8(u8::from(answer.has_next));
    let after_page = body.len();
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
    tag.write(&body[after_page..]);
    body.extend_from_slice(b",\"took_ms\":");
    append(&mut body, &milliseconds_since(start));
    body.push(b'}');
    Results {
        body,
        entity_tag: format!("W/\"{:016x}\"", tag.finish()),
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
