//! What can be wrong with the new version of a rehearsal, and what must come of it.

use std::time::Duration;

use clap::ValueEnum;
use rollout::Outcome;

use crate::reporting::name_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Fault {
    /// A tenth of its requests fail
    Errors,
    /// Three tenths of its requests take 400 ms more
    Latency,
    /// It keeps memory with every request, under a limit that it will reach
    Leak,
    /// Three tenths of its requests fail, for 8 s in every 16
    Flap,
    /// Nobody asks for anything
    NoTraffic,
    /// Prometheus cannot read its counts any more
    ScrapeLoss,
    /// It is killed again and again, and started again
    Crash,
}

/// The memory that a leaking version may use: several times that of a healthy one with the sample catalogue.
pub(super) const MEMORY_LIMIT: u64 = 400 * 1_024 * 1_024;

impl Fault {
    pub(super) fn name(self) -> String {
        name_of(self)
    }

    /// Arguments of `rehearsal-server`; none for a version that has nothing wrong inside.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Errors => &["--errors", "10"],
            Self::Latency => &["--slow", "30", "--delay", "400"],
            Self::Leak => &["--leak", "1000000"],
            Self::Flap => &["--errors", "30", "--flap", "8"],
            Self::NoTraffic | Self::ScrapeLoss | Self::Crash => &[],
        }
    }

    /// What a rehearsal must end with; the first one is the usual one.
    pub(super) fn expected(fault: Option<Self>) -> &'static [Outcome] {
        match fault {
            None => &[Outcome::Promote],
            Some(Self::Errors | Self::Latency | Self::Leak | Self::Crash) => &[Outcome::Rollback],
            Some(Self::Flap) => &[Outcome::Rollback, Outcome::Hold],
            Some(Self::NoTraffic) => &[Outcome::Hold],
            Some(Self::ScrapeLoss) => &[Outcome::Broken],
        }
    }

    /// How long a verdict that ends no release must stand to be the rehearsal's.
    pub(super) fn settles_after(self) -> Option<Duration> {
        match self {
            // Longer than the first stage lasts: it would be promoted if that were possible.
            Self::NoTraffic => Some(Duration::from_secs(75)),
            Self::ScrapeLoss => Some(Duration::from_secs(15)),
            Self::Errors | Self::Latency | Self::Leak | Self::Flap | Self::Crash => None,
        }
    }
}
