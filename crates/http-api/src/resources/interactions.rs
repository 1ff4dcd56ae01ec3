//! What students do with scholarships: recorded durably, shown to themselves, forgotten on request.

use std::collections::HashMap;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use app::interactions::{InteractionError, MOST_AT_ONCE, MOST_SHOWN, NewInteraction};
use domain::{FieldError, Interaction, InteractionKind, ScholarshipId, Term, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::answer::{List, Page, json, milliseconds_since, personal_json};
use crate::body::JsonBody;
use crate::caller::{Allowed, RecordInteractions};
use crate::error::ApiError;
use crate::idempotency;
use crate::parameters::NoParameters;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(record)
        .service(record_many)
        .service(mine)
        .service(forget);
}

/// An interaction to record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInteraction)]
struct InteractionBody {
    /// Made by the client: the same id again records nothing twice.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    id: Option<String>,
    kind: InteractionKind,
    scholarship_id: ScholarshipId,
    /// Now when not given; at most 30 days ago.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    occurred_at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInteractions)]
struct InteractionsBody {
    #[schema(min_items = 1, max_items = 500)]
    interactions: Vec<InteractionBody>,
}

/// What was recorded; it is durable.
#[derive(Serialize, ToSchema)]
struct Recorded {
    /// New ones.
    accepted: usize,
    /// Known already.
    duplicates: usize,
    /// In the order of the request.
    ids: Vec<String>,
}

/// A recorded interaction.
#[derive(Serialize, ToSchema)]
#[schema(as = Interaction)]
pub(crate) struct InteractionEntry {
    id: String,
    kind: InteractionKind,
    scholarship_id: ScholarshipId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    occurred_at: Timestamp,
}

impl From<Interaction> for InteractionEntry {
    fn from(interaction: Interaction) -> Self {
        Self {
            id: interaction.id,
            kind: interaction.kind,
            scholarship_id: interaction.scholarship_id,
            occurred_at: interaction.occurred_at,
        }
    }
}

/// Record an interaction
///
/// 202 means that it is durable. Without `id` one is made; with an `Idempotency-Key` it is derived from the key, so that a
/// repetition records nothing twice.
#[utoipa::path(
    tag = "Interactions",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    request_body(content = InteractionBody, example = json!({"id": "view-1", "kind": "view", "scholarship_id": "sch_8m3k1q"})),
    responses((status = 202, description = "Recorded", body = Recorded), (status = 403, description = "The role may not"))
)]
#[post("/api/v1/interactions")]
async fn record(
    request: HttpRequest,
    state: web::Data<ApiState>,
    student: Allowed<RecordInteractions>,
    _: NoParameters,
    body: JsonBody<InteractionBody>,
) -> Result<HttpResponse, ApiError> {
    let subject = &student.caller.subject;
    let outcome = store(&request, &state, subject, vec![body.value]).await?;
    outcome.map_err(|errors| {
        // The caller sent no list.
        let of_the_one = errors.into_iter().map(|mut error| {
            if let Some(field) = error.field.strip_prefix("interactions[0].") {
                error.field = field.to_owned();
            }
            error
        });
        ApiError::invalid(of_the_one.collect())
    })
}

/// Record up to 500 interactions
///
/// All or nothing. 202 means that they are durable.
#[utoipa::path(
    tag = "Interactions",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    request_body(content = InteractionsBody, example = json!({"interactions": [{"id": "save-1", "kind": "save", "scholarship_id": "sch_8m3k1q"}]})),
    responses((status = 202, description = "Recorded", body = Recorded), (status = 403, description = "The role may not"))
)]
#[post("/api/v1/interactions/bulk")]
async fn record_many(
    request: HttpRequest,
    state: web::Data<ApiState>,
    student: Allowed<RecordInteractions>,
    _: NoParameters,
    body: JsonBody<InteractionsBody>,
) -> Result<HttpResponse, ApiError> {
    let subject = &student.caller.subject;
    let outcome = store(&request, &state, subject, body.value.interactions).await?;
    outcome.map_err(ApiError::invalid)
}

/// Records; the inner error holds the fields that are wrong.
async fn store(
    request: &HttpRequest,
    state: &ApiState,
    subject: &str,
    given: Vec<InteractionBody>,
) -> Result<Result<HttpResponse, Vec<FieldError>>, ApiError> {
    let key = idempotency::key(request)?;
    if given.len() > MOST_AT_ONCE {
        let message = format!("must have 1 to {MOST_AT_ONCE} entries");
        return Ok(Err(vec![FieldError::new("interactions", message)]));
    }
    let new: Vec<NewInteraction> = given
        .into_iter()
        .enumerate()
        .map(|(place, body)| NewInteraction {
            id: body.id.unwrap_or_else(|| {
                key.map_or_else(
                    || Uuid::now_v7().to_string(),
                    |key| idempotency::derived_id(subject, key, place),
                )
            }),
            kind: body.kind,
            scholarship_id: body.scholarship_id,
            occurred_at: body.occurred_at,
        })
        .collect();
    let ids = new
        .iter()
        .map(|interaction| interaction.id.clone())
        .collect();
    let kinds: Vec<InteractionKind> = new.iter().map(|interaction| interaction.kind).collect();
    let novelty = match state.application.interactions.record(subject, new).await {
        Ok(novelty) => novelty,
        Err(InteractionError::Invalid(errors)) => return Ok(Err(errors)),
        Err(error) => return Err(error.into()),
    };
    let mut counts: HashMap<InteractionKind, u64> = HashMap::new();
    for (kind, _) in kinds.iter().zip(&novelty).filter(|(_, new)| **new) {
        *counts.entry(*kind).or_default() += 1;
    }
    for (kind, count) in counts {
        state.metrics.interactions_recorded(kind.code(), count);
        // A click on "apply" may come from anywhere, and says nothing of recommendations.
        if kind == InteractionKind::RecommendationClick {
            state.metrics.recommendations_clicked(count);
        }
    }
    let accepted = novelty.iter().filter(|new| **new).count();
    Ok(Ok(HttpResponse::Accepted().json(Recorded {
        accepted,
        duplicates: novelty.len() - accepted,
        ids,
    })))
}

/// Show what I did
///
/// The newest thousand, newest first.
#[utoipa::path(tag = "Interactions", responses((status = 200, description = "The caller's own interactions", body = List<InteractionEntry>), (status = 403, description = "The role may not")))]
#[get("/api/v1/interactions/mine")]
async fn mine(
    state: web::Data<ApiState>,
    student: Allowed<RecordInteractions>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let start = Instant::now();
    let interactions = &state.application.interactions;
    let mine = interactions.mine(&student.caller.subject).await?;
    Ok(personal_json(json(&List {
        page: Page::whole(mine.len(), MOST_SHOWN),
        data: mine.into_iter().map(InteractionEntry::from).collect(),
        took_ms: milliseconds_since(start),
    })))
}

#[derive(Serialize, ToSchema)]
struct Forgotten {
    /// Interactions that were deleted.
    deleted: u64,
}

/// Forget what I did
#[utoipa::path(tag = "Interactions", responses((status = 200, description = "Everything of the caller is deleted", body = Forgotten), (status = 403, description = "The role may not")))]
#[delete("/api/v1/interactions/mine")]
async fn forget(
    state: web::Data<ApiState>,
    student: Allowed<RecordInteractions>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let interactions = &state.application.interactions;
    let deleted = interactions.forget(&student.caller.subject).await?;
    Ok(personal_json(json(&Forgotten { deleted })))
}
