//! What the actions of tasks do: the same as the endpoints beside them, for somebody without a token.

use app::tasks::{TaskFailure, TaskRunner};
use async_trait::async_trait;
use domain::FieldError;
use domain::json_input::{JsonInputError, read_json};
use domain::task::{TaskAction, TaskError, TaskResult, TaskSpec};
use ports::search_index::SearchRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::caller::Anyone;
use crate::error::ApiError;
use crate::parameters::{FilterParameters, SearchParameters};
use crate::resources::analytics::{read_number_of_days, summary_of};
use crate::resources::eligibility::{self, CheckBody, Checking};
use crate::resources::recommendations::{self, RecommendationBody, Wish};
use crate::resources::search;
use crate::state::ApiState;

/// A search, as tasks ask for it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentSearch)]
pub(super) struct SearchPayload {
    /// Words to look for.
    #[schema(max_length = 500)]
    query: Option<String>,
    filters: Option<FilterParameters>,
    pagination: Option<Pagination>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentPagination)]
struct Pagination {
    /// 1 when not given; `page` times `size` is at most 10,000.
    #[schema(minimum = 1, maximum = 10_000)]
    page: Option<u64>,
    /// 20 when not given.
    #[schema(minimum = 1, maximum = 100)]
    size: Option<u64>,
}

/// A look at what happened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentAnalytics)]
pub(super) struct AnalyticsPayload {
    /// How many days to look back; 30 when not given.
    #[schema(minimum = 1, maximum = 400)]
    days: Option<i64>,
}

/// What a task asks for, checked.
pub(super) enum Payload {
    Search(Box<SearchRequest>),
    EligibilityCheck(Box<Checking>),
    Recommendations(Box<Wish>),
    Analytics(i64),
}

impl Payload {
    /// # Errors
    /// Everything that is wrong, by field.
    pub(super) fn read(action: TaskAction, text: &str) -> Result<Self, Vec<FieldError>> {
        match action {
            TaskAction::Search => {
                let payload: SearchPayload = typed(text)?;
                Ok(Self::Search(Box::new(payload.checked()?)))
            }
            TaskAction::EligibilityCheck => {
                let body: CheckBody = typed(text)?;
                let checking = body.checked_body().map_err(ApiError::into_fields)?;
                Ok(Self::EligibilityCheck(Box::new(checking)))
            }
            TaskAction::Recommendations => {
                let body: RecommendationBody = typed(text)?;
                let wish = body.checked_body().map_err(ApiError::into_fields)?;
                Ok(Self::Recommendations(Box::new(wish)))
            }
            TaskAction::Analytics => {
                let payload: AnalyticsPayload = typed(text)?;
                let days = read_number_of_days(payload.days);
                let days = days.map_err(|message| vec![FieldError::new("days", message)])?;
                Ok(Self::Analytics(days))
            }
        }
    }
}

/// As the body of an endpoint is read.
fn typed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Vec<FieldError>> {
    read_json(text.as_bytes()).map_err(|error| {
        vec![match error {
            JsonInputError::Field(field) => field,
            JsonInputError::Malformed { message, .. } => FieldError::new("", message),
        }]
    })
}

impl SearchPayload {
    fn checked(self) -> Result<SearchRequest, Vec<FieldError>> {
        let mut errors = Vec::new();
        // On their own, so that errors are named as they were sent.
        if let Some(filters) = self.filters.clone() {
            let mut wrong = Vec::new();
            drop(filters.into_filters(&mut wrong));
            errors.extend(wrong.into_iter().map(|error| error.below("filters")));
        }
        let Pagination { page, size } = self.pagination.unwrap_or_default();
        let (page, size) = (page.unwrap_or(1), size.unwrap_or(20));
        if !(1..=100).contains(&size) {
            errors.push(FieldError::new(
                "pagination.size",
                "must be a whole number from 1 to 100",
            ));
        }
        if page == 0 || page.saturating_mul(size) > 10_000 {
            let message = "must be 1 or more, and times size at most 10000";
            errors.push(FieldError::new("pagination.page", message));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let parameters = SearchParameters::page_of(
            self.query,
            self.filters.unwrap_or_default(),
            (page - 1) * size,
            size,
        );
        parameters.checked().map_err(ApiError::into_fields)
    }
}

/// Does what tasks ask for.
pub struct AgentActions(ApiState);

impl AgentActions {
    pub fn new(state: ApiState) -> Self {
        Self(state.for_tasks())
    }

    async fn answer(&self, payload: Payload) -> Result<Vec<u8>, ApiError> {
        let (state, nobody) = (&self.0, Anyone::ANONYMOUS);
        match payload {
            Payload::Search(request) => Ok(search::run(*request, state, &nobody).await?.body),
            Payload::EligibilityCheck(checking) => {
                eligibility::run(*checking, state, &nobody).await
            }
            Payload::Recommendations(wish) => recommendations::run(*wish, state, &nobody).await,
            Payload::Analytics(days) => summary_of(state, days).await,
        }
    }
}

#[async_trait]
impl TaskRunner for AgentActions {
    async fn run(&self, spec: &TaskSpec) -> Result<TaskResult, TaskFailure> {
        let payload = Payload::read(spec.action, spec.payload.as_str())
            .map_err(|errors| ApiError::invalid(errors).into_failure())?;
        let answer = self.answer(payload).await.map_err(ApiError::into_failure)?;
        let text = String::from_utf8(answer).unwrap_or_default();
        TaskResult::parse(text).map_err(|error| {
            let message = format!("the result {error}; ask for fewer at once");
            TaskFailure::Lasting(TaskError::new("RESULT_TOO_LARGE", &message))
        })
    }
}
