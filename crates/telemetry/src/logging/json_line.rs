//! The JSON form of a log event: one flat object a line.

use std::error::Error;
use std::fmt;
use std::fmt::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Events of the `log` facade carry where they come from in fields with this prefix.
const FACADE_PREFIX: &str = "log.";
const FACADE_TARGET: &str = "log.target";

/// Writes the fields of an event and of the spans around it (`request_id` and `trace_id` among them), the innermost
/// value where a name stands twice, and `timestamp`, `level`, `target` and `version`, which no field can replace.
///
/// The spans' fields must have been formatted by [`tracing_subscriber::fmt::format::JsonFields`].
pub(super) struct JsonLine {
    version: String,
}

impl JsonLine {
    pub(super) fn new(version: String) -> Self {
        Self { version }
    }
}

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = EventFields::default();
        event.record(&mut fields);
        let EventFields(mut line) = fields;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(formatted) = span.extensions().get::<FormattedFields<N>>()
                && let Ok(of_span) = serde_json::from_str::<Map<String, Value>>(&formatted.fields)
            {
                for (name, value) in of_span {
                    line.entry(name).or_insert(value);
                }
            }
        }
        let target = match line.remove(FACADE_TARGET) {
            Some(target) => target,
            None => Value::from(event.metadata().target()),
        };
        line.retain(|name, _| !name.starts_with(FACADE_PREFIX));
        line.insert("target".to_owned(), target);
        line.insert("timestamp".to_owned(), Value::from(timestamp()?));
        let level = event.metadata().level().as_str();
        line.insert("level".to_owned(), Value::from(level));
        line.insert("version".to_owned(), Value::from(self.version.as_str()));
        let text = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

fn timestamp() -> Result<String, fmt::Error> {
    let mut text = String::with_capacity(32);
    SystemTime.format_time(&mut Writer::new(&mut text))?;
    Ok(text)
}

#[derive(Default)]
struct EventFields(Map<String, Value>);

impl EventFields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for EventFields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            // A `String` takes whatever is written to it; nothing can fail.
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.insert(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}
