//! A stand-in for the Command Center: real HTTP on the loopback, which takes whatever comes and remembers it, and misbehaves on
//! order.
//!
//! ```text
//! let stub = CommandCenterStub::start();
//! stub.fail_callbacks(30, 7);
//! // .. a task with `reply_to: stub.callback_url("task-1")` runs ..
//! assert!(stub.notices().contradictions().is_empty());
//! ```
//!
//! It judges nothing: no signature and no body. It knows `POST` of `/orchestrator/register`, `/orchestrator/heartbeat` and
//! `/orchestrator/events`; whatever else is posted is a callback.

mod behaviour;
mod call;
mod notices;
mod reply;
mod state;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

pub use self::behaviour::Behaviour;
pub use self::call::{Call, CallKind};
pub use self::notices::{NoticeRecord, Notices};
use self::state::State;
use crate::http_stub::{HttpStub, free_port};

/// A listening stub. Dropping it closes all its connections. All methods may be called while it answers, from any thread.
#[derive(Debug)]
pub struct CommandCenterStub {
    state: Arc<State>,
    stub: HttpStub,
}

impl CommandCenterStub {
    /// Listens on a free port of the loopback. Until told otherwise it accepts everything.
    ///
    /// # Panics
    /// When the loopback has no free port.
    pub fn start() -> Self {
        Self::listen(free_port())
    }

    /// Listens on this port of the loopback.
    ///
    /// # Errors
    /// When somebody else does.
    pub fn start_on(port: u16) -> std::io::Result<Self> {
        Ok(Self::listen(TcpListener::bind((
            Ipv4Addr::LOCALHOST,
            port,
        ))?))
    }

    fn listen(listener: TcpListener) -> Self {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let stub = HttpStub::start(listener, move |request| reply::reply(request, &shared));
        Self { state, stub }
    }

    pub fn address(&self) -> SocketAddr {
        self.stub.address()
    }

    /// `http://127.0.0.1:<port>`, for `COMMAND_CENTER_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// For the `reply_to` of a task.
    pub fn callback_url(&self, task_id: &str) -> String {
        format!("{}/orchestrator/tasks/{task_id}/callback", self.url())
    }

    /// One of the next requests meets this: the first that does not meet an earlier order.
    pub fn enqueue(&self, behaviour: Behaviour) {
        self.state.plan().script.push_back(behaviour);
    }

    /// From now on every request meets this, unless something is enqueued. [`Behaviour::Accept`] ends it.
    pub fn always(&self, behaviour: Behaviour) {
        self.state.plan().otherwise = behaviour;
    }

    /// From now on so many of a hundred callbacks fail, in one of three ways, after they were taken in: with a 500, with a 429
    /// that asks for a second, or by a connection that is reset. The seed decides which, by their turn. 0 ends it.
    pub fn fail_callbacks(&self, percent: u32, seed: u64) {
        self.state.plan().fail_callbacks(percent, seed);
    }

    /// Called with every request from now on, before it is answered and while it waits: be quick.
    pub fn on_call(&self, listener: impl Fn(&Call) + Send + Sync + 'static) {
        self.state.plan().listener = Arc::new(listener);
    }

    /// The latest ten thousand requests, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.state.remembered().calls.iter().cloned().collect()
    }

    /// Those of one kind.
    pub fn calls_of(&self, kind: CallKind) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.kind == kind);
        calls
    }

    /// All requests so far. A request counts once it has arrived, before it is answered.
    pub fn count(&self) -> u64 {
        self.state.remembered().count
    }

    /// What the callbacks so far have told, by their idempotency keys.
    pub fn notices(&self) -> Notices {
        self.state.remembered().notices.clone()
    }

    /// All connections that were ever opened.
    pub fn connections(&self) -> u64 {
        self.stub.connections()
    }
}
