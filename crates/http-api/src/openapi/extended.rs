//! Schemas of results: a scholarship with what the answer adds to it. The bodies are put together from ready cards, so these
//! types only describe them.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::{Assessment, ScholarshipDocument};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::answer::{FacetEntry, Page, Verdicts};

type Schemas = Vec<(String, RefOr<Schema>)>;

/// A page of results.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body; it is put together from ready cards"
)]
pub(crate) struct SearchResults {
    data: Vec<FoundScholarship>,
    page: Page,
    /// Words that were dropped to find anything.
    relaxed: Vec<String>,
    /// Words as typed, with the words that were used instead.
    corrected: HashMap<String, String>,
    /// By kind, when asked for.
    #[schema(required = false)]
    facets: HashMap<String, Vec<FacetEntry>>,
    /// With a profile: over everything that the query and the filters leave.
    #[schema(required = false)]
    verdicts: Verdicts,
    /// Milliseconds that the answer took to make.
    #[schema(minimum = 0)]
    took_ms: f64,
}

/// A scholarship found by a search.
pub(crate) struct FoundScholarship;

impl PartialSchema for FoundScholarship {
    fn schema() -> RefOr<Schema> {
        let truth = || ObjectBuilder::new().schema_type(Type::Boolean);
        let text = ObjectBuilder::new().schema_type(Type::String);
        let mut scholarship = scholarship();
        let expired = truth().description(Some("A fixed deadline has passed."));
        let known = truth().description(Some(
            "With a filter or order by amount: whether the amount is known in its currency.",
        ));
        let highlight = ObjectBuilder::new()
            .description(Some("Safe HTML by field, with `<em>` around matches."))
            .additional_properties(Some(text));
        for (name, schema) in [
            ("expired", RefOr::from(expired)),
            ("amount_known", known.into()),
            ("match", assessment()),
            ("highlight", highlight.into()),
        ] {
            scholarship.properties.insert(name.to_owned(), schema);
        }
        scholarship.required.push("expired".to_owned());
        RefOr::T(Schema::Object(scholarship))
    }
}

impl ToSchema for FoundScholarship {
    fn name() -> Cow<'static, str> {
        "FoundScholarship".into()
    }

    fn schemas(schemas: &mut Schemas) {
        of_parts(schemas);
    }
}

/// A scholarship recommended to a student.
pub(crate) struct RecommendedScholarship;

/// Why it is recommended.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a part of the body")]
struct RecommendationScore {
    /// 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
    /// In falling order of their contribution.
    components: Vec<domain::recommendation::Component>,
}

impl PartialSchema for RecommendedScholarship {
    fn schema() -> RefOr<Schema> {
        let mut scholarship = scholarship();
        let score = Ref::from_schema_name(RecommendationScore::name());
        for (name, schema) in [("match", assessment()), ("recommendation", score.into())] {
            scholarship.properties.insert(name.to_owned(), schema);
            scholarship.required.push(name.to_owned());
        }
        RefOr::T(Schema::Object(scholarship))
    }
}

impl ToSchema for RecommendedScholarship {
    fn name() -> Cow<'static, str> {
        "RecommendedScholarship".into()
    }

    fn schemas(schemas: &mut Schemas) {
        of_parts(schemas);
        with_parts::<RecommendationScore>(schemas);
    }
}

/// The scholarship's own keys.
fn scholarship() -> Object {
    match ScholarshipDocument::schema() {
        RefOr::T(Schema::Object(mut object)) => {
            object.description = None;
            object
        }
        _ => Object::new(),
    }
}

fn assessment() -> RefOr<Schema> {
    Ref::from_schema_name(Assessment::name()).into()
}

fn of_parts(schemas: &mut Schemas) {
    ScholarshipDocument::schemas(schemas);
    with_parts::<Assessment>(schemas);
}

fn with_parts<T: ToSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}
