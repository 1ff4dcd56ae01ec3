//! A stand-in for the OpenAI HTTP API: real HTTP on the loopback, answers that the test decides, and misbehaviour on order.
//!
//! ```text
//! let stub = OpenAiStub::start();
//! stub.answer_with(|request| json!({"summary": "A grant."}));
//! stub.enqueue(Behaviour::rate_limited(Duration::from_secs(1)));
//! let settings = OpenAiSettings { base_url: stub.base_url(), .. };
//! ```
//!
//! It runs on a thread of its own, so that it goes on whatever the test's runtime does. It knows Chat Completions with a JSON
//! schema and nothing else: other requests get the errors that the service itself would answer.

mod alteration;
mod behaviour;
mod completion;
mod reply;
mod request_check;
mod sample;
mod state;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::Value;

pub use self::behaviour::Behaviour;
pub use self::state::Call;
use self::state::State;
pub use crate::http_message::STUB_DATE;
use crate::http_stub::{HttpStub, free_port};

/// A listening stub. Dropping it closes all its connections. All methods may be called while it answers, from any thread.
#[derive(Debug)]
pub struct OpenAiStub {
    state: Arc<State>,
    stub: HttpStub,
}

impl OpenAiStub {
    /// Listens on a free port of the loopback. Until told otherwise it answers with the smallest thing that fits the schema.
    ///
    /// # Panics
    /// When the loopback has no free port.
    pub fn start() -> Self {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let stub = HttpStub::start(free_port(), move |request| reply::reply(request, &shared));
        Self { state, stub }
    }

    pub fn address(&self) -> SocketAddr {
        self.stub.address()
    }

    /// `http://127.0.0.1:<port>/v1`. Any other path before `/chat/completions` will do as well.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.stub.address())
    }

    /// From now on the model says, as JSON, what this makes of the body of a request.
    pub fn answer_with(&self, answer: impl Fn(&Value) -> Value + Send + Sync + 'static) {
        self.state.plan().answer = Arc::new(answer);
    }

    /// From now on a completion is said to have cost so many tokens, and not a quarter of its characters.
    pub fn usage(&self, prompt: u64, completion: u64) {
        self.state.plan().usage = Some((prompt, completion));
    }

    /// One of the next valid requests meets this: the first that does not meet an earlier order.
    pub fn enqueue(&self, behaviour: Behaviour) {
        self.state.plan().script.push_back(behaviour);
    }

    /// Forgets what is enqueued.
    pub fn clear(&self) {
        self.state.plan().script.clear();
    }

    /// From now on every valid request meets this, unless something is enqueued. [`Behaviour::Answer`] ends it.
    pub fn always(&self, behaviour: Behaviour) {
        self.state.plan().otherwise = behaviour;
    }

    /// The latest thousand requests, the oldest first, invalid ones included.
    pub fn calls(&self) -> Vec<Call> {
        self.state.calls()
    }

    /// All requests so far, invalid ones included. A request counts once it has arrived, before it is answered.
    pub fn count(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// All connections that were ever opened.
    pub fn connections(&self) -> u64 {
        self.stub.connections()
    }
}
