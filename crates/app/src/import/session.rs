//! Writes parsed records in batches and says what became of each.

use std::sync::Arc;

use domain::{FieldError, ScholarshipId, Timestamp};
use ports::{ScholarshipStore, StoreError, UpsertItem, UpsertOutcome};

use super::record::ParsedRecord;
use super::report::{ImportReport, LineVerdict, VerdictStatus};
use super::seen_records::{SeenRecords, Sighting};

/// The most records in one transaction.
const BATCH_RECORDS: usize = 1_000;
/// The most bytes of input that wait for one transaction.
const BATCH_BYTES: usize = 8 << 20;

/// One import under way. A batch is one transaction, so an import that is cut off leaves whole records, and running it again
/// finishes it.
pub struct ImportSession {
    store: Arc<dyn ScholarshipStore>,
    dry_run: bool,
    seen: SeenRecords,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    report: ImportReport,
}

struct Waiting {
    line: u64,
    kind: WaitingKind,
}

enum WaitingKind {
    Item {
        item: Box<UpsertItem>,
        notes: Vec<FieldError>,
        repeated: bool,
    },
    Rejected(Vec<FieldError>),
}

impl ImportSession {
    /// With `dry_run`, nothing is written; the verdicts say what would be.
    pub fn new(store: Arc<dyn ScholarshipStore>, dry_run: bool) -> Self {
        Self {
            store,
            dry_run,
            seen: SeenRecords::default(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            report: ImportReport::default(),
        }
    }

    /// What has been decided so far.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// Takes records in the order of the input; returns the verdicts of the batches that became full, in that order too.
    ///
    /// # Errors
    /// The store's; the batch at hand is not written, earlier ones are.
    pub async fn accept(
        &mut self,
        records: Vec<ParsedRecord>,
        now: Timestamp,
    ) -> Result<Vec<LineVerdict>, StoreError> {
        let mut verdicts = Vec::new();
        for record in records {
            self.waiting_bytes += record.bytes;
            let waiting = self.waiting(record);
            self.waiting.push(waiting);
            if self.waiting.len() >= BATCH_RECORDS || self.waiting_bytes >= BATCH_BYTES {
                verdicts.append(&mut self.flush(now).await?);
            }
        }
        Ok(verdicts)
    }

    /// Writes what is waiting, full batch or not.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn flush(&mut self, now: Timestamp) -> Result<Vec<LineVerdict>, StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let outcomes = if self.dry_run {
            self.foresee(&waiting).await?
        } else {
            self.write(&waiting, now).await?
        };
        let mut outcomes = outcomes.into_iter();
        let mut verdicts = Vec::with_capacity(waiting.len());
        for Waiting { line, kind } in waiting {
            let verdict = match kind {
                WaitingKind::Rejected(errors) => rejected(line, errors),
                WaitingKind::Item { notes, .. } => match outcomes.next() {
                    Some(outcome) => decided(line, outcome, notes),
                    None => rejected(
                        line,
                        vec![FieldError::new("", "was not answered by the store")],
                    ),
                },
            };
            self.report.count(&verdict);
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    /// Writes the rest and returns the sum.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub async fn finish(
        mut self,
        now: Timestamp,
    ) -> Result<(Vec<LineVerdict>, ImportReport), StoreError> {
        let verdicts = self.flush(now).await?;
        Ok((verdicts, self.report))
    }

    fn waiting(&mut self, record: ParsedRecord) -> Waiting {
        let line = record.line;
        let kind = match record.result {
            Err(errors) => WaitingKind::Rejected(errors),
            Ok(record) => match self.seen.see(line, &record.item) {
                Sighting::Contradicted(first) => {
                    WaitingKind::Rejected(vec![contradiction(&record.item, first)])
                }
                sighting => WaitingKind::Item {
                    item: Box::new(record.item),
                    notes: record.notes,
                    repeated: sighting == Sighting::Repeated,
                },
            },
        };
        Waiting { line, kind }
    }

    async fn write(
        &mut self,
        waiting: &[Waiting],
        now: Timestamp,
    ) -> Result<Vec<UpsertOutcome>, StoreError> {
        let items: Vec<UpsertItem> = waiting
            .iter()
            .filter_map(|waiting| match &waiting.kind {
                WaitingKind::Item { item, .. } => Some(UpsertItem::clone(item)),
                WaitingKind::Rejected(_) => None,
            })
            .collect();
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let (outcomes, position) = self.store.upsert_many(items, now).await?;
        self.report.position = position;
        Ok(outcomes)
    }

    /// What [`Self::write`] would answer, by the ids that the records would get.
    async fn foresee(&self, waiting: &[Waiting]) -> Result<Vec<UpsertOutcome>, StoreError> {
        let mut outcomes = Vec::new();
        for waiting in waiting {
            let WaitingKind::Item { item, repeated, .. } = &waiting.kind else {
                continue;
            };
            let id = item.id.clone();
            let existing = self.store.get(&id).await?;
            let named = |content: &domain::ScholarshipContent| {
                let provenance = &content.provenance;
                provenance.source.clone().zip(provenance.source_id.clone())
            };
            outcomes.push(match existing {
                _ if *repeated => UpsertOutcome::Unchanged(id),
                None => UpsertOutcome::Created(id),
                Some(existing) if existing.content == item.content => UpsertOutcome::Unchanged(id),
                Some(existing) => {
                    let (theirs, ours) = (named(&existing.content), named(&item.content));
                    if ours.is_some() && theirs.is_some() && ours != theirs {
                        UpsertOutcome::IdTaken(id)
                    } else {
                        UpsertOutcome::Updated(id)
                    }
                }
            });
        }
        Ok(outcomes)
    }
}

fn contradiction(item: &UpsertItem, first: u64) -> FieldError {
    let provenance = &item.content.provenance;
    match (&provenance.source, &provenance.source_id) {
        (Some(_), Some(source_id)) => FieldError::new(
            "provenance.source_id",
            format!(
                "is the same source and source_id ({source_id}) as on line {first}, with other content"
            ),
        ),
        _ => FieldError::new(
            "id",
            format!(
                "is the same id ({}) as on line {first}, with other content",
                item.id
            ),
        ),
    }
}

fn rejected(line: u64, errors: Vec<FieldError>) -> LineVerdict {
    LineVerdict {
        line,
        status: VerdictStatus::Rejected,
        id: None,
        errors,
        notes: Vec::new(),
    }
}

fn decided(line: u64, outcome: UpsertOutcome, notes: Vec<FieldError>) -> LineVerdict {
    let verdict = |status: VerdictStatus, id: ScholarshipId| LineVerdict {
        line,
        status,
        id: Some(id),
        errors: Vec::new(),
        notes,
    };
    match outcome {
        UpsertOutcome::Created(id) => verdict(VerdictStatus::Created, id),
        UpsertOutcome::Updated(id) => verdict(VerdictStatus::Updated, id),
        UpsertOutcome::Unchanged(id) => verdict(VerdictStatus::Unchanged, id),
        UpsertOutcome::IdTaken(id) => rejected(
            line,
            vec![FieldError::new(
                "id",
                format!("{id} belongs to a scholarship of another source"),
            )],
        ),
    }
}
