//! What one change in a student's profile would open.

use std::time::Instant;

use actix_web::{HttpResponse, post, web};
use domain::{Currency, ProfileDocument, ScholarshipId};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{Verdicts, json, milliseconds_since, personal_json};
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::parameters::NoParameters;
use crate::resources::recommendations::profile_of;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(unlocks);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UnlockRequest)]
pub(crate) struct UnlockBody {
    profile: ProfileDocument,
    /// Of the sums; amounts in other currencies count as unknown. USD when not given.
    currency: Option<Currency>,
}

#[derive(Serialize, ToSchema)]
struct Unlocks {
    /// Over all open scholarships, for the profile as it is.
    verdicts: Verdicts,
    /// Most money first, then most scholarships.
    unlocks: Vec<UnlockEntry>,
    /// Milliseconds that the answer took to make.
    took_ms: f64,
}

/// One change, with the scholarships that are ineligible now and would become eligible or possible.
#[derive(Serialize, ToSchema)]
#[schema(as = Unlock)]
struct UnlockEntry {
    #[schema(example = "min_gpa")]
    criterion: String,
    #[schema(example = "gpa")]
    profile_key: String,
    /// What the profile says now.
    from: Value,
    /// What it would have to say.
    to: Value,
    /// `eligible` and `possible` together.
    opens: u64,
    eligible: u64,
    possible: u64,
    /// Sum of the most that each pays, over those whose amount is known, in major units.
    #[schema(value_type = f64)]
    total_amount: Number,
    currency: Currency,
    unknown_amounts: u64,
    /// The dearest few.
    #[schema(max_items = 5)]
    examples: Vec<Example>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UnlockExample)]
struct Example {
    id: ScholarshipId,
    name: String,
}

/// Find what one change would open
///
/// Only changes that a student could bring about are proposed: grades, field, level, place, age, need, statuses and
/// memberships.
#[utoipa::path(tag = "Matching", request_body(content = UnlockBody, example = json!({"profile": {"gpa": 2.9, "field_of_study": "engineering", "state_of_residence": "NV"}})), responses((status = 200, description = "Single changes with what they open", body = Unlocks)))]
#[post("/api/v1/eligibility/unlocks")]
async fn unlocks(
    state: web::Data<ApiState>,
    _: NoParameters,
    body: JsonBody<UnlockBody>,
) -> Result<HttpResponse, ApiError> {
    Ok(personal_json(found(body.value, &state).await?))
}

/// The JSON of the changes that a JSON object asks for.
pub(crate) async fn found(body: UnlockBody, state: &ApiState) -> Result<Vec<u8>, ApiError> {
    let start = Instant::now();
    let currency = body.currency.unwrap_or(Currency::USD);
    let mut errors = Vec::new();
    let profile = profile_of(body.profile, "profile", &mut errors);
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    let known = profile.clone();
    let found = state
        .heavy(move |application| application.matching.unlocks(&known, currency))
        .await?;
    state.metrics.eligibility_checked();
    let entries = found.unlocks.into_iter().map(|unlock| UnlockEntry {
        criterion: unlock.change.criterion().to_string(),
        profile_key: unlock.change.profile_key(),
        from: unlock.change.present_value(&profile),
        to: unlock.change.value(),
        opens: unlock.eligible + unlock.possible,
        eligible: unlock.eligible,
        possible: unlock.possible,
        total_amount: currency.major_units(unlock.sum),
        currency,
        unknown_amounts: unlock.unknown_amounts,
        examples: unlock
            .examples
            .into_iter()
            .map(|(id, name)| Example { id, name })
            .collect(),
    });
    Ok(json(&Unlocks {
        unlocks: entries.collect(),
        verdicts: found.verdicts.into(),
        took_ms: milliseconds_since(start),
    }))
}
