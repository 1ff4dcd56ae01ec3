//! What somebody should know about a snapshot besides its numbers.

use std::fmt;

/// Why something is missing, or less exact than it could be, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Note {
    /// No target is labelled with this version.
    UnknownVersion { version: String, known: Vec<String> },
    /// No target at all has this `job`.
    NoTargets { job: String },
    /// Targets answer, but do not say when their process began: nothing can be counted of them.
    WithoutStart { version: String },
    /// No backend of HAProxy was scraped.
    NoRouter { job: String },
    /// HAProxy is scraped, but has no backend of this name.
    UnknownBackend { backend: String },
    /// More processes ended than are looked up: this window has no counts.
    TooManyEnded { of: String, window: String },
    /// A counter fell though its process went on, or was no number.
    NotACount {
        version: String,
        window: String,
        count: String,
    },
    /// The histogram has no such edge, in milliseconds.
    NoEdge { version: String, edge: u32 },
    /// The last scrape of a process could not be found: what it counted in its last `seconds` may be missing.
    Approximate {
        of: String,
        instance: String,
        seconds: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVersion { version, known } if known.is_empty() => {
                write!(
                    formatter,
                    "no target has version={version:?}, nor any other version: see the labels in the scrape configuration"
                )
            }
            Self::UnknownVersion { version, known } => write!(
                formatter,
                "no target has version={version:?}, but there are {}: is the name right, and is it deployed?",
                known.join(", ")
            ),
            Self::NoTargets { job } => write!(
                formatter,
                "no target has job={job:?}: see the scrape configuration"
            ),
            Self::WithoutStart { version } => write!(
                formatter,
                "targets of version {version} answer, but without process_start_time_seconds, so nothing of them can be counted: deploy a version with it"
            ),
            Self::NoRouter { job } => write!(
                formatter,
                "HAProxy says nothing under job={job:?}: scrape its exporter, or judge without a router"
            ),
            Self::UnknownBackend { backend } => write!(
                formatter,
                "HAProxy has no servers in a backend {backend:?}: see haproxy.cfg"
            ),
            Self::TooManyEnded { of, window } => write!(
                formatter,
                "too many processes of {of} ended to count what they did in {window}: allow to look up more of them, or wait"
            ),
            Self::NotACount {
                version,
                window,
                count,
            } => write!(
                formatter,
                "{count} of {version} in {window} fell or is no number: are several processes scraped as one instance?"
            ),
            Self::NoEdge { version, edge } => write!(
                formatter,
                "the histogram of version {version} has no edge at {edge} ms: that latency cannot be judged"
            ),
            Self::Approximate {
                of,
                instance,
                seconds,
            } => write!(
                formatter,
                "what {of} at {instance:?} counted in its last {seconds} s may be missing"
            ),
        }
    }
}
