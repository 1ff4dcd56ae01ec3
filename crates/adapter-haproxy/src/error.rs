//! What fails between us and HAProxy, and what to do about it.

use std::io;
use std::time::Duration;

use rollout::traffic::Weights;

use crate::Address;

#[derive(Debug, thiserror::Error)]
pub enum HaProxyError {
    #[error(
        "{0:?} can be no name of a map, a key, a backend or a server: letters, digits and . _ - / : only"
    )]
    Name(String),
    #[error("canary and stable are both the backend {0:?}")]
    SameBackend(String),
    #[error(
        "HAProxy cannot be reached at {address}: does it run, does its configuration have `stats socket` there, and may this user open it?"
    )]
    Unreachable {
        address: Address,
        #[source]
        cause: io::Error,
    },
    #[error(
        "HAProxy did not answer `{command}` within {} ms: does it run, and is that the socket of its runtime API?",
        .patience.as_millis()
    )]
    TimedOut { command: String, patience: Duration },
    #[error("the answer to `{command}` broke off: did HAProxy stop? Try again")]
    BrokenOff {
        command: String,
        #[source]
        cause: Option<io::Error>,
    },
    #[error("the answer to `{command}` is longer than {limit} bytes: is that HAProxy?")]
    TooLong { command: String, limit: usize },
    #[error("HAProxy permits no `{command}` here: `stats socket` needs `level admin`")]
    NotPermitted { command: String },
    #[error(
        "HAProxy has no map {map:?}: its configuration must use it under this very name, as deploy/haproxy/haproxy.cfg does"
    )]
    NoMap { map: String },
    #[error("the map {map:?} has no single line for {key:?}: it must have one, such as `{key} 0`")]
    NoKey { map: String, key: String },
    #[error("the map {map:?} says {value:?} for the canary, which is no whole percentage")]
    NoPercentage { map: String, value: String },
    #[error("HAProxy has no backend {name:?}: see its configuration")]
    NoBackend { name: String },
    #[error("HAProxy does not know `{command}`: it must be 2.4 or newer")]
    UnknownCommand { command: String },
    #[error("HAProxy says to `{command}` what is not understood: {answer:?}")]
    Unexpected { command: String, answer: String },
    #[error(
        "HAProxy was told to send {} % to the canary and sends {} %: did it start again, or does somebody else change its weights?",
        .wanted.canary(), .found.canary()
    )]
    NotInEffect { wanted: Weights, found: Weights },
    #[error(
        "HAProxy was told to put {server} into maintenance, and it is not: does somebody else change its state?"
    )]
    NotTakenOut { server: String },
    #[error(
        "the backend {backend:?} has no ready server (of {servers}): start one, and see why its checks fail"
    )]
    NothingReady { backend: String, servers: usize },
}
