//! Tasks of other programs' agents: what can be asked for, tasks coming in, and what became of them.

mod actions;
mod envelope;
mod schemas;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use app::tasks::TokenUse;
use auth::{Caller, Role, Scope};
use chrono::TimeDelta;
use domain::task::{Task, TaskAction, TaskId};
use ports::{Commanded, TaskFilter};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub use actions::AgentActions;
use envelope::{ListedEntry, TaskBody, TaskEnvelope, accepted, envelope};
use schemas::{Capabilities, capabilities_of};

use crate::answer::{json, personal_json, public_json};
use crate::body::JsonBody;
use crate::caller::{Allowed, RunTasks, SendTasks};
use crate::error::{ApiError, ErrorCode};
use crate::parameters::{NoParameters, checked_limit};
use crate::query::QueryReader;
use crate::state::ApiState;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(capabilities)
        .service(agent_health)
        .service(send_task)
        .service(list_tasks)
        .service(task_status)
        .service(cancel_task)
        .service(requeue_task);
}

/// What can be asked for
///
/// Each action with the JSON Schemas of its payload and its result.
#[utoipa::path(tag = "Agents", responses((status = 200, description = "What this service does for agents", body = Capabilities)))]
#[get("/agent/capabilities")]
async fn capabilities(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    public_json(json(&capabilities_of(&state.settings.version)))
}

#[derive(Serialize, ToSchema)]
struct AgentHealth {
    /// `degraded` while the Command Center does not answer: tasks are worked at, and told later.
    #[schema(pattern = "^(healthy|degraded)$")]
    status: &'static str,
    /// Tasks that this replica works at at once.
    workers: usize,
    /// Tasks that it works at.
    busy: usize,
    #[schema(pattern = "^(not_configured|up|down)$")]
    command_center: &'static str,
}

/// How this replica does as an agent
#[utoipa::path(tag = "Agents", responses((status = 200, description = "How busy this replica is, and whether it reaches the Command Center", body = AgentHealth)))]
#[get("/agent/health")]
async fn agent_health(state: web::Data<ApiState>, _: NoParameters) -> HttpResponse {
    let tasks = &state.application.tasks;
    let workload = tasks.workload();
    let (status, command_center) = match tasks.is_center_up() {
        None => ("healthy", "not_configured"),
        Some(true) => ("healthy", "up"),
        Some(false) => ("degraded", "down"),
    };
    personal_json(json(&AgentHealth {
        status,
        workers: workload.workers,
        busy: workload.busy,
        command_center,
    }))
}

/// Send a task
///
/// 202 means that the task is durable. The same task with the same `task_id` again is answered the same way and done once.
/// A token is good for one task: its `jti` is bound to the `task_id` and the body.
#[utoipa::path(
    tag = "Agents",
    request_body(content = TaskBody, example = json!({"task_id": "task-1", "action": "scholarship_api.search", "payload": {"query": "engineering", "filters": {"states": ["NV"]}, "pagination": {"page": 1, "size": 5}}, "requested_by": "planner", "resources": {"priority": 5, "timeout_ms": 10000, "retry": 2}})),
    responses(
        (status = 202, description = "Taken in", body = TaskEnvelope, headers(("Location" = String, description = "Where to ask for it"))),
        (status = 403, description = "The token lacks the scope"),
        (status = 409, description = "Another task has this id"),
    )
)]
#[post("/agent/task")]
async fn send_task(
    state: web::Data<ApiState>,
    agent: Allowed<SendTasks>,
    _: NoParameters,
    body: JsonBody<TaskBody>,
) -> Result<HttpResponse, ApiError> {
    let caller = &agent.caller;
    let spec = body.value.into_spec(&caller.subject)?;
    if spec.action == TaskAction::Analytics && !caller.may(Scope::AnalyticsRead) {
        return Err(ApiError::insufficient_scope(Scope::AnalyticsRead));
    }
    let answer = accepted(&spec);
    let location = format!("/agent/tasks/{}", spec.id);
    let token = TokenUse {
        id: caller.token_id.as_deref().ok_or_else(without_id)?,
        refused_from: refused_from(caller, &state)?,
    };
    let submitted = state.application.tasks.submit(spec, &body.bytes, token);
    submitted.await?;
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, location))
        .json(answer))
}

fn without_id() -> ApiError {
    ApiError::new(ErrorCode::TokenClaimMissing)
        .detail("The token needs a jti: it is bound to the task.")
}

