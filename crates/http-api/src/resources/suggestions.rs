//! Completions as somebody types.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, get, web};
use ports::search_index::SuggestionKind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{ContentTag, json, milliseconds_since, tagged_json};
use crate::error::ApiError;
use crate::query::QueryReader;
use crate::state::ApiState;

const MAX_TYPED: usize = 100;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(suggestions);
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct SuggestionParameters {
    /// What was typed so far, 1 to 100 characters.
    #[param(min_length = 1, max_length = 100, example = "engin")]
    q: String,
    /// 8 when not given.
    #[param(minimum = 1, maximum = 20)]
    limit: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct Suggestions {
    data: Vec<SuggestionEntry>,
    /// Milliseconds that the answer took to make.
    took_ms: f64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Suggestion)]
struct SuggestionEntry {
    text: String,
    kind: SuggestionKind,
    /// How many open scholarships it stands for.
    count: u64,
}

/// What was typed (`q`), and how many answers are wanted (`limit`, `usual` when not given).
pub(crate) fn read_typed(reader: &mut QueryReader, usual: u64, most: u64) -> (String, usize) {
    let typed = reader.text("q").unwrap_or_default();
    let limit = reader.integer("limit").unwrap_or(usual);
    if typed.trim().is_empty() || typed.chars().count() > MAX_TYPED {
        reader.refuse(
            "q",
            format!("is required, with 1 to {MAX_TYPED} characters"),
        );
    }
    if !(1..=most).contains(&limit) {
        reader.refuse("limit", format!("must be a whole number from 1 to {most}"));
    }
    (typed, usize::try_from(limit).unwrap_or(1))
}

/// Complete what was typed
///
/// Completions come from open scholarships, with small typing errors forgiven.
#[utoipa::path(
    tag = "Catalogue",
    params(
        SuggestionParameters,
        ("If-None-Match" = Option<String>, Header, description = "ETag of the completions that are known already"),
    ),
    responses(
        (status = 200, description = "Completions, best first", body = Suggestions, headers(("ETag" = String, description = "Weak tag of these completions"))),
        (status = 304, description = "They are as known"),
    )
)]
#[get("/api/v1/search/suggestions")]
async fn suggestions(
    request: HttpRequest,
    state: web::Data<ApiState>,
) -> Result<HttpResponse, ApiError> {
    let start = Instant::now();
    let mut reader = QueryReader::new(request.query_string())?;
    let (typed, limit) = read_typed(&mut reader, 8, 20);
    reader.finish()?;
    let found = state.application.search.suggestions(&typed, limit);
    let entries = found.into_iter().map(|suggestion| SuggestionEntry {
        text: suggestion.text,
        kind: suggestion.kind,
        count: suggestion.count,
    });
    let data: Vec<SuggestionEntry> = entries.collect();
    let tag = ContentTag::of(&json(&data));
    let body = json(&Suggestions {
        data,
        took_ms: milliseconds_since(start),
    });
    Ok(tagged_json(&request, body, &tag))
}
