//! What is logged, and how it is written to standard error.

mod json_line;

use std::io::IsTerminal;
use std::str::FromStr;

use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer};

use json_line::JsonLine;

/// Whatever the level: this library logs whole messages, with what students say of themselves.
const ERRORS_ONLY: &str = "rmcp=error";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Coloured where standard error is a terminal, for people.
    Pretty,
}

/// The text names no log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be json or pretty")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err(UnknownLogFormat),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// A level or directives such as `info,http_api=debug`.
    pub level: String,
    pub format: LogFormat,
    /// Stands in every JSON line, so that two versions side by side can be told apart.
    pub version: String,
}

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error(
        "the log level `{level}` must be a level such as `info` or directives such as `info,http_api=debug`"
    )]
    Level {
        level: String,
        #[source]
        source: ParseError,
    },
    #[error(
        "`{level}` is no level; must be off, error, warn, info, debug or trace, or directives such as `info,http_api=debug`"
    )]
    UnknownLevel { level: String },
    #[error("logging is already set up in this process")]
    AlreadySetUp(#[source] TryInitError),
}

/// Sends the process's logs, those of libraries with the `log` facade included, to standard error from now on.
///
/// # Errors
/// [`LoggingError`] when the level cannot be read, or on a second call.
pub fn init_logging(settings: &LogSettings) -> Result<(), LoggingError> {
    let coloured = std::io::stderr().is_terminal();
    subscriber(settings, coloured, std::io::stderr)?
        .try_init()
        .map_err(LoggingError::AlreadySetUp)
}

/// Whether the text is a level or directives, without setting anything up.
///
/// # Errors
/// [`LoggingError::Level`] when it is not.
pub fn check_level(level: &str) -> Result<(), LoggingError> {
    filter(level).map(drop)
}

fn filter(level: &str) -> Result<EnvFilter, LoggingError> {
    for directive in level.split(',').map(str::trim) {
        // The library takes a lone word that is no level for the name of a target, and then logs nothing else.
        let is_word = !directive.is_empty() && directive.chars().all(char::is_alphanumeric);
        if is_word && directive.parse::<LevelFilter>().is_err() {
            return Err(LoggingError::UnknownLevel {
                level: directive.to_owned(),
            });
        }
    }
    let unreadable = |source| LoggingError::Level {
        level: level.to_owned(),
        source,
    };
    let filter = EnvFilter::builder().parse(level).map_err(unreadable)?;
    let errors_only = ERRORS_ONLY.parse().map_err(unreadable)?;
    Ok(filter.add_directive(errors_only))
}

