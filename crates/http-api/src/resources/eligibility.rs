//! Whether a student may get scholarships, criterion by criterion.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use app::matching::{Check, CheckPage};
use domain::document::DeadlineDocument;
use domain::{
    CriterionResult, Currency, FieldError, ProfileDocument, ScholarshipId, StudentProfile, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::{Page, Verdicts, json, milliseconds_since, personal_json};
use crate::body::JsonBody;
use crate::caller::Anyone;
use crate::error::ApiError;
use crate::parameters::{
    NoParameters, ProfileParameters, checked_limit, checked_offset, read_profile,
};
use crate::query::QueryReader;
use crate::resources::recommendations::profile_of;
use crate::state::ApiState;
use ports::search_index::VerdictCounts;

/// Scholarships in one check.
const MAX_IDS: usize = 50;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(check_by_query).service(check_with_body);
}

/// A check of one student against some scholarships, or all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EligibilityCheck)]
pub(crate) struct CheckBody {
    profile: ProfileDocument,
    /// Without it: the whole catalogue, in pages.
    #[schema(min_items = 1, max_items = 50)]
    scholarship_ids: Option<Vec<String>>,
    /// 20 when not given; without `scholarship_ids` only.
    #[schema(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    #[schema(minimum = 0, maximum = 10_000)]
    offset: Option<u64>,
    /// `page.next_cursor` of the page before, with the same profile.
    cursor: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct CheckParameters {
    /// Without it: the whole catalogue, in pages.
    #[param(min_items = 1, max_items = 50)]
    scholarship_ids: Option<Vec<ScholarshipId>>,
    /// 20 when not given; without `scholarship_ids` only.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    #[param(minimum = 0, maximum = 10_000)]
    offset: Option<u64>,
    /// `page.next_cursor` of the page before, with the same profile.
    cursor: Option<String>,
}

/// The verdicts for one student.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checks {
    data: Vec<CheckEntry>,
    page: Page,
    /// Over all ids of the check, or over all open scholarships.
    verdicts: Verdicts,
    /// Milliseconds that the answer took to make.
    took_ms: f64,
}

/// The verdict for one scholarship; one that is not there only has its id and the verdict `not_found`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = EligibilityEntry)]
pub(crate) enum CheckEntry {
    Assessed(Box<AssessedEntry>),
    NotFound(NotFoundEntry),
}

#[derive(Serialize, ToSchema)]
#[schema(as = AssessedScholarship)]
pub(crate) struct AssessedEntry {
    scholarship_id: ScholarshipId,
    name: String,
    organization: String,
    /// The most that one student can get, in major units of `currency`; null when unknown.
    #[schema(value_type = Option<f64>, required)]
    amount: Option<Number>,
    currency: Currency,
    /// The last instant to apply, for fixed deadlines.
    #[schema(required)]
    application_deadline: Option<String>,
    #[schema(required)]
    deadline: Option<DeadlineDocument>,
    expired: bool,
    verdict: Verdict,
    /// 0 to 1: the weighted share of criteria that are met.
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
    criteria: Vec<CriterionResult>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UnknownScholarship)]
pub(crate) struct NotFoundEntry {
    #[schema(example = "sch_unknown")]
    scholarship_id: String,
    #[schema(pattern = "^not_found$")]
    verdict: &'static str,
}

impl NotFoundEntry {
    pub(crate) fn of(id: &ScholarshipId) -> Self {
        Self {
            scholarship_id: id.to_string(),
            verdict: "not_found",
        }
    }
}

/// A check, read and checked.
pub(crate) struct Checking {
    profile: StudentProfile,
    ids: Option<Vec<ScholarshipId>>,
    limit: usize,
    offset: usize,
    cursor: Option<String>,
}

impl CheckBody {
    /// As a body has it.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with everything that is wrong.
    pub(crate) fn checked_body(self) -> Result<Checking, ApiError> {
        let mut errors = Vec::new();
        let checking = self.checked("profile", &mut errors);
        if errors.is_empty() {
            Ok(checking)
        } else {
            Err(ApiError::invalid(errors))
        }
    }

    /// `profile` is the field under which errors of the profile are named.
    fn checked(self, profile: &str, errors: &mut Vec<FieldError>) -> Checking {
        let profile = profile_of(self.profile, profile, errors);
        let paged = self.limit.is_some() || self.offset.is_some() || self.cursor.is_some();
        if self.scholarship_ids.is_some() && paged {
            let message = "goes without limit, offset and cursor: its answer is one page";
            errors.push(FieldError::new("scholarship_ids", message));
        }
        Checking {
            profile,
            ids: self
                .scholarship_ids
                .map(|ids| checked_ids(&ids, MAX_IDS, errors)),
            limit: checked_limit(self.limit, errors),
            offset: checked_offset(self.offset, self.cursor.as_deref(), errors),
            cursor: self.cursor,
        }
    }
}

