//! The tools that language models call (Model Context Protocol): each runs what a REST endpoint runs, with the same checks
//! and the same JSON, over HTTP (`bridge`) or over standard input and output ([`serve_mcp`]).

mod bridge;
mod lines;
mod message;
mod outcome;
mod schemas;
mod summary;
mod tools;

use domain::json_input::{JsonInputError, read_value};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorData,
    Implementation, InitializeRequestParams, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig, Tool as ToolDescription,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::{ServerHandler, ServiceExt};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use uuid::Uuid;

pub(crate) use bridge::exchange;

use crate::caller::Anyone;
use crate::error::{ApiError, ErrorCode};
use crate::panics::without_panic;
use crate::state::ApiState;
use lines::Lines;
use outcome::{failure, success};
use tools::Tool;

/// Where the tools are, as problems name it.
pub(crate) const PATH: &str = "/mcp";

const INSTRUCTIONS: &str = "Finds scholarships for students. Profiles are neither stored nor logged. Start with recommend_scholarships \
when you know the student, with search_scholarships when you know what is looked for. Give only what the student said: what a \
profile leaves out counts as unknown, not as no. Amounts are in major units of their currency. Before relying on an award, \
show its deadline and its link: the organization has the last word.";

/// Serves the tools to an anonymous caller over one connection, a message a line, until its input ends.
///
/// # Errors
/// When the other side does not begin as the protocol asks.
pub async fn serve_mcp(
    state: ApiState,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), ServerInitializeError> {
    let server = ToolServer {
        state,
        caller: Anyone::ANONYMOUS,
        trace_id: None,
    };
    let longest = server.state.settings.max_body;
    let lines = Lines::over(input, output, longest);
    let running = match server.serve(lines).await {
        // Whoever goes before asking anything ends it as well.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        begun => begun?,
    };
    if let Err(error) = running.waiting().await {
        tracing::error!(%error, "serving tools ended with a panic");
    }
    Ok(())
}

/// The tools for one caller.
#[derive(Clone)]
struct ToolServer {
    state: ApiState,
    caller: Anyone,
    /// Of the HTTP request, if it is one.
    trace_id: Option<String>,
}

impl ServerHandler for ToolServer {
    fn get_info(&self) -> ServerConfig {
        let version = self.state.settings.version.as_str();
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(
                Implementation::new("scholarship-api", version)
                    .with_title("Scholarship Discovery & Search"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if page.is_some_and(|page| page.cursor.is_some()) {
            let message = "params.cursor: the list of tools has one page";
            return Err(ErrorData::invalid_params(message, None));
        }
        let tools = Tool::ALL.iter().map(|tool| tool.description().clone());
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    fn get_tool(&self, name: &str) -> Option<ToolDescription> {
        Some(Tool::named(name)?.description().clone())
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = Tool::named(&call.name).ok_or_else(|| unknown_tool(&call.name))?;
        let arguments = call.arguments.unwrap_or_default();
        let answered = if self.state.application.follower.is_loaded() {
            without_panic(tool.call(arguments, &self.state, &self.caller)).await
        } else {
            Err(ApiError::new(ErrorCode::NotReady))
        };
        let result = match answered.flatten() {
            Ok(answer) => success(tool, &answer),
            Err(error) => {
                let made = || Uuid::new_v4().simple().to_string();
                let trace_id = self.trace_id.clone().unwrap_or_else(made);
                failure(&error, &trace_id)
            }
        };
        Ok(result.into())
    }

    /// The library brings here what it could not read as a request that it knows.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let CustomRequest { method, params, .. } = request;
        let params = params.unwrap_or_else(|| json!({}));
        let wrong = match method.as_str() {
            "initialize" => read_value::<InitializeRequestParams>(params).err(),
            "tools/list" => read_value::<PaginatedRequestParams>(params).err(),
            "tools/call" => read_value::<CallToolRequestParams>(params).err(),
            _ => {
                let code = rmcp::model::ErrorCode::METHOD_NOT_FOUND;
                return Err(ErrorData::new(code, method, None));
            }
        };
        let message = match wrong {
            Some(JsonInputError::Field(field)) => field.below("params").to_string(),
            _ => format!("params: do not fit {method}"),
        };
        Err(ErrorData::invalid_params(message, None))
    }
}

fn unknown_tool(name: &str) -> ErrorData {
    let shown: String = name.chars().take(64).collect();
    let known: Vec<&str> = Tool::ALL.iter().map(|tool| tool.name()).collect();
    let known = known.join(", ");
    let message = format!("params.name: there is no tool {shown:?}; there are {known}");
    ErrorData::invalid_params(message, None)
}
