//! Splits traffic between two versions through HAProxy's runtime API (2.4 or newer).
//!
//! `deploy/haproxy/haproxy.cfg` is how HAProxy must be set up. Each version is a backend of its own, and a map holds one number: the
//! percentage of the canary. Each request draws a number from 0 to 99 and goes to the canary when it is below. So:
//!
//! - every whole percentage is exact, however many servers each version has and whichever of them are down: weights of servers in one
//!   backend would move traffic to the canary when a stable server fails, and cannot say 99 % of one to three;
//! - both parts change in one step and cannot sum to anything but 100: the stable version gets what the canary does not;
//! - requests are independent of each other, as the judge's statistics assume. Nobody is kept on one version: the API holds no sessions;
//! - a canary without a ready server gets nothing, whatever the map says, and the judge sees that it has none;
//! - a HAProxy that starts again reads its map's file, which says 0: all traffic is the stable version's until somebody says otherwise,
//!   and whoever asks for the weights sees it.

mod address;
mod answers;
mod conversation;
mod error;
mod report;
mod router;
mod settings;

pub use address::{Address, NoAddress};
pub use error::HaProxyError;
pub use report::{Backend, Overview, Process, Server, ServerState};
pub use router::HaProxy;
pub use settings::Settings;
