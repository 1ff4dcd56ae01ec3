//! Which events are logged: read from directives, and changed while the process runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::reload;

use crate::traces::SPANS;

/// Log whole messages and the parameters of statements, with what students say of themselves: whatever the directives, their errors
/// only.
const ERRORS_ONLY: [&str; 2] = ["rmcp", "tokio_postgres"];

/// Directives are written by people; more than this is a mistake.
const LONGEST: usize = 1_024;

/// A text that tells no level.
#[derive(Debug, thiserror::Error)]
pub enum LevelError {
    #[error(
        "the log level `{level}` must be a level such as `info` or directives such as `info,http_api=debug`"
    )]
    Directive {
        level: String,
        #[source]
        source: ParseError,
    },
    #[error(
        "`{level}` is no level; must be off, error, warn, info, debug or trace, or directives such as `info,http_api=debug`"
    )]
    Unknown { level: String },
    #[error("the log level is longer than {LONGEST} characters")]
    TooLong,
    #[error("the logger is gone")]
    Gone(#[source] reload::Error),
}

type Reload = dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync;

/// The level of a logger. Clones are of the same one.
#[derive(Clone)]
pub struct LogLevel(Arc<Inner>);

struct Inner {
    configured: String,
    current: Mutex<String>,
    reload: Box<Reload>,
}

impl LogLevel {
    pub(super) fn new(
        configured: &str,
        reload: impl Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            configured: configured.to_owned(),
            current: Mutex::new(configured.to_owned()),
            reload: Box::new(reload),
        }))
    }

    /// As of the start of the process.
    pub fn configured(&self) -> &str {
        &self.0.configured
    }

    pub fn current(&self) -> String {
        let current = self.0.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on, until it is changed again or the process ends.
    ///
    /// # Errors
    /// [`LevelError`]; then nothing has changed.
    pub fn change(&self, level: &str) -> Result<(), LevelError> {
        let filter = filter(level)?;
        // Held meanwhile, so that two changes at once leave behind what is said to be in effect.
        let mut current = self
            .0
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (self.0.reload)(filter).map_err(LevelError::Gone)?;
        // The facade has a level of its own, set when logging began.
        log::set_max_level(of_facade(LevelFilter::current()));
        level.clone_into(&mut current);
        drop(current);
        Ok(())
    }
}

impl fmt::Debug for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("LogLevel")
            .field(&self.current())
            .finish()
    }
}

/// Whether the text is a level or directives, without setting anything up.
///
/// # Errors
/// [`LevelError`] when it is not.
pub fn check_level(level: &str) -> Result<(), LevelError> {
    filter(level).map(drop)
}

pub(super) fn filter(level: &str) -> Result<EnvFilter, LevelError> {
    if level.len() > LONGEST {
        return Err(LevelError::TooLong);
    }
    if level.trim().is_empty() {
        return Err(LevelError::Unknown {
            level: String::new(),
        });
    }
    for directive in level.split(',').map(str::trim) {
        // The library takes a lone word that is no level for the name of a target, and then logs nothing else.
        let is_word = !directive.is_empty() && directive.chars().all(char::is_alphanumeric);
        if is_word && directive.parse::<LevelFilter>().is_err() {
            return Err(LevelError::Unknown {
                level: directive.to_owned(),
            });
        }
    }
    EnvFilter::builder()
        .parse(level)
        .map_err(|source| LevelError::Directive {
            level: level.to_owned(),
            source,
        })
}

fn of_facade(level: LevelFilter) -> log::LevelFilter {
    match level.into_level() {
        None => log::LevelFilter::Off,
        Some(Level::ERROR) => log::LevelFilter::Error,
        Some(Level::WARN) => log::LevelFilter::Warn,
        Some(Level::INFO) => log::LevelFilter::Info,
        Some(Level::DEBUG) => log::LevelFilter::Debug,
        Some(Level::TRACE) => log::LevelFilter::Trace,
    }
}

/// What no directive can change: neither by a longer target nor by a span around an event.
pub(super) fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_foreign = (ERRORS_ONLY.iter()).any(|name| {
        let within = target.strip_prefix(name);
        within.is_some_and(|within| within.is_empty() || within.starts_with("::"))
    });
    let is_for_traces = metadata.is_span() && target == SPANS;
    !is_for_traces && (!is_foreign || *metadata.level() == Level::ERROR)
}
