//! What is said to one request.

use serde_json::json;

use super::state::State;
use super::{Behaviour, Call, CallKind};
use crate::http_message::{Request, answer, endless_head};
use crate::http_stub::Reply;

pub(super) fn reply(request: &Request, state: &State) -> Reply {
    let call = Call::of(request);
    let behaviour = state.plan().next(call.kind);
    let accepted = || answer(202, &[], &json!({"accepted": true}));
    let reply = match &behaviour {
        _ if call.kind == CallKind::Other => Reply::Say(answer(405, &[], &json!({}))),
        Behaviour::Accept => Reply::Say(accepted()),
        Behaviour::Slow(delay) => Reply::SayLater(*delay, accepted()),
        Behaviour::Status { status, headers } => {
            Reply::Say(answer(*status, headers, &json!({"accepted": false})))
        }
        Behaviour::AcceptThenSilence => {
            let mut bytes = accepted();
            bytes.truncate(bytes.len() - 2);
            Reply::SayNoMore(bytes)
        }
        Behaviour::Endless => Reply::SayForever(endless_head()),
        Behaviour::Silence => Reply::SayNoMore(Vec::new()),
        Behaviour::Reset => Reply::Reset,
    };
    state.remember(call, behaviour.accepts());
    reply
}