/// The ids, 1 to `most` of them.
pub(crate) fn checked_ids(
    ids: &[String],
    most: usize,
    errors: &mut Vec<FieldError>,
) -> Vec<ScholarshipId> {
    if ids.is_empty() || ids.len() > most {
        let message = format!("must have 1 to {most} ids");
        errors.push(FieldError::new("scholarship_ids", message));
        return Vec::new();
    }
    let mut parsed = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        match ScholarshipId::parse(id) {
            Ok(id) => parsed.push(id),
            Err(error) => {
                errors.push(FieldError::new(
                    format!("scholarship_ids[{at}]"),
                    error.to_string(),
                ));
            }
        }
    }
    parsed
}

/// Check eligibility by query parameters
#[utoipa::path(tag = "Matching", params(CheckParameters, ProfileParameters), responses((status = 200, description = "A verdict for each scholarship", body = Checks)))]
#[get("/api/v1/eligibility/check")]
async fn check_by_query(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let ids = reader.list("scholarship_ids", "an id", |word| Some(word.to_owned()));
    let body = CheckBody {
        profile: read_profile(&mut reader),
        scholarship_ids: (!ids.is_empty()).then_some(ids),
        limit: reader.integer("limit"),
        offset: reader.integer("offset"),
        cursor: reader.text("cursor"),
    };
    let checking = body.checked("", &mut reader.errors);
    reader.finish()?;
    Ok(personal_json(run(checking, &state, &caller).await?))
}

/// Check eligibility
///
/// Every criterion is explained. With `scholarship_ids` (1 to 50) the answer follows their order; without, it goes over all
/// open scholarships: eligible ones first, then possible ones, then ineligible ones. Profiles are neither stored nor logged.
#[utoipa::path(tag = "Matching", request_body(content = CheckBody, example = json!({"profile": {"gpa": 3.4, "grade_level": "undergraduate_junior", "field_of_study": "engineering", "citizenship": "us_citizen", "state_of_residence": "NV", "age": 20, "attributes": {"first_generation": true}}, "limit": 10})), responses((status = 200, description = "A verdict for each scholarship", body = Checks)))]
#[post("/api/v1/eligibility/check")]
async fn check_with_body(
    state: web::Data<ApiState>,
    caller: Anyone,
    _: NoParameters,
    body: JsonBody<CheckBody>,
) -> Result<HttpResponse, ApiError> {
    let checking = body.value.checked_body()?;
    let checked = run(checking, &state, &caller).await?;
    Ok(personal_json(checked))
}

/// The verdicts as JSON, by whichever way they were asked for.
///
/// # Errors
/// `INVALID_CURSOR`, `OVERLOADED`.
pub(crate) async fn run(
    checking: Checking,
    state: &ApiState,
    caller: &Anyone,
) -> Result<Vec<u8>, ApiError> {
    let start = Instant::now();
    let Checking {
        profile,
        ids,
        limit,
        offset,
        cursor,
    } = checking;
    let (checks, page) = match ids {
        Some(ids) => {
            let checks = state
                .application
                .matching
                .check(&profile, &ids, caller.viewer());
            let page = Page::whole(checks.len(), MAX_IDS);
            (of_ids(checks), page)
        }
        None => {
            let with_cursor = cursor.is_some();
            let found = state
                .heavy(move |application| {
                    application
                        .matching
                        .check_all(&profile, limit, offset, cursor)
                })
                .await??;
            let page = Page {
                total: found.total,
                limit,
                offset: (!with_cursor).then_some(offset),
                has_next: found.has_next,
                next_cursor: found.next_cursor.clone(),
            };
            (found, page)
        }
    };
    state.metrics.eligibility_checked();
    Ok(json(&Checks {
        data: checks.checks.into_iter().map(CheckEntry::from).collect(),
        page,
        verdicts: checks.verdicts.into(),
        took_ms: milliseconds_since(start),
    }))
}

fn of_ids(checks: Vec<Check>) -> CheckPage {
    let mut verdicts = VerdictCounts::default();
    for check in &checks {
        if let Check::Assessed { assessment, .. } = check {
            *match assessment.verdict {
                Verdict::Eligible => &mut verdicts.eligible,
                Verdict::Possible => &mut verdicts.possible,
                Verdict::Ineligible => &mut verdicts.ineligible,
            } += 1;
        }
    }
    CheckPage {
        total: checks.len() as u64,
        checks,
        verdicts,
        has_next: false,
        next_cursor: None,
    }
}

impl From<Check> for CheckEntry {
    fn from(check: Check) -> Self {
        match check {
            Check::NotFound(id) => Self::NotFound(NotFoundEntry::of(&id)),
            Check::Assessed {
                scholarship,
                expired,
                assessment,
            } => {
                let document = domain::ScholarshipDocument::from(&*scholarship);
                Self::Assessed(Box::new(AssessedEntry {
                    scholarship_id: scholarship.id,
                    name: document.name,
                    organization: document.organization,
                    amount: document.amount,
                    currency: scholarship.content.award.currency,
                    application_deadline: document.application_deadline,
                    deadline: document.deadline,
                    expired,
                    verdict: assessment.verdict,
                    score: assessment.match_score,
                    criteria: assessment.criteria,
                }))
            }
        }
    }
}
