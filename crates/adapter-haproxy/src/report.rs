//! What HAProxy says of both versions.

use std::net::SocketAddr;

use rollout::traffic::Weights;

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    pub process: Process,
    pub weights: Weights,
    pub canary: Backend,
    pub stable: Backend,
}

/// The running HAProxy: another one knows nothing of weights that were set before, and counts from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub version: String,
    pub pid: u32,
    pub uptime_seconds: u64,
}

/// The servers of one version, and what was sent to them since HAProxy began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    pub servers: Vec<Server>,
    /// Requests that were sent here, each once, however often it was tried.
    pub sent: u64,
    /// Of them, those without an answer: refused, cut off or timed out.
    pub unanswered: u64,
    /// Requests that are being answered: 0 once a version is drained.
    pub in_flight: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub name: String,
    /// Where it is. None where the socket's level does not let us know, or HAProxy does not know yet.
    pub address: Option<SocketAddr>,
    pub state: ServerState,
    /// Within its backend.
    pub weight: u32,
    pub in_flight: u64,
    /// What its last check said.
    pub check: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerState {
    Up,
    Down,
    /// Somebody took it out.
    Maintenance,
    /// It gets nothing new.
    Draining,
    /// It asks for nothing new.
    Refusing,
    /// Something newer than this code.
    Unknown,
}

impl Backend {
    /// Servers that a request may be sent to.
    pub fn ready(&self) -> usize {
        self.servers
            .iter()
            .filter(|server| server.is_ready())
            .count()
    }
}

impl Server {
    pub fn is_ready(&self) -> bool {
        self.state == ServerState::Up && self.weight > 0
    }
}

impl ServerState {
    /// As the statistics write it: `UP 1/3` is up while its checks begin to fail.
    pub(crate) fn read(text: &str) -> Self {
        match text.split_whitespace().next().unwrap_or("") {
            "UP" | "no" | "OPEN" => Self::Up,
            "DOWN" => Self::Down,
            "MAINT" => Self::Maintenance,
            "DRAIN" => Self::Draining,
            "NOLB" => Self::Refusing,
            _ => Self::Unknown,
        }
    }
}
