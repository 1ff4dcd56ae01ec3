//! Parameters that several endpoints share, as the query string or a JSON body gives them.

mod filters;
mod profile;
mod search;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use domain::FieldError;
use std::future::{Ready, ready};

pub(crate) use filters::{FilterParameters, GradeLevelWord};
pub(crate) use profile::{ProfileParameters, read_profile};
pub(crate) use search::{MAX_QUERY, SearchParameters, status_needs_editor};

use crate::error::ApiError;
use crate::query::QueryReader;

/// Largest offset; beyond it a cursor goes on.
pub(crate) const MAX_OFFSET: u64 = 10_000;
const MAX_LIMIT: u64 = 100;
const DEFAULT_LIMIT: usize = 20;

/// Checks that an endpoint without query parameters got none.
pub(crate) struct NoParameters;

impl FromRequest for NoParameters {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = request.query_string();
        let checked = if query.is_empty() {
            Ok(())
        } else {
            QueryReader::new(query).and_then(QueryReader::finish)
        };
        ready(checked.map(|()| Self))
    }
}

/// 1 to 100; 20 when not given.
pub(crate) fn checked_limit(limit: Option<u64>, errors: &mut Vec<FieldError>) -> usize {
    let Some(limit) = limit else {
        return DEFAULT_LIMIT;
    };
    if !(1..=MAX_LIMIT).contains(&limit) {
        let message = format!("must be a whole number from 1 to {MAX_LIMIT}");
        errors.push(FieldError::new("limit", message));
    }
    usize::try_from(limit.min(MAX_LIMIT)).unwrap_or(DEFAULT_LIMIT)
}

/// 0 to 10,000; 0 when not given, and with a cursor, which says itself where to go on.
pub(crate) fn checked_offset(
    offset: Option<u64>,
    cursor: Option<&str>,
    errors: &mut Vec<FieldError>,
) -> usize {
    let offset = offset.unwrap_or(0);
    if offset > 0 && cursor.is_some() {
        let message = "goes without cursor, which says where to go on";
        errors.push(FieldError::new("offset", message));
    }
    if offset > MAX_OFFSET {
        let message =
            format!("must be at most {MAX_OFFSET}; go on with page.next_cursor as cursor");
        errors.push(FieldError::new("offset", message));
    }
    usize::try_from(offset.min(MAX_OFFSET)).unwrap_or(0)
}
