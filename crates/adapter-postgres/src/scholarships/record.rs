//! Rows and records: the content as one JSON document, the store's own facts in columns beside it.

use std::sync::Arc;

use diesel::prelude::*;
use domain::{Scholarship, ScholarshipContent, ScholarshipDocument, ScholarshipId, Timestamp};
use ports::{FeedPosition, Written};
use sha2::{Digest as _, Sha256};

use crate::failure::{Failure, Unreadable};
use crate::schema::scholarships;

/// A content ready to be written.
pub(super) struct Prepared {
    pub(super) source: Option<String>,
    pub(super) source_id: Option<String>,
    /// SHA-256 of the document, by which equal content is found.
    pub(super) digest: Vec<u8>,
    pub(super) document: String,
}

impl Prepared {
    pub(super) fn of(content: &ScholarshipContent) -> Result<Self, Failure> {
        let document =
            serde_json::to_string(&ScholarshipDocument::from(content)).map_err(|error| {
                Failure::unreadable(&content.name, Unreadable::Json(Arc::new(error)))
            })?;
        Ok(Self {
            source: content.provenance.source.clone(),
            source_id: content.provenance.source_id.clone(),
            digest: Sha256::digest(document.as_bytes()).to_vec(),
            document,
        })
    }

    /// Source and source id, when the record has both.
    pub(super) fn origin(&self) -> Option<(&str, &str)> {
        Some((self.source.as_deref()?, self.source_id.as_deref()?))
    }
}

/// What the store gave to a record that was written.
pub(super) struct Stamp {
    pub(super) version: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) position: FeedPosition,
}

impl Stamp {
    pub(super) fn written(self, id: ScholarshipId, content: ScholarshipContent) -> Written {
        Written {
            scholarship: Scholarship {
                id,
                content,
                version: self.version,
                created_at: self.created_at,
                updated_at: self.updated_at,
            },
            position: self.position,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = scholarships)]
pub(super) struct Row {
    pub(super) id: String,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    document: String,
}

impl Row {
    pub(super) fn into_scholarship(self) -> Result<Scholarship, Failure> {
        let unreadable = |reason| Failure::unreadable(&self.id, reason);
        let mut document: ScholarshipDocument = serde_json::from_str(&self.document)
            .map_err(|error| unreadable(Unreadable::Json(Arc::new(error))))?;
        document.id = Some(identifier(&self.id)?);
        document.version = Some(version(&self.id, self.version)?);
        document.created_at = Some(self.created_at);
        document.updated_at = Some(self.updated_at);
        document
            .into_scholarship()
            .map_err(|errors| unreadable(Unreadable::Fields(errors)))
    }
}

pub(crate) fn identifier(id: &str) -> Result<ScholarshipId, Failure> {
    ScholarshipId::parse(id).map_err(|_| Failure::unreadable(id, Unreadable::Column("id")))
}

pub(super) fn version(of: &str, version: i64) -> Result<u64, Failure> {
    u64::try_from(version).map_err(|_| Failure::unreadable(of, Unreadable::Column("version")))
}
