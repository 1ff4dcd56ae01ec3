//! Importing records, one verdict per record, while they arrive.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::{HttpRequest, HttpResponse, post, web};
use app::import::{
    ImportFormat, ImportReport, ImportSession, LineVerdict, ParsedRecord, RecordReader,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::append;
use crate::body::{is_encoded, media_type, unreadable};
use crate::caller::{Allowed, WriteScholarships};
use crate::error::{ApiError, ErrorCode};
use crate::query::QueryReader;
use crate::state::ApiState;

/// After so long without input, what waits for a full batch is written.
const PAUSE: Duration = Duration::from_millis(250);

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(import_scholarships);
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct ImportParameters {
    /// `auto`, `ndjson`, `json`, `csv` or `open-scholarships`; by Content-Type when not given.
    #[param(pattern = "^(auto|ndjson|json|csv|open-scholarships)$")]
    format: Option<String>,
    /// Says what would happen, and writes nothing.
    dry_run: Option<bool>,
}

/// Import records
///
/// Takes NDJSON, a JSON array, CSV with a header, or the Open Scholarships schema, up to 256 MiB, and answers while it reads:
/// one line of JSON per record with its line, status and errors, then a line with the `summary`. Clients must read the answer
/// while they send. An import that breaks off leaves whole records and may be repeated; a line with `error` says why it did.
#[utoipa::path(
    tag = "Catalogue",
    params(ImportParameters),
    request_body(content(
        (String = "application/x-ndjson", example = json!("{\"name\":\"Silver State Award\",\"organization\":\"Example Foundation\"}\n")),
        (Vec<domain::ScholarshipDocument> = "application/json"),
        (String = "text/csv", example = json!("name,organization\nSilver State Award,Example Foundation\n")),
    )),
    responses((status = 200, description = "One verdict a line, and a summary", body = String, content_type = "application/x-ndjson"))
)]
#[post("/api/v1/scholarships/import")]
async fn import_scholarships(
    request: HttpRequest,
    state: web::Data<ApiState>,
    writer: Allowed<WriteScholarships>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let expected = "auto, ndjson, json, csv or open-scholarships";
    let format = reader.scalar("format", expected, |text| text.parse().ok());
    let dry_run = reader.truth("dry_run").unwrap_or(false);
    reader.finish()?;
    let format = format_of(&request, format)?;
    let limit = state.settings.max_import_body;
    let announced = request.headers().get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let store = state.application.catalogue.store();
    let session = ImportSession::new(store, writer.actor(), dry_run);
    let import = Import {
        reader: RecordReader::new(format),
        session: Some(session),
        payload: Box::pin(payload),
        received: 0,
        idle: Duration::ZERO,
        state,
    };
    // The encoding keeps the layer for compression out: it would hold lines back.
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(import.lines()))
}

fn too_large(limit: u64) -> ApiError {
    ApiError::new(ErrorCode::BodyTooLarge)
        .detail(format!("An import may have at most {limit} bytes."))
}

/// The format that the parameter or else the media type names.
fn format_of(
    request: &HttpRequest,
    parameter: Option<ImportFormat>,
) -> Result<ImportFormat, ApiError> {
    if is_encoded(request) {
        let detail = "The body must not have a Content-Encoding.";
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType).detail(detail));
    }
    let named = match media_type(request).as_deref() {
        Some("application/x-ndjson" | "application/ndjson" | "application/jsonl") => {
            Some(ImportFormat::Ndjson)
        }
        Some("application/json") => Some(ImportFormat::Json),
        Some("text/csv") => Some(ImportFormat::Csv),
        _ => None,
    };
    parameter.or(named).ok_or_else(|| {
        ApiError::new(ErrorCode::UnsupportedMediaType).detail(
            "The body must be application/x-ndjson, application/json or text/csv in UTF-8, or format must name what it is.",
        )
    })
}

/// An import under way; dropped with its connection, which leaves whole batches.
struct Import {
    reader: RecordReader,
    /// Taken when the import has ended.
    session: Option<ImportSession>,
    payload: std::pin::Pin<Box<web::Payload>>,
    received: u64,
    idle: Duration,
    state: web::Data<ApiState>,
}

/// The last line of an import that reached its end.
#[derive(Serialize)]
struct Summary<'a> {
    summary: Totals<'a>,
}

