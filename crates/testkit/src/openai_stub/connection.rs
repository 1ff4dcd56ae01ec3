//! One connection to the stub.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::completion::completion;
use super::message::{Request, answer, answer_of_bytes, endless_head, read_request};
use super::request_check::{error_body, objection};
use super::state::State;
use super::{Behaviour, Call};

/// What a connection does next.
enum Reply {
    Say(Vec<u8>),
    SayLater(Duration, Vec<u8>),
    /// Says this and closes.
    SayLast(Vec<u8>),
    SayForever,
    /// Says this and nothing more.
    SayNoMore(Vec<u8>),
    Reset,
}

/// Answers requests until either side has enough.
pub(super) async fn serve(mut client: TcpStream, state: Arc<State>) {
    let _ = client.set_nodelay(true);
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut client, &mut buffer).await {
        let reply = reply(&request, &state);
        let bytes = match reply {
            Reply::Say(bytes) => bytes,
            Reply::SayLater(delay, bytes) => {
                tokio::time::sleep(delay).await;
                bytes
            }
            Reply::SayLast(bytes) => {
                let _ = client.write_all(&bytes).await;
                return;
            }
            Reply::SayForever => return say_forever(client).await,
            Reply::SayNoMore(bytes) => {
                let _ = client.write_all(&bytes).await;
                return swallow(client).await;
            }
            Reply::Reset => {
                // Closing with no time to linger sends RST instead of FIN.
                let _ = client.set_zero_linger();
                return;
            }
        };
        if client.write_all(&bytes).await.is_err() || request.is_last() {
            return;
        }
    }
}

fn reply(request: &Request, state: &State) -> Reply {
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
        Behaviour::Endless => Reply::SayForever,
        Behaviour::Silence => Reply::SayNoMore(Vec::new()),
        Behaviour::Reset => Reply::Reset,
        _ => Reply::Say(complete()),
    }
}

/// The beginning of a completion whose text goes on and on.
async fn say_forever(mut client: TcpStream) {
    let mut bytes = endless_head();
    bytes.extend_from_slice(br#"{"choices": [{"message": {"content": ""#);
    while client.write_all(&bytes).await.is_ok() {
        bytes = vec![b'a'; 64 * 1024];
    }
}

/// Takes in everything and answers nothing until the client gives up.
async fn swallow(mut client: TcpStream) {
    let mut buffer = [0; 4_096];
    while matches!(client.read(&mut buffer).await, Ok(1..)) {}
}
