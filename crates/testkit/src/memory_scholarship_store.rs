//! A fake catalogue that passes the contract of the real ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::{Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use ports::{
    AuditAction, AuditEntry, AuditLog, CatalogueFingerprint, Change, ChangeBatch, FeedPosition,
    IdempotencyRecord, ScholarshipStore, StoreError, StoreHealth, UpsertItem, UpsertOutcome,
    WriteContext, Written,
};

use crate::content_digest;

/// Everything under one lock; clones share it, nothing survives.
#[derive(Debug, Clone, Default)]
pub struct MemoryScholarshipStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    records: BTreeMap<ScholarshipId, Scholarship>,
    /// The newest entry of each id: sequence and instant.
    log: BTreeMap<ScholarshipId, (u64, Timestamp)>,
    sequence: u64,
    idempotency: BTreeMap<String, IdempotencyRecord>,
    audit: Vec<AuditEntry>,
}

impl MemoryScholarshipStore {
    /// Puts everything, the log too, back to what another store holds now, as restoring a backup does.
    pub fn restore(&self, backup: &Self) {
        let backup = backup.state().clone();
        *self.state() = backup;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The precision that a real store keeps.
fn stored(instant: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}

fn origin(content: &ScholarshipContent) -> Option<(&str, &str)> {
    let provenance = &content.provenance;
    Some((
        provenance.source.as_deref()?,
        provenance.source_id.as_deref()?,
    ))
}

impl State {
    fn head(&self) -> FeedPosition {
        FeedPosition {
            transaction: 0,
            sequence: self.sequence,
        }
    }

    fn append(&mut self, id: &ScholarshipId, now: Timestamp) {
        self.sequence += 1;
        self.log.insert(id.clone(), (self.sequence, stored(now)));
    }

    fn owner(&self, content: &ScholarshipContent) -> Option<ScholarshipId> {
        let wanted = origin(content)?;
        self.records
            .values()
            .find(|record| origin(&record.content) == Some(wanted))
            .map(|record| record.id.clone())
    }

    fn put(
        &mut self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        action: AuditAction,
        context: &WriteContext,
    ) -> Scholarship {
        let now = context.now;
        let present = self.records.get(id);
        let before = present.map(|record| content_digest(&record.content));
        let after = Some(content_digest(&content));
        let record = Scholarship {
            id: id.clone(),
            content,
            version: present.map_or(0, |record| record.version) + 1,
            created_at: present.map_or_else(|| stored(now), |record| record.created_at),
            updated_at: stored(now),
        };
        self.records.insert(id.clone(), record.clone());
        self.append(id, now);
        self.note(id, action, (before, after), context);
        record
    }

    fn note(
        &mut self,
        id: &ScholarshipId,
        action: AuditAction,
        (digest_before, digest_after): (Option<[u8; 32]>, Option<[u8; 32]>),
        context: &WriteContext,
    ) {
        self.audit.push(AuditEntry {
            sequence: self.audit.len() as u64 + 1,
            at: stored(context.now),
            actor: context.actor.clone(),
            action,
            scholarship_id: id.clone(),
            digest_before,
            digest_after,
        });
    }

    fn expect_version(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
    ) -> Result<(), StoreError> {
        let actual = self.records.get(id).ok_or(StoreError::NotFound)?.version;
        match expected_version {
            Some(expected) if expected != actual => Err(StoreError::VersionMismatch { actual }),
            _ => Ok(()),
        }
    }

    fn change(&self, id: &ScholarshipId, at: Timestamp) -> Change {
        match self.records.get(id) {
            Some(record) => Change::Upserted(Box::new(record.clone())),
            None => Change::Deleted { id: id.clone(), at },
        }
    }

    fn upsert(&mut self, item: UpsertItem, context: &WriteContext) -> UpsertOutcome {
        let has_origin = origin(&item.content).is_some();
        let met = if has_origin {
            self.owner(&item.content)
        } else {
            Some(item.id.clone()).filter(|id| self.records.contains_key(id))
        };
        match met {
            Some(id) if self.records[&id].content == item.content => UpsertOutcome::Unchanged(id),
            Some(id) => {
                self.put(&id, item.content, AuditAction::Imported, context);
                UpsertOutcome::Updated(id)
            }
            None if self.records.contains_key(&item.id) => UpsertOutcome::IdTaken(item.id),
            None => {
                self.put(&item.id, item.content, AuditAction::Imported, context);
                UpsertOutcome::Created(item.id)
            }
        }
    }
}

#[async_trait]
impl ScholarshipStore for MemoryScholarshipStore {
    async fn get(&self, id: &ScholarshipId) -> Result<Option<Scholarship>, StoreError> {
        Ok(self.state().records.get(id).cloned())
    }

    async fn page(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Scholarship>, StoreError> {
        let state = self.state();
        let above = state
            .records
            .values()
            .filter(|record| after.is_none_or(|after| record.id > *after));
        Ok(above.take(limit).cloned().collect())
    }

    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.state().records.len() as u64)
    }

    async fn create(
        &self,
        id: ScholarshipId,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRecord>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let mut state = self.state();
        let now = context.now;
        state.idempotency.retain(|_, kept| kept.expires_at > now);
        if let Some(record) = &idempotency
            && state.idempotency.contains_key(&record.key)
        {
            return Err(StoreError::IdempotencyKeyTaken);
        }
        if state.records.contains_key(&id) {
            return Err(StoreError::AlreadyExists { id });
        }
        if let Some(id) = state.owner(&content) {
            return Err(StoreError::AlreadyExists { id });
        }
        if let Some(mut record) = idempotency {
            record.expires_at = stored(record.expires_at);
            state.idempotency.insert(record.key.clone(), record);
        }
        Ok(Written {
            scholarship: state.put(&id, content, AuditAction::Created, &context),
            position: state.head(),
        })
    }

    async fn replace(
        &self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let mut state = self.state();
        state.expect_version(id, expected_version)?;
        if let Some(owner) = state.owner(&content).filter(|owner| owner != id) {
            return Err(StoreError::AlreadyExists { id: owner });
        }
        Ok(Written {
            scholarship: state.put(id, content, AuditAction::Replaced, &context),
            position: state.head(),
        })
    }

    async fn delete(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<FeedPosition, StoreError> {
        let mut state = self.state();
        state.expect_version(id, expected_version)?;
        let removed = state.records.remove(id);
        state.append(id, context.now);
        let before = removed.map(|record| content_digest(&record.content));
        state.note(id, AuditAction::Deleted, (before, None), &context);
        Ok(state.head())
    }

    async fn upsert_many(
        &self,
        items: Vec<UpsertItem>,
        context: WriteContext,
    ) -> Result<(Vec<UpsertOutcome>, FeedPosition), StoreError> {
        let mut state = self.state();
        let outcomes = items.into_iter().map(|item| state.upsert(item, &context));
        let outcomes = outcomes.collect();
        Ok((outcomes, state.head()))
    }

    async fn changes_since(
        &self,
        position: FeedPosition,
        limit: usize,
    ) -> Result<ChangeBatch, StoreError> {
        let state = self.state();
        let mut newer: Vec<_> = state
            .log
            .iter()
            .filter(|(_, (sequence, _))| *sequence > position.sequence)
            .collect();
        newer.sort_unstable_by_key(|(_, (sequence, _))| *sequence);
        newer.truncate(limit);
        Ok(ChangeBatch {
            position: newer
                .last()
                .map_or(position, |(_, (sequence, _))| FeedPosition {
                    transaction: 0,
                    sequence: *sequence,
                }),
            changes: newer
                .into_iter()
                .map(|(id, (_, at))| state.change(id, *at))
                .collect(),
        })
    }

    async fn head(&self) -> Result<FeedPosition, StoreError> {
        Ok(self.state().head())
    }

    async fn fingerprint(
        &self,
    ) -> Result<Option<(CatalogueFingerprint, FeedPosition)>, StoreError> {
        let state = self.state();
        let mut fingerprint = CatalogueFingerprint::default();
        for record in state.records.values() {
            fingerprint.add(&record.id, record.version, record.updated_at);
        }
        Ok(Some((fingerprint, state.head())))
    }

    async fn changed_since(
        &self,
        since: Timestamp,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let state = self.state();
        let wanted = state
            .log
            .iter()
            .filter(|(id, (_, at))| *at >= stored(since) && after.is_none_or(|after| *id > after));
        Ok(wanted
            .take(limit)
            .map(|(id, (_, at))| state.change(id, *at))
            .collect())
    }

    async fn idempotency_record(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let kept = self.state().idempotency.get(key).cloned();
        Ok(kept.filter(|kept| kept.expires_at > now))
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        Ok(StoreHealth {
            pool_size: 1,
            in_use: 0,
            idle: 1,
            latency_ms: 0.0,
            migration: "none".to_owned(),
        })
    }
}

#[async_trait]
impl AuditLog for MemoryScholarshipStore {
    async fn audit(
        &self,
        since: Timestamp,
        id: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let state = self.state();
        let wanted = state.audit.iter().rev().filter(|entry| {
            entry.at >= stored(since) && id.is_none_or(|id| entry.scholarship_id == *id)
        });
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn gaps(&self, _: usize) -> Result<Vec<ScholarshipId>, StoreError> {
        // Everything is written through this type.
        Ok(Vec::new())
    }
}
