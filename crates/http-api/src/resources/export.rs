//! The whole catalogue as a stream, for those who keep a copy.

use actix_web::{HttpRequest, HttpResponse, get, web};
use app::catalogue::Viewer;
use app::import::{csv_header, csv_row};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{ScholarshipDocument, ScholarshipId, Timestamp};
use futures_util::{Stream, stream};
use ports::{Change, StoreError};
use serde::Serialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::answer::append;
use crate::caller::Anyone;
use crate::error::ApiError;
use crate::query::QueryReader;
use crate::state::ApiState;

/// Scholarships read from the store at once: bounds the memory of one export.
const PAGE: usize = 500;

pub(crate) fn configure(service: &mut ServiceConfig<'_>) {
    service.service(export_scholarships);
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; the handler reads them")]
struct ExportParameters {
    /// `ndjson` (the default) or `csv`.
    #[param(pattern = "^(ndjson|csv)$")]
    format: Option<String>,
    /// Only what changed since this instant, deletions included; with `ndjson` only.
    updated_since: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Ndjson,
    Csv,
}

impl Format {
    fn of(word: &str) -> Option<Self> {
        match word {
            "ndjson" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Export the catalogue
///
/// In the order of ids, in the formats that the import reads. With `updated_since`, a line with `"deleted": true` stands for
/// what is no longer there. Drafts are for the scope scholarships:write. Should the store fail, the stream breaks off.
#[utoipa::path(
    tag = "Catalogue",
    params(ExportParameters),
    responses((status = 200, description = "All scholarships", content(
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )))
)]
#[get("/api/v1/scholarships/export")]
async fn export_scholarships(
    request: HttpRequest,
    state: web::Data<ApiState>,
    caller: Anyone,
) -> Result<HttpResponse, ApiError> {
    let mut reader = QueryReader::new(request.query_string())?;
    let format = reader.scalar("format", "ndjson or csv", Format::of);
    let format = format.unwrap_or(Format::Ndjson);
    let since = reader.scalar(
        "updated_since",
        "an instant such as 2027-03-01T00:00:00Z",
        |text| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()),
    );
    if since.is_some() && format == Format::Csv {
        reader.refuse(
            "updated_since",
            "goes with ndjson only: CSV cannot show deletions",
        );
    }
    reader.finish()?;
    let mut export = Export {
        state,
        viewer: caller.viewer(),
        format,
        since,
        after: None,
        ended: false,
    };
    // Read before the answer begins: a store that is down is a 503.
    let mut first = match format {
        Format::Csv => csv_header().into_bytes(),
        Format::Ndjson => Vec::new(),
    };
    first.append(&mut export.next().await?);
    Ok(HttpResponse::Ok()
        .content_type(format.content_type())
        .streaming(export.lines(first)))
}

struct Export {
    state: web::Data<ApiState>,
    viewer: Viewer,
    format: Format,
    since: Option<Timestamp>,
    after: Option<ScholarshipId>,
    ended: bool,
}

/// A line for what is no longer there.
#[derive(Serialize)]
struct Deletion<'a> {
    id: &'a ScholarshipId,
    deleted: bool,
    deleted_at: Timestamp,
}

impl Export {
    /// The next page is read when the connection has taken this one.
    fn lines(self, first: Vec<u8>) -> impl Stream<Item = Result<Bytes, ApiError>> {
        stream::unfold((self, Some(first)), |(mut export, ready)| async move {
            let mut lines = ready.unwrap_or_default();
            while lines.is_empty() && !export.ended {
                match export.next().await {
                    Ok(next) => lines = next,
                    Err(error) => {
                        export.ended = true;
                        return Some((Err(error.into()), (export, None)));
                    }
                }
            }
            (!lines.is_empty()).then(|| (Ok(Bytes::from(lines)), (export, None)))
        })
    }

    async fn next(&mut self) -> Result<Vec<u8>, StoreError> {
        let catalogue = &self.state.application.catalogue;
        let page = catalogue
            .export_page(self.since, self.after.as_ref(), PAGE)
            .await?;
        self.ended = page.len() < PAGE;
        self.after = page.last().map(|change| change.id().clone());
        let mut lines = Vec::new();
        for change in &page {
            self.append(&mut lines, change);
        }
        Ok(lines)
    }

    fn append(&self, lines: &mut Vec<u8>, change: &Change) {
        match change {
            Change::Upserted(scholarship) if self.viewer.may_see(scholarship.content.status) => {
                match self.format {
                    Format::Csv => lines.extend_from_slice(csv_row(scholarship).as_bytes()),
                    Format::Ndjson => {
                        append(lines, &ScholarshipDocument::from(&**scholarship));
                        lines.push(b'\n');
                    }
                }
            }
            // For the public, what became a draft is gone.
            Change::Upserted(scholarship) => {
                self.append_deletion(lines, &scholarship.id, scholarship.updated_at);
            }
            Change::Deleted { id, at } => self.append_deletion(lines, id, *at),
        }
    }

    fn append_deletion(&self, lines: &mut Vec<u8>, id: &ScholarshipId, deleted_at: Timestamp) {
        if self.since.is_none() {
            return;
        }
        let deletion = Deletion {
            id,
            deleted: true,
            deleted_at,
        };
        append(lines, &deletion);
        lines.push(b'\n');
    }
}
