use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::dispatcher::with_default;

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
    let (subscriber, _) = subscriber(&settings, false, move || writer.clone(), None).unwrap();
    with_default(&subscriber, act);
    let bytes = captured.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_level_is_changed_while_the_process_runs() {
    let settings = LogSettings {
        level: "info".to_owned(),
        format: LogFormat::Json,
        version: "1.2.3".to_owned(),
    };
    for tracer in [None, Some(untold())] {
        let captured = Captured::default();
        let writer = captured.clone();
        let (subscriber, level) =
            subscriber(&settings, false, move || writer.clone(), tracer).unwrap();
        let lines = || {
            captured
                .0
                .lock()
                .unwrap()
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
        };
        let say = || {
            tracing::debug!("detail");
            lines()
        };
        with_default(&subscriber, || {
            assert_eq!(say(), 0);
            level.change("info,telemetry=debug").unwrap();
            assert_eq!(level.current(), "info,telemetry=debug");
            assert_eq!(say(), 1);
            for wrong in [
                "",
                "  ",
                "loud",
                "info,http_api=loud",
                &"a=info,".repeat(1_000),
            ] {
                level.change(wrong).unwrap_err();
            }
            assert_eq!(say(), 2);
            level.change("warn").unwrap();
            assert_eq!(say(), 2);
        });
        assert_eq!(
            (level.configured(), level.current().as_str()),
            ("info", "warn")
        );
    }
}

#[test]
fn spans_for_traces_are_neither_logged_nor_decided_about_by_the_level() {
    for (level, lines) in [("warn", 0), ("info", 1), ("trace", 1)] {
        let settings = LogSettings {
            level: level.to_owned(),
            format: LogFormat::Json,
            version: "1.2.3".to_owned(),
        };
        for tracer in [None, Some(untold())] {
            let is_traced = tracer.is_some();
            let captured = Captured::default();
            let writer = captured.clone();
            let (subscriber, _) =
                subscriber(&settings, false, move || writer.clone(), tracer).unwrap();
            with_default(&subscriber, || {
                let span = tracing::info_span!(target: SPANS, "HTTP", secret = "in a trace");
                assert_eq!(!span.is_disabled(), is_traced, "{level}");
                let _in_span = span.enter();
                tracing::info!("said");
            });
            let bytes = captured.0.lock().unwrap().clone();
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(text.lines().count(), lines, "{level}: {text}");
            assert!(!text.contains("in a trace"), "{text}");
        }
    }
}

/// Makes spans that nobody hears of.
fn untold() -> SdkTracer {
    use opentelemetry::trace::TracerProvider as _;
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
    provider.tracer("test")
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
fn messages_of_language_models_and_parameters_of_statements_are_not_logged_at_any_level() {
    for level in [
        "trace",
        "rmcp=trace",
        "info,rmcp=debug",
        "info,rmcp::service=trace",
        "info,[request]=trace",
        "info,tokio_postgres=debug",
        "info,tokio_postgres::query=trace",
    ] {
        let text = logged(LogFormat::Json, level, || {
            let _in_request = tracing::info_span!("request").entered();
            tracing::info!(target: "rmcp::service", "a profile");
            tracing::warn!(target: "rmcp::service", "a profile");
            tracing::debug!(target: "tokio_postgres::query", "a profile");
            tracing::info!(target: "tokio_postgres", "a profile");
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
    let lines = json_lines(|| tracing::error!(error = &error as &dyn std::error::Error, "failed"));
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
    let error = Telemetry::start(&settings, None).unwrap_err();
    assert!(error.to_string().contains("http_api=loud"), "{error}");
}

#[test]
fn formats_are_read_from_their_names() {
    assert_eq!("json".parse(), Ok(LogFormat::Json));
    assert_eq!("pretty".parse(), Ok(LogFormat::Pretty));
    assert_eq!("JSON".parse::<LogFormat>(), Err(UnknownLogFormat));
}

#[test]
fn warnings_are_written_at_once_and_what_was_said_before_with_them() {
    let settings = LogSettings {
        level: "info".to_owned(),
        format: LogFormat::Json,
        version: "1.2.3".to_owned(),
    };
    let captured = Captured::default();
    let gathered = Gathered::new(captured.clone()).unwrap();
    let (subscriber, _) = subscriber(&settings, false, gathered.clone(), None).unwrap();
    let said = || String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    with_default(&subscriber, || {
        // Whatever was written because this test was held up does not count.
        let at_once = (0..100).any(|_| {
            let before = said().len();
            tracing::info!("said");
            said().len() == before
        });
        assert!(at_once, "lines do not wait");
        tracing::warn!("failed");
        assert!(said().ends_with("}\n") && said().contains("failed"));
        tracing::error!("failed again");
        let said = said();
        let (first, last) = (
            said.find("said").unwrap(),
            said.find("failed again").unwrap(),
        );
        assert!(first < last, "{said}");
    });
}
