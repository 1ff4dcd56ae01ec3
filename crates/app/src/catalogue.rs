//! Reading and editing single scholarships.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::json_input::{JsonInputError, read_value};
use domain::{
    EditorialStatus, FieldError, Scholarship, ScholarshipContent, ScholarshipDocument,
    ScholarshipId, Timestamp,
};
use ports::{
    Actor, Change, Clock, IdGenerator, IdempotencyRecord, ScholarshipStore, SearchIndex,
    StoreError, WriteContext,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::follower::IndexFollower;
use domain::hexadecimal;

/// How long a POST can be repeated with the same key.
const IDEMPOTENCY_HOURS: i64 = 24;

/// Who looks: drafts are for editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Public,
    Editor,
}

impl Viewer {
    pub fn may_see(self, status: EditorialStatus) -> bool {
        self == Self::Editor || status != EditorialStatus::Draft
    }
}

/// The caller's wish that a repeated POST makes nothing twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRequest {
    /// Caller and key in one text; only a digest of it is kept, since it names a person.
    pub key: String,
    /// Digest of the request.
    pub fingerprint: String,
}

impl IdempotencyRequest {
    fn without_caller(self) -> Self {
        Self {
            key: hexadecimal(&Sha256::digest(self.key.as_bytes())),
            ..self
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<FieldError>),
    #[error("the idempotency key was used for another request")]
    IdempotencyConflict,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Catalogue {
    store: Arc<dyn ScholarshipStore>,
    index: Arc<dyn SearchIndex>,
    follower: Arc<IndexFollower>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl Catalogue {
    pub(crate) fn new(
        store: Arc<dyn ScholarshipStore>,
        index: Arc<dyn SearchIndex>,
        follower: Arc<IndexFollower>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            store,
            index,
            follower,
            clock,
            ids,
        }
    }

    /// One scholarship from the index: it answers while the store is down.
    pub fn get(&self, id: &ScholarshipId, viewer: Viewer) -> Option<Scholarship> {
        self.index
            .scholarship(id)
            .filter(|scholarship| viewer.may_see(scholarship.content.status))
    }

    /// Adds a scholarship. Repeated with the same key and content, it answers with the one that was made first.
    ///
    /// # Errors
    /// [`EditError::IdempotencyConflict`] when the key came with another request before; store errors.
    pub async fn create(
        &self,
        actor: Actor,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Scholarship, EditError> {
        let now = self.clock.now();
        let idempotency = idempotency.map(IdempotencyRequest::without_caller);
        let id = self.ids.scholarship_id();
        let record = idempotency.clone().map(|request| IdempotencyRecord {
            key: request.key,
            fingerprint: request.fingerprint,
            scholarship_id: id.clone(),
            expires_at: now + TimeDelta::hours(IDEMPOTENCY_HOURS),
        });
        let context = WriteContext { actor, now };
        match self.store.create(id, content, record, context).await {
            Ok(written) => {
                let id = &written.scholarship.id;
                self.follower.take_in(id, written.position).await;
                Ok(written.scholarship)
            }
            Err(StoreError::IdempotencyKeyTaken) => {
                let made = match &idempotency {
                    Some(request) => self.made_before(request, now).await?,
                    None => None,
                };
                made.ok_or(EditError::IdempotencyConflict)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn made_before(
        &self,
        request: &IdempotencyRequest,
        now: Timestamp,
    ) -> Result<Option<Scholarship>, EditError> {
        let Some(record) = self.store.idempotency_record(&request.key, now).await? else {
            return Ok(None);
        };
        if record.fingerprint != request.fingerprint {
            return Err(EditError::IdempotencyConflict);
        }
        let made = self.store.get(&record.scholarship_id).await?;
        Ok(Some(made.ok_or(StoreError::NotFound)?))
    }

    /// Replaces the content if the version is still `expected_version`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn replace(
        &self,
        actor: Actor,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
    ) -> Result<Scholarship, EditError> {
        let written = self
            .store
            .replace(id, content, expected_version, self.context(actor))
            .await?;
        self.follower.take_in(id, written.position).await;
        Ok(written.scholarship)
    }

    /// Applies a JSON merge patch (RFC 7396) if the version is still `expected_version`.
    ///
    /// # Errors
    /// [`EditError::Invalid`] when the patched document is not valid; store errors.
    pub async fn patch(
        &self,
        actor: Actor,
        id: &ScholarshipId,
        patch: &Value,
        expected_version: u64,
    ) -> Result<Scholarship, EditError> {
        // Not from the index, which may lag: versions begin again where an id was deleted and made again.
        let current = self.store.get(id).await?.ok_or(StoreError::NotFound)?;
        if current.version != expected_version {
            return Err(StoreError::VersionMismatch {
                actual: current.version,
            }
            .into());
        }
        let content = patched(&current.content, patch).map_err(EditError::Invalid)?;
        self.replace(actor, id, content, Some(expected_version))
            .await
    }

    /// Deletes the scholarship if its version is still `expected_version`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn delete(
        &self,
        actor: Actor,
        id: &ScholarshipId,
        expected_version: Option<u64>,
    ) -> Result<(), EditError> {
        let position = self
            .store
            .delete(id, expected_version, self.context(actor))
            .await?;
        self.follower.take_in(id, position).await;
        Ok(())
    }

    fn context(&self, actor: Actor) -> WriteContext {
        WriteContext {
            actor,
            now: self.clock.now(),
        }
    }

    /// A page of the whole catalogue for an export, in the order of ids; with `since`, of what changed, deletions included.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn export_page(
        &self,
        since: Option<Timestamp>,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        match since {
            Some(since) => self.store.changed_since(since, after, limit).await,
            None => {
                let page = self.store.page(after, limit).await?;
                Ok(page
                    .into_iter()
                    .map(|scholarship| Change::Upserted(Box::new(scholarship)))
                    .collect())
            }
        }
    }

    /// The store, for an import that runs through this process.
    pub fn store(&self) -> Arc<dyn ScholarshipStore> {
        Arc::clone(&self.store)
    }
}

/// The content after a merge patch on its document. Keys that say the same thing twice (`amount` and `award`,
/// `application_deadline` and `deadline`) give way to the one that the patch names.
fn patched(
    content: &ScholarshipContent,
    patch: &Value,
) -> Result<ScholarshipContent, Vec<FieldError>> {
    let invalid = |field: &str, message: &str| vec![FieldError::new(field, message)];
    let Value::Object(changes) = patch else {
        return Err(invalid("", "a merge patch must be a JSON object"));
    };
    let mut document = serde_json::to_value(ScholarshipDocument::from(content))
        .map_err(|_| invalid("", "the stored record cannot be shown"))?;
    let names = |key: &str| changes.get(key).is_some_and(|value| !value.is_null());
    if let Value::Object(base) = &mut document {
        if changes.contains_key("amount")
            && let Some(Value::Object(award)) = base.get_mut("award")
        {
            award.remove("min");
            award.remove("max");
        }
        if names("amount") || changes.contains_key("award") {
            base.remove("amount");
        }
        if changes.contains_key("application_deadline") && !names("deadline") {
            keep_only(base.get_mut("deadline"), &["opens_on", "text"]);
        }
        if changes.contains_key("application_deadline") || changes.contains_key("deadline") {
            base.remove("application_deadline");
        }
        // Another kind of deadline has other keys.
        if changes
            .get("deadline")
            .and_then(|deadline| deadline.get("kind"))
            .is_some()
        {
            keep_only(base.get_mut("deadline"), &["opens_on", "text"]);
        }
    }
    merge(&mut document, patch);
    let document: ScholarshipDocument = read_value(document).map_err(|error| match error {
        JsonInputError::Field(field) => vec![field],
        malformed @ JsonInputError::Malformed { .. } => invalid("", &malformed.to_string()),
    })?;
    document.into_content()
}

fn keep_only(value: Option<&mut Value>, keys: &[&str]) {
    if let Some(Value::Object(object)) = value {
        object.retain(|key, _| keys.contains(&key.as_str()));
        object.insert("kind".to_owned(), Value::from("unknown"));
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(object) = target {
        for (key, change) in changes {
            if change.is_null() {
                object.remove(key);
            } else {
                merge(object.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(json: Value) -> ScholarshipContent {
        read_value::<ScholarshipDocument>(json)
            .expect("a document")
            .into_content()
            .expect("valid")
    }

    #[test]
    fn merge_follows_the_examples_of_the_standard() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ] {
            let mut merged = target;
            merge(&mut merged, &patch);
            assert_eq!(merged, result);
        }
    }

    #[test]
    fn twin_keys_give_way_to_the_one_that_the_patch_names() {
        let base = content(
            json!({"name": "N", "organization": "O", "award": {"min": 1, "max": 5}, "application_deadline": "2027-03-01"}),
        );
        let patch = |patch: Value| patched(&base, &patch).expect("valid");
        assert_eq!(patch(json!({"amount": 9})).award.most(), Some(900));
        assert_eq!(patch(json!({"amount": null})).award.most(), None);
        assert_eq!(patch(json!({"award": {"max": 7}})).award.most(), Some(700));
        assert_eq!(patch(json!({"name": "M"})).award, base.award);
        assert_eq!(patch(json!({"name": "M"})).deadline, base.deadline);
        assert_ne!(
            patch(json!({"application_deadline": "2027-04-01"})).deadline,
            base.deadline
        );
        assert!(
            patch(json!({"application_deadline": null}))
                .deadline
                .expires_at()
                .is_none()
        );
        assert!(
            patch(json!({"deadline": {"kind": "annual", "month": 3, "day": 1}}))
                .deadline
                .expires_at()
                .is_none()
        );
        assert!(patched(&base, &json!({"nmae": "x"})).is_err());
        assert!(patched(&base, &json!({"name": null})).is_err());
        assert!(patched(&base, &json!([])).is_err());
    }
}
