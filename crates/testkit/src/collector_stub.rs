//! A stand-in for a collector of traces: OTLP as protobuf over real HTTP on the loopback. It keeps what it takes, and misbehaves
//! on order.
//!
//! ```text
//! let stub = CollectorStub::start();
//! // .. a server with `OTEL_EXPORTER_OTLP_ENDPOINT` set to `stub.endpoint()` answers a request ..
//! let spans = stub.spans();
//! ```

mod received;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;

pub use self::received::{ReceivedSpan, SpanKind};
use crate::http_message::{Request, answer_of_bytes};
use crate::http_stub::{HttpStub, Reply, free_port};

/// What happens to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Take,
    /// Takes it, so much later.
    Slow(Duration),
    /// An error, and nothing is kept.
    Status(u16),
    /// The batch is read and nothing is ever said.
    Silence,
    /// The batch is read and the connection is reset.
    Reset,
}

#[derive(Debug)]
struct Taken {
    spans: Vec<ReceivedSpan>,
    bytes: Vec<u8>,
    authorization: Option<String>,
    behaviour: Behaviour,
}

/// A listening stub. Dropping it closes all its connections. All methods may be called while it answers, from any thread.
#[derive(Debug)]
pub struct CollectorStub {
    taken: Arc<Mutex<Taken>>,
    requests: Arc<AtomicU64>,
    stub: HttpStub,
}

impl CollectorStub {
    /// Listens on a free port of the loopback. Until told otherwise it takes everything.
    ///
    /// # Panics
    /// When the loopback has no free port.
    pub fn start() -> Self {
        let taken = Arc::new(Mutex::new(Taken {
            spans: Vec::new(),
            bytes: Vec::new(),
            authorization: None,
            behaviour: Behaviour::Take,
        }));
        let requests = Arc::new(AtomicU64::new(0));
        let (shared, counted) = (Arc::clone(&taken), Arc::clone(&requests));
        let stub = HttpStub::start(free_port(), move |request| {
            counted.fetch_add(1, Ordering::SeqCst);
            reply(request, &mut lock(&shared))
        });
        Self {
            taken,
            requests,
            stub,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.stub.address()
    }

    /// `http://127.0.0.1:<port>`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.stub.address())
    }

    /// From now on every batch meets this.
    pub fn always(&self, behaviour: Behaviour) {
        lock(&self.taken).behaviour = behaviour;
    }

    /// All that were taken, in the order in which they came.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        lock(&self.taken).spans.clone()
    }

    /// The same, and forgets them with all bodies: under load they are many.
    pub fn take_spans(&self) -> Vec<ReceivedSpan> {
        let mut taken = lock(&self.taken);
        taken.bytes.clear();
        std::mem::take(&mut taken.spans)
    }

    /// All bodies that were read, taken or not, one after the other.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.taken).bytes.clone()
    }

    /// The `authorization` header of the newest request.
    pub fn authorization(&self) -> Option<String> {
        lock(&self.taken).authorization.clone()
    }

    /// All requests so far, whatever they met.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// For a moment only: requests wait for it.
fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reply(request: &Request, taken: &mut Taken) -> Reply {
    taken.bytes.extend_from_slice(&request.body);
    taken.authorization = request.headers.get("authorization").cloned();
    let is_protobuf = request
        .headers
        .get("content-type")
        .is_some_and(|kind| kind == "application/x-protobuf");
    if request.method != "POST" || request.path != "/v1/traces" || !is_protobuf {
        return Reply::Say(answer_of_bytes(404, &[], b""));
    }
    let Ok(batch) = ExportTraceServiceRequest::decode(request.body.as_slice()) else {
        return Reply::Say(answer_of_bytes(400, &[], b""));
    };
    let answer = answer_of_bytes(
        200,
        &[],
        &ExportTraceServiceResponse::default().encode_to_vec(),
    );
    match taken.behaviour {
        Behaviour::Take | Behaviour::Slow(_) => taken.spans.extend(received::spans_of(batch)),
        Behaviour::Status(status) => return Reply::Say(answer_of_bytes(status, &[], b"")),
        Behaviour::Silence => return Reply::SayNoMore(Vec::new()),
        Behaviour::Reset => return Reply::Reset,
    }
    match taken.behaviour {
        Behaviour::Slow(delay) => Reply::SayLater(delay, answer),
        _ => Reply::Say(answer),
    }
}
