//! What is said to one request.

use std::sync::Arc;

use serde_json::Value;

use super::completion::completion;
use super::request_check::{error_body, objection};
use super::state::State;
use super::{Behaviour, Call};
use crate::http_message::{Request, answer, answer_of_bytes, endless_head};
use crate::http_stub::Reply;

pub(super) fn reply(request: &Request, state: &State) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    state.remember(Call {
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.headers.clone(),
        body: body.clone(),
    });
    if let Some(objection) = objection(request, &body) {
        return Reply::Say(answer(objection.status, &[], &objection.error));
    }
    let (behaviour, answering, usage) = {
        let mut plan = state.plan();
        (plan.next(), Arc::clone(&plan.answer), plan.usage)
    };
    let complete = || answer(200, &[], &completion(&behaviour, &body, &*answering, usage));
    match &behaviour {
        Behaviour::Status {
            status,
            code,
            headers,
        } => Reply::Say(answer(*status, headers, &error_body(code, "as ordered"))),
        Behaviour::Slow(delay) => Reply::SayLater(*delay, complete()),
        Behaviour::StatusThenSilence(status) => {
            let mut bytes = answer_of_bytes(*status, &[], b"{}");
            bytes.truncate(bytes.len() - 2);
            Reply::SayNoMore(bytes)
        }
        Behaviour::PartOfBody => {
            let mut bytes = complete();
            // Most of it is the body.
            bytes.truncate(bytes.len() - bytes.len() / 4);
            Reply::SayLast(bytes)
        }
        Behaviour::NotJson => Reply::Say(answer_of_bytes(200, &[], b"{\"choices\": [{]")),
        Behaviour::OtherShape => {
            let body = error_body("none", "a success that is none");
            Reply::Say(answer(200, &[], &body))
        }
        Behaviour::Endless => Reply::SayForever(endless_beginning()),
        Behaviour::Silence => Reply::SayNoMore(Vec::new()),
        Behaviour::Reset => Reply::Reset,
        _ => Reply::Say(complete()),
    }
}

/// The beginning of a completion whose text goes on and on.
fn endless_beginning() -> Vec<u8> {
    let mut bytes = endless_head();
    bytes.extend_from_slice(br#"{"choices": [{"message": {"content": ""#);
    bytes
}