fn subscriber<W>(
    settings: &LogSettings,
    coloured: bool,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + use<W>, LoggingError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = filter(&settings.level)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer = match settings.format {
        LogFormat::Json => layer
            .fmt_fields(JsonFields::new())
            .event_format(JsonLine::new(settings.version.clone()))
            .boxed(),
        LogFormat::Pretty => layer.with_ansi(coloured).boxed(),
    };
    Ok(tracing_subscriber::registry().with(filter).with(layer))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::subscriber::with_default;

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str, act: impl FnOnce()) -> String {
        let settings = LogSettings {
            level: level.to_owned(),
            format,
            version: "1.2.3".to_owned(),
        };
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = subscriber(&settings, false, move || writer.clone()).unwrap();
        with_default(subscriber, act);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn json_lines(act: impl FnOnce()) -> Vec<Value> {
        logged(LogFormat::Json, "info", act)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_json_line_carries_message_fields_level_and_version() {
        let lines = json_lines(|| tracing::warn!(attempts = 3, slow = true, "store is \"away\"\n"));
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["message"], "store is \"away\"\n");
        assert_eq!(line["attempts"], 3);
        assert_eq!(line["slow"], true);
        assert_eq!(line["version"], "1.2.3");
        assert_eq!(line["target"], "telemetry::logging::tests");
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(
            timestamp.starts_with("20") && timestamp.ends_with('Z'),
            "{timestamp}"
        );
    }

    #[test]
    fn messages_of_language_models_are_not_logged_at_any_level() {
        for level in ["trace", "rmcp=trace", "info,rmcp=debug"] {
            let text = logged(LogFormat::Json, level, || {
                tracing::info!(target: "rmcp::service", "a profile");
                tracing::warn!(target: "rmcp::service", "a profile");
                tracing::error!(target: "rmcp::transport", "broken pipe");
            });
            assert_eq!(text.lines().count(), 1, "{level}: {text}");
            assert!(text.contains("broken pipe"), "{level}: {text}");
        }
    }

    #[test]
    fn request_and_trace_ids_come_from_the_spans_around_an_event() {
        let lines = json_lines(|| {
            let request = tracing::info_span!("request", request_id = "r-1", trace_id = "t-1");
            let _in_request = request.enter();
            let query = tracing::info_span!("query", rows = 7);
            let _in_query = query.enter();
            tracing::info!("answered");
        });
        assert_eq!(lines[0]["request_id"], "r-1");
        assert_eq!(lines[0]["trace_id"], "t-1");
        assert_eq!(lines[0]["rows"], 7);
    }

    #[test]
    fn a_field_recorded_later_is_there_and_the_inner_span_wins() {
        let lines = json_lines(|| {
            let outer = tracing::info_span!(
                "outer",
                request_id = "outer",
                trace_id = tracing::field::Empty
            );
            outer.record("trace_id", "late");
            let _in_outer = outer.enter();
            let inner = tracing::info_span!("inner", request_id = "inner");
            let _in_inner = inner.enter();
            tracing::info!("answered");
        });
        assert_eq!(lines[0]["request_id"], "inner");
        assert_eq!(lines[0]["trace_id"], "late");
    }

    #[test]
    fn a_line_is_one_object_whatever_the_values_are() {
        let text = logged(LogFormat::Json, "info", || {
            let span = tracing::info_span!("request", note = "\"a\"\n\u{0}é");
            let _in_span = span.enter();
            tracing::info!(share = f64::NAN, debug = ?["\n"], note2 = 0.5, "\u{1F600}\n");
        });
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["note"], "\"a\"\n\u{0}é");
        assert_eq!(line["share"], Value::Null);
        assert_eq!(line["debug"], "[\"\\n\"]");
        assert_eq!(line["note2"], 0.5);
        assert_eq!(line["message"], "\u{1F600}\n");
    }

    #[test]
    fn no_field_can_pose_as_what_the_logger_says_itself() {
        let lines = json_lines(|| tracing::error!(level = "INFO", version = "forged", "odd"));
        assert_eq!(lines[0]["level"], "ERROR");
        assert_eq!(lines[0]["version"], "1.2.3");
    }

    #[test]
    fn an_event_of_the_log_facade_tells_its_real_target() {
        let lines = json_lines(
            || tracing::info!(target: "log", { log.target = "library", log.line = 3 }, "started"),
        );
        assert_eq!(lines[0]["target"], "library");
        assert_eq!(lines[0].get("log.line"), None);
    }

    #[test]
    fn an_error_value_is_logged_with_its_causes() {
        let cause = io::Error::other("disk full");
        let error = LoggedError(cause);
        let lines =
            json_lines(|| tracing::error!(error = &error as &dyn std::error::Error, "failed"));
        assert_eq!(lines[0]["error"], json!("could not save: disk full"));
    }

    #[derive(Debug, thiserror::Error)]
    #[error("could not save")]
    struct LoggedError(#[source] io::Error);

    #[test]
    fn directives_decide_what_is_logged() {
        let text = logged(LogFormat::Pretty, "warn,telemetry=debug", || {
            tracing::debug!("own detail");
            tracing::info!(target: "library", "foreign detail");
        });
        assert!(text.contains("own detail"), "{text}");
        assert!(!text.contains("foreign detail"), "{text}");
    }

    #[test]
    fn a_level_that_means_nothing_is_an_error_that_names_it() {
        let settings = LogSettings {
            level: "info,http_api=loud".to_owned(),
            format: LogFormat::Json,
            version: String::new(),
        };
        let error = init_logging(&settings).unwrap_err();
        assert!(error.to_string().contains("http_api=loud"), "{error}");
    }

    #[test]
    fn formats_are_read_from_their_names() {
        assert_eq!("json".parse(), Ok(LogFormat::Json));
        assert_eq!("pretty".parse(), Ok(LogFormat::Pretty));
        assert_eq!("JSON".parse::<LogFormat>(), Err(UnknownLogFormat));
    }
}
