//! The JSON form of a log event: one flat object a line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fmt::Write;

use serde::Serialize;
use serde_json::value::RawValue;
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
/// A line is written for every request, so values become text once, in place, and those of spans are taken over as the text
/// that they are. The spans' fields must have been formatted by [`tracing_subscriber::fmt::format::JsonFields`].
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
        let mut line = Line::default();
        let mut timestamp = String::with_capacity(32);
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        line.add("timestamp", &timestamp);
        line.add("level", event.metadata().level().as_str());
        line.add("version", &self.version);
        let mut target = FacadeTarget::default();
        event.record(&mut target);
        line.add(
            "target",
            target.0.as_deref().unwrap_or(event.metadata().target()),
        );
        event.record(&mut line);
        for span in context.event_scope().into_iter().flatten() {
            if let Some(formatted) = span.extensions().get::<FormattedFields<N>>()
                && let Ok(of_span) =
                    serde_json::from_str::<BTreeMap<&str, &RawValue>>(&formatted.fields)
            {
                for (name, value) in of_span {
                    line.add(name.to_owned(), value);
                }
            }
        }
        writer.write_str(&line.end()?)
    }
}

/// A JSON object in the making; of several values of one name the first stays. What the facade says is left out.
struct Line {
    json: Vec<u8>,
    names: Vec<Cow<'static, str>>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            json: Vec::with_capacity(512),
            names: Vec::with_capacity(16),
        }
    }
}

impl Line {
    fn add(&mut self, name: impl Into<Cow<'static, str>>, value: &(impl Serialize + ?Sized)) {
        let name = name.into();
        if name.starts_with(FACADE_PREFIX) || self.names.contains(&name) {
            return;
        }
        let before = self.json.len();
        self.json.push(if before == 0 { b'{' } else { b',' });
        let named = serde_json::to_writer(&mut self.json, &*name);
        self.json.push(b':');
        match named.and_then(|()| serde_json::to_writer(&mut self.json, value)) {
            Ok(()) => self.names.push(name),
            // Not a value that JSON has; the rest of the line is worth having.
            Err(_) => self.json.truncate(before),
        }
    }

    fn end(mut self) -> Result<String, fmt::Error> {
        self.json.extend_from_slice(b"}\n");
        String::from_utf8(self.json).map_err(|_| fmt::Error)
    }
}

/// Where an event of the `log` facade comes from.
#[derive(Default)]
struct FacadeTarget(Option<String>);

impl Visit for FacadeTarget {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FACADE_TARGET {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            // A `String` takes whatever is written to it; nothing can fail.
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.add(field.name(), text.as_str());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}").as_str());
    }
}