/// When the token is refused for its age, by the clock that is most behind of those that are tolerated.
fn refused_from(caller: &Caller, state: &ApiState) -> Result<domain::Timestamp, ApiError> {
    let skew = TimeDelta::from_std(state.verifier.settings().clock_skew);
    let expiry = skew
        .ok()
        .and_then(|skew| caller.expires_at.checked_add_signed(skew));
    expiry.ok_or_else(|| ApiError::new(ErrorCode::TokenLifetimeTooLong))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct ListParameters {
    state: Option<domain::task::TaskState>,
    action: Option<TaskAction>,
    #[param(max_length = 256)]
    requested_by: Option<String>,
    /// `next_before` of the page before.
    #[param(minimum = 1)]
    before: Option<u64>,
    /// 20 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

/// Tasks, newest first.
#[derive(Serialize, ToSchema)]
struct TaskList {
    data: Vec<ListedEntry>,
    /// Give it as `before` for the next page; null on the last one.
    #[schema(required)]
    next_before: Option<u64>,
}

/// List tasks
///
/// Newest first, without what was sent and answered.
#[utoipa::path(tag = "Agents", params(ListParameters), responses((status = 200, description = "A page of tasks", body = TaskList), (status = 403, description = "The role may not")))]
#[get("/agent/tasks")]
async fn list_tasks(
    request: HttpRequest,
    state: web::Data<ApiState>,
    _: Allowed<RunTasks>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let requested_by = reader.text("requested_by");
    let filter = TaskFilter {
        state: reader.term("state"),
        action: reader.term("action"),
        requested_by: requested_by.and_then(|text| {
            let read = domain::task::PlainText::parse(&text);
            read.map_err(|error| reader.refuse("requested_by", error.to_string()))
                .ok()
        }),
    };
    let before = reader.integer("before");
    let limit = reader.integer("limit");
    let limit = checked_limit(limit, &mut reader.errors);
    reader.finish()?;
    let page = state.application.tasks.list(filter, before, limit).await?;
    Ok(personal_json(json(&TaskList {
        data: page.tasks.into_iter().map(ListedEntry::from).collect(),
        next_before: page.next_before,
    })))
}

/// What became of a task
///
/// For whoever sent it, and for admins.
#[utoipa::path(tag = "Agents", params(("task_id" = String, Path, description = "As it was sent")), responses((status = 200, description = "How far the task is", body = TaskEnvelope), (status = 403, description = "The token lacks the scope"), (status = 404, description = "There is no such task of yours")))]
#[get("/agent/tasks/{task_id}")]
async fn task_status(
    state: web::Data<ApiState>,
    agent: Allowed<SendTasks>,
    path: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let found = own_task(&state, &agent.caller, &path).await?;
    Ok(personal_json(envelope(&found)))
}

/// Cancel a task
///
/// One that waits or is worked at, by whoever sent it or an admin.
#[utoipa::path(tag = "Agents", params(("task_id" = String, Path, description = "As it was sent")), responses((status = 200, description = "It is cancelled", body = TaskEnvelope), (status = 403, description = "The token lacks the scope"), (status = 404, description = "There is no such task of yours"), (status = 409, description = "It has ended")))]
#[post("/agent/tasks/{task_id}/cancel")]
async fn cancel_task(
    state: web::Data<ApiState>,
    agent: Allowed<SendTasks>,
    path: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let found = own_task(&state, &agent.caller, &path).await?;
    let commanded = state.application.tasks.cancel(&found.spec.id).await?;
    after(&state, &found.spec.id, commanded).await
}

/// Give a task that failed all its attempts again
#[utoipa::path(tag = "Agents", params(("task_id" = String, Path, description = "As it was sent")), responses((status = 200, description = "It waits again", body = TaskEnvelope), (status = 403, description = "The role may not"), (status = 404, description = "There is no such task"), (status = 409, description = "It did not fail")))]
#[post("/agent/tasks/{task_id}/requeue")]
async fn requeue_task(
    state: web::Data<ApiState>,
    _: Allowed<RunTasks>,
    path: web::Path<String>,
    _: NoParameters,
) -> Result<HttpResponse, ApiError> {
    let id = TaskId::parse(&path).map_err(|_| ApiError::new(ErrorCode::TaskNotFound))?;
    let commanded = state.application.tasks.requeue(&id).await?;
    after(&state, &id, commanded).await
}

async fn after(
    state: &ApiState,
    id: &TaskId,
    commanded: Commanded,
) -> Result<HttpResponse, ApiError> {
    match commanded {
        Commanded::Done => {
            let found = state.application.tasks.get(id).await?;
            let found = found.ok_or_else(|| ApiError::new(ErrorCode::TaskNotFound))?;
            Ok(personal_json(envelope(&found)))
        }
        Commanded::NotFound => Err(ApiError::new(ErrorCode::TaskNotFound)),
        Commanded::Refused(state) => {
            let detail = format!("The task is {}.", domain::Term::code(state));
            Err(ApiError::new(ErrorCode::TaskStateConflict).detail(detail))
        }
    }
}

/// Strangers are told no more than that it is not theirs.
async fn own_task(state: &ApiState, caller: &Caller, id: &str) -> Result<Task, ApiError> {
    let not_found = || ApiError::new(ErrorCode::TaskNotFound);
    let id = TaskId::parse(id).map_err(|_| not_found())?;
    let found = state.application.tasks.get(&id).await?;
    let may =
        |task: &Task| caller.role == Role::Admin || task.spec.owner.as_str() == caller.subject;
    found.filter(may).ok_or_else(not_found)
}
