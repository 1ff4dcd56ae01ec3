//! The JSON form of a log event: one flat object a line.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::fmt::Write;
use std::ops::Range;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Events of the `log` facade have this target, and carry where they come from in fields with this prefix.
const FACADE: &str = "log";
const FACADE_PREFIX: &str = "log.";
const FACADE_TARGET: &str = "log.target";
/// Between the members of a span: no JSON text has it, as strings have it escaped.
const NEXT_MEMBER: u8 = b'\n';
/// Bytes that a thread keeps for its next line, at most.
const KEPT: usize = 16 * 1024;

/// Writes the fields of an event and of the spans around it (`request_id` and `trace_id` among them), the innermost
/// value where a name stands twice, and `timestamp`, `level`, `target` and `version`, which no field can replace.
///
/// A line is written for every request, so values become text once, in place, and those of spans are taken over as the text
/// that they are. The spans' fields must have been formatted by [`SpanMembers`].
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
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = Members::separated_by(b',');
        line.room.json.push(b'{');
        line.add_timestamp()?;
        line.add("level", metadata.level().as_str());
        line.add("version", &self.version);
        let mut target = FacadeTarget::default();
        if metadata.target() == FACADE {
            event.record(&mut target);
        }
        line.add("target", target.0.as_deref().unwrap_or(metadata.target()));
        event.record(&mut line);
        for span in context.event_scope().into_iter().flatten() {
            if let Some(formatted) = span.extensions().get::<FormattedFields<N>>() {
                // What was recorded last is meant.
                for member in formatted.fields.rsplit(char::from(NEXT_MEMBER)) {
                    line.take_over(member);
                }
            }
        }
        line.room.json.extend_from_slice(b"}\n");
        line.write_to(writer)
    }
}

/// Keeps the fields of a span as members of a JSON object, each ready for a line.
pub(super) struct SpanMembers;

impl<'writer> FormatFields<'writer> for SpanMembers {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members::separated_by(NEXT_MEMBER);
        fields.record(&mut members);
        members.write_to(writer)
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        if !current.fields.is_empty() {
            current.fields.push(char::from(NEXT_MEMBER));
        }
        self.format_fields(current.as_writer(), fields)
    }
}

/// Members of a JSON object in the making; of several values of one name the first stays. What the facade says is left out.
struct Members {
    room: Room,
    separator: u8,
}

/// Where lines are put together. Each thread has one for all of its lines: a line that were made of pieces of its own would cost
/// twice as much.
#[derive(Default)]
struct Room {
    json: Vec<u8>,
    /// Where in it the names are.
    names: Vec<Range<usize>>,
    time: String,
}

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

impl Members {
    fn separated_by(separator: u8) -> Self {
        let mut room = ROOM.take();
        room.json.clear();
        room.names.clear();
        Self { room, separator }
    }

    fn write_to(self, mut writer: Writer<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.room.json).map_err(|_| fmt::Error)?;
        writer.write_str(text)?;
        if self.room.json.capacity() <= KEPT {
            ROOM.set(self.room);
        }
        Ok(())
    }

    /// `None` when nothing of this name is wanted; otherwise where the member begins.
    fn begin(&mut self, name: &str) -> Option<usize> {
        let Room { json, names, .. } = &mut self.room;
        let is_name = |known: &Range<usize>| json.get(known.clone()) == Some(name.as_bytes());
        if name.starts_with(FACADE_PREFIX) || names.iter().any(is_name) {
            return None;
        }
        let before = json.len();
        if !names.is_empty() {
            json.push(self.separator);
        }
        Some(before)
    }

    fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let Some(before) = self.begin(name) else {
            return;
        };
        let Room { json, names, .. } = &mut self.room;
        // Names of fields are words of code: there is nothing in them to escape.
        json.push(b'"');
        let start = json.len();
        json.extend_from_slice(name.as_bytes());
        let end = json.len();
        json.extend_from_slice(b"\":");
        match serde_json::to_writer(&mut *json, value) {
            Ok(()) => names.push(start..end),
            // Not a value that JSON has; the rest of the line is worth having.
            Err(_) => json.truncate(before),
        }
    }

    fn add_timestamp(&mut self) -> fmt::Result {
        let mut time = std::mem::take(&mut self.room.time);
        time.clear();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        self.add("timestamp", &time);
        self.room.time = time;
        Ok(())
    }

    /// A member that is text already.
    fn take_over(&mut self, member: &str) {
        let name = member.get(1..).and_then(|rest| rest.split_once("\":"));
        let Some((name, _)) = name else {
            return;
        };
        if self.begin(name).is_none() {
            return;
        }
        let start = self.room.json.len() + 1;
        self.room.json.extend_from_slice(member.as_bytes());
        self.room.names.push(start..start + name.len());
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

impl Visit for Members {
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
