//! Entity tags and preconditions (RFC 9110, sections 8.8 and 13).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use domain::{Scholarship, hexadecimal};
use sha2::{Digest, Sha256};

use crate::error::{ApiError, ErrorCode};

/// The strong tag of a scholarship, `"<version>-<digest>"`. The digest tells apart records that took the same id one after
/// the other.
pub(crate) fn entity_tag(scholarship: &Scholarship) -> String {
    let mut digest = Sha256::new();
    digest.update(scholarship.id.as_str());
    digest.update([0]);
    digest.update(scholarship.version.to_be_bytes());
    digest.update(scholarship.updated_at.timestamp_micros().to_be_bytes());
    let short = hexadecimal(&digest.finalize()[..8]);
    format!("\"{}-{short}\"", scholarship.version)
}

pub(crate) fn entity_tag_header(scholarship: &Scholarship) -> HeaderValue {
    HeaderValue::from_str(&entity_tag(scholarship))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Whether `If-None-Match` names the present state, compared weakly as the standard asks.
pub(crate) fn is_unchanged(request: &HttpRequest, scholarship: &Scholarship) -> bool {
    is_known(request, &entity_tag(scholarship))
}

/// Whether `If-None-Match` names this tag, compared weakly.
pub(crate) fn is_known(request: &HttpRequest, current: &str) -> bool {
    let current = opaque(current);
    let tags = tags(request, &IF_NONE_MATCH);
    tags.iter().any(|tag| tag == "*" || opaque(tag) == current)
}

/// A tag without its mark of weakness.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// What `If-Match` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// `*`: any existing state.
    Any,
    /// This version.
    Version(u64),
}

impl Precondition {
    pub(crate) fn version(self) -> Option<u64> {
        match self {
            Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }
}

/// The precondition of an update. `current` is the state that this process knows; the store has the last word on the
/// version.
///
/// # Errors
/// `PRECONDITION_REQUIRED` without `If-Match`; `PRECONDITION_FAILED` when no tag can match.
pub(crate) fn precondition(
    request: &HttpRequest,
    current: Option<&Scholarship>,
) -> Result<Precondition, ApiError> {
    let tags = tags(request, &IF_MATCH);
    if tags.is_empty() {
        return Err(ApiError::new(ErrorCode::PreconditionRequired));
    }
    if tags.iter().any(|tag| tag == "*") {
        return Ok(Precondition::Any);
    }
    if let Some(scholarship) = current
        && tags.contains(&entity_tag(scholarship))
    {
        return Ok(Precondition::Version(scholarship.version));
    }
    // A tag of a version that another replica has written and this one does not know yet.
    let newer = tags
        .iter()
        .filter_map(|tag| version_of(tag))
        .find(|version| current.is_none_or(|known| *version > known.version));
    newer
        .map(Precondition::Version)
        .ok_or_else(|| ApiError::new(ErrorCode::PreconditionFailed))
}

fn version_of(tag: &str) -> Option<u64> {
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    let (version, digest) = inner.split_once('-')?;
    let fine = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    version.parse().ok().filter(|_| fine)
}

fn tags(request: &HttpRequest, header: &HeaderName) -> Vec<String> {
    request
        .headers()
        .get_all(header)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect()
}
