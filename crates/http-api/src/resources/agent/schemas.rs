//! What agents may ask for, with JSON Schemas that come from the types themselves.

use std::sync::LazyLock;

use domain::task::TaskAction;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::actions::{AnalyticsPayload, SearchPayload};
use crate::openapi::SearchResults;
use crate::resources::analytics::SummaryBody;
use crate::resources::eligibility::{CheckBody, Checks};
use crate::resources::recommendations::{RecommendationBody, Recommendations};

/// Of the envelope of tasks and their answers.
const PROTOCOL: &str = "1.0";

#[derive(Serialize, ToSchema)]
#[schema(as = AgentCapabilities)]
pub(super) struct Capabilities {
    #[schema(example = "scholarship_api")]
    agent: &'static str,
    version: String,
    /// Changes when the envelope of tasks and answers does.
    protocol_version: &'static str,
    capabilities: &'static [Capability],
}

#[derive(Serialize, ToSchema)]
#[schema(as = AgentCapability)]
struct Capability {
    action: TaskAction,
    description: &'static str,
    /// JSON Schema 2020-12 of `payload`.
    #[schema(value_type = Object)]
    payload_schema: Value,
    /// JSON Schema 2020-12 of `result`.
    #[schema(value_type = Object)]
    result_schema: Value,
}

pub(super) fn capabilities_of(version: &str) -> Capabilities {
    Capabilities {
        agent: "scholarship_api",
        version: version.to_owned(),
        protocol_version: PROTOCOL,
        capabilities: &CAPABILITIES,
    }
}

/// Made once: every schema is gathered out of many types.
static CAPABILITIES: LazyLock<Vec<Capability>> = LazyLock::new(|| {
    let capability = |action, description, payload_schema, result_schema| Capability {
        action,
        description,
        payload_schema,
        result_schema,
    };
    vec![
        capability(
            TaskAction::Search,
            "Finds scholarships by words and filters, as GET /api/v1/search does.",
            schema_of::<SearchPayload>(),
            schema_of::<SearchResults>(),
        ),
        capability(
            TaskAction::EligibilityCheck,
            "Says for each scholarship whether a student may get it, criterion by criterion.",
            schema_of::<CheckBody>(),
            schema_of::<Checks>(),
        ),
        capability(
            TaskAction::Recommendations,
            "Ranks scholarships for a student, with reasons.",
            schema_of::<RecommendationBody>(),
            schema_of::<Recommendations>(),
        ),
        capability(
            TaskAction::Analytics,
            "Totals of the last days: searches, interactions, the catalogue.",
            schema_of::<AnalyticsPayload>(),
            schema_of::<SummaryBody>(),
        ),
    ]
});

/// The JSON Schema of a type with everything that it refers to.
fn schema_of<T: ToSchema>() -> Value {
    let mut named = Vec::new();
    T::schemas(&mut named);
    let definitions: Map<String, Value> = named
        .into_iter()
        .map(|(name, schema)| (name, local(json!(schema))))
        .collect();
    let mut schema = local(json!(T::schema()));
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        object.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// With references into the schema itself instead of into a description of a whole API.
fn local(schema: Value) -> Value {
    match schema {
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| match value {
                Value::String(path) if key == "$ref" => {
                    let path = path.replace("#/components/schemas/", "#/$defs/");
                    (key, Value::String(path))
                }
                value => (key, local(value)),
            });
            Value::Object(entries.collect())
        }
        Value::Array(entries) => Value::Array(entries.into_iter().map(local).collect()),
        value => value,
    }
}
