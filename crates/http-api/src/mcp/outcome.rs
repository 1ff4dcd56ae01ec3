//! What a tool answers: the endpoint's JSON with a text for people, or the endpoint's problem.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use super::PATH;
use super::summary::summary;
use super::tools::Tool;
use crate::error::{ApiError, ErrorCode, Problem};

/// `answer` is the endpoint's JSON.
pub(super) fn success(tool: Tool, answer: &[u8]) -> CallToolResult {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        tracing::error!(tool = tool.name(), "the answer of a tool is not JSON");
        return failure(&ApiError::new(ErrorCode::InternalError), "");
    };
    let text = summary(tool, &answer);
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(answer);
    result
}

/// Says what is wrong in words, then as the problem document that the endpoint answers with. Clients hold structured content
/// against the schema of good answers, so the document is a text as well.
pub(super) fn failure(error: &ApiError, trace_id: &str) -> CallToolResult {
    let code = error.code();
    let mut text = format!("{} ({}).", code.title(), code.as_str());
    if error.wrong_fields().is_empty() {
        text.push(' ');
        text.push_str(error.detail_text());
    }
    for field in error.wrong_fields() {
        text.push_str(&format!("\n- {field}"));
    }
    let problem = Problem::of(error, PATH, trace_id);
    let document = serde_json::to_string(&problem).unwrap_or_default();
    CallToolResult::error(vec![ContentBlock::text(text), ContentBlock::text(document)])
}
