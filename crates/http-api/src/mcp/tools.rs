//! The tools: their names, what they say of themselves, and which endpoint's work each does.

use std::sync::{Arc, LazyLock};

use domain::ScholarshipDocument;
use domain::json_input::read_value;
use rmcp::model::{JsonObject, Tool as ToolDescription, ToolAnnotations};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schemas::Schemas;
use crate::answer::json;
use crate::caller::Anyone;
use crate::error::ApiError;
use crate::openapi::openapi;
use crate::parameters::SearchParameters;
use crate::resources::eligibility::{self, CheckBody};
use crate::resources::recommendations::{self, RecommendationBody};
use crate::resources::{scholarships, search, unlocks};
use crate::state::ApiState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    SearchScholarships,
    GetScholarship,
    CheckEligibility,
    RecommendScholarships,
    FindUnlocks,
}

/// In the order of [`Tool::ALL`].
static DESCRIPTIONS: LazyLock<Vec<ToolDescription>> = LazyLock::new(|| {
    let schemas = Schemas::of(&openapi());
    let describe = |tool: &Tool| tool.described_by(&schemas);
    Tool::ALL.iter().map(describe).collect()
});

/// The key of one scholarship, which REST has in the path.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    id: String,
}

impl Tool {
    pub(super) const ALL: [Self; 5] = [
        Self::SearchScholarships,
        Self::GetScholarship,
        Self::CheckEligibility,
        Self::RecommendScholarships,
        Self::FindUnlocks,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SearchScholarships => "search_scholarships",
            Self::GetScholarship => "get_scholarship",
            Self::CheckEligibility => "check_eligibility",
            Self::RecommendScholarships => "recommend_scholarships",
            Self::FindUnlocks => "find_unlocks",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SearchScholarships => "Search scholarships",
            Self::GetScholarship => "Read a scholarship",
            Self::CheckEligibility => "Check eligibility",
            Self::RecommendScholarships => "Recommend scholarships",
            Self::FindUnlocks => "Find what one change would open",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::SearchScholarships => {
                "Searches open scholarships by words and filters, all optional. With a profile, only what the student is, or may be, \
                 eligible for comes back, each result with its verdict. Words that find nothing are dropped and named in `relaxed`, \
                 misspelt ones are named in `corrected`. Results come in pages: `limit`, and `offset` or the `cursor` of the page \
                 before, with all else the same."
            }
            Self::GetScholarship => "Reads everything that is known of one scholarship.",
            Self::CheckEligibility => {
                "Tells whether a student may get scholarships, criterion by criterion: eligible, possible (nothing against it, \
                 something unknown) or ineligible. With `scholarship_ids` (1 to 50) in their order; without, over the whole catalogue \
                 in pages, eligible ones first: `limit`, and `offset` or the `cursor` of the page before, with the same profile."
            }
            Self::RecommendScholarships => {
                "Ranks open scholarships for a student by fit, field, amount, deadline, need and popularity, and says why. The best \
                 `limit` come; there are no further pages."
            }
            Self::FindUnlocks => {
                "Finds which single change in a student's profile, such as a higher GPA or another field, would open which \
                 scholarships, and for how much money."
            }
        }
    }

    /// Method and path of the operation whose work the tool does.
    fn operation(self) -> (&'static str, &'static str) {
        match self {
            Self::SearchScholarships => ("post", "/api/v1/search"),
            Self::GetScholarship => ("get", "/api/v1/scholarships/{id}"),
            Self::CheckEligibility => ("post", "/api/v1/eligibility/check"),
            Self::RecommendScholarships => ("post", "/api/v1/recommendations"),
            Self::FindUnlocks => ("post", "/api/v1/eligibility/unlocks"),
        }
    }

    /// As clients are told.
    pub(super) fn description(self) -> &'static ToolDescription {
        &DESCRIPTIONS[self as usize]
    }

    fn described_by(self, schemas: &Schemas) -> ToolDescription {
        let (method, path) = self.operation();
        let annotations = ToolAnnotations::with_title(self.title())
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(false);
        ToolDescription::new(self.name(), self.text(), schemas.input(method, path))
            .with_title(self.title())
            .with_raw_output_schema(Arc::new(schemas.output(method, path)))
            .with_annotations(annotations)
    }

    /// The JSON that the endpoint answers with.
    ///
    /// # Errors
    /// Those of the endpoint.
    pub(super) async fn call(
        self,
        arguments: JsonObject,
        state: &ApiState,
        caller: &Anyone,
    ) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::SearchScholarships => {
                let request = read::<SearchParameters>(arguments)?.checked()?;
                Ok(search::run(request, state, caller).await?.body)
            }
            Self::GetScholarship => {
                let lookup: Lookup = read(arguments)?;
                let scholarship = scholarships::visible(&lookup.id, state, caller)?;
                Ok(json(&ScholarshipDocument::from(&scholarship)))
            }
            Self::CheckEligibility => {
                let checking = read::<CheckBody>(arguments)?.checked_body()?;
                eligibility::run(checking, state, caller).await
            }
            Self::RecommendScholarships => {
                let wish = read::<RecommendationBody>(arguments)?.checked_body()?;
                recommendations::run(wish, state, caller).await
            }
            Self::FindUnlocks => unlocks::found(read(arguments)?, state).await,
        }
    }
}

fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ApiError> {
    Ok(read_value(Value::Object(arguments))?)
}