#[derive(Serialize)]
struct Totals<'a> {
    records: u64,
    created: &'a u64,
    updated: &'a u64,
    unchanged: &'a u64,
    rejected: &'a u64,
    /// Records that were taken with something left out.
    noted: &'a u64,
}

/// The last line of an import that broke off.
#[derive(Serialize)]
struct BrokenOff {
    error: Reason,
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    detail: String,
}

impl Import {
    fn lines(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        let over = Rc::new(Cell::new(None));
        let kept = Rc::clone(&over);
        let lines = stream::unfold(self, move |mut import| {
            let over = Rc::clone(&over);
            async move {
                while import.session.is_some() {
                    let lines = match import.step().await {
                        Ok(lines) => lines,
                        Err(error) => {
                            import.session = None;
                            broken_off(&error)
                        }
                    };
                    if !lines.is_empty() {
                        return Some((Ok(Bytes::from(lines)), import));
                    }
                }
                // As long as somebody could read the rest of the body, the server closes the connection after the answer;
                // otherwise it would wait for that rest, which may never come.
                over.set(Some(import));
                None
            }
        });
        lines.inspect(move |_| {
            let _ = &kept;
        })
    }

    /// Waits for one chunk, a pause or the end, and answers with the lines that follow from it.
    async fn step(&mut self) -> Result<Vec<u8>, ApiError> {
        let chunk = match tokio::time::timeout(PAUSE, self.payload.next()).await {
            Err(_) => return self.pause().await,
            Ok(None) => return self.end().await,
            Ok(Some(chunk)) => chunk.map_err(|error| unreadable(&error))?,
        };
        self.idle = Duration::ZERO;
        self.received += chunk.len() as u64;
        let limit = self.state.settings.max_import_body;
        if self.received > limit {
            return Err(too_large(limit));
        }
        let records = self.reader.push(&chunk);
        if self.reader.has_stopped() {
            let mut lines = self.accept(records).await?;
            lines.append(&mut self.end().await?);
            return Ok(lines);
        }
        self.accept(records).await
    }

    async fn accept(&mut self, records: Vec<ParsedRecord>) -> Result<Vec<u8>, ApiError> {
        let Some(session) = &mut self.session else {
            return Ok(Vec::new());
        };
        let now = self.state.application.clock.now();
        Ok(verdict_lines(&session.accept(records, now).await?))
    }

    async fn pause(&mut self) -> Result<Vec<u8>, ApiError> {
        self.idle += PAUSE;
        if self.idle >= self.state.settings.import_idle_timeout {
            return Err(ApiError::new(ErrorCode::BodyTimeout));
        }
        let Some(session) = &mut self.session else {
            return Ok(Vec::new());
        };
        let now = self.state.application.clock.now();
        Ok(verdict_lines(&session.flush(now).await?))
    }

    async fn end(&mut self) -> Result<Vec<u8>, ApiError> {
        let rest = self.reader.finish();
        let mut lines = self.accept(rest).await?;
        let Some(session) = self.session.take() else {
            return Ok(lines);
        };
        let application = &self.state.application;
        let (verdicts, report) = session.finish(application.clock.now()).await?;
        lines.append(&mut verdict_lines(&verdicts));
        // Who reads the summary finds what was imported.
        if let Some(since) = report.written_since {
            let follower = &application.follower;
            follower.take_in_import(since, report.position).await;
        }
        append(&mut lines, &summary(&report));
        lines.push(b'\n');
        Ok(lines)
    }
}

fn verdict_lines(verdicts: &[LineVerdict]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(verdicts.len() * 96);
    for verdict in verdicts {
        append(&mut lines, verdict);
        lines.push(b'\n');
    }
    lines
}

fn summary(report: &ImportReport) -> Summary<'_> {
    Summary {
        summary: Totals {
            records: report.records(),
            created: &report.created,
            updated: &report.updated,
            unchanged: &report.unchanged,
            rejected: &report.rejected,
            noted: &report.noted,
        },
    }
}

fn broken_off(error: &ApiError) -> Vec<u8> {
    let mut line = Vec::new();
    let reason = Reason {
        code: error.code().as_str(),
        detail: error.detail_text().to_owned(),
    };
    append(&mut line, &BrokenOff { error: reason });
    line.push(b'\n');
    line
}
