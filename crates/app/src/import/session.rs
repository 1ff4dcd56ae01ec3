//! Writes parsed records in batches and says what became of each.

use std::sync::Arc;

use domain::{FieldError, ScholarshipContent, ScholarshipId, Timestamp};
use ports::{Actor, ScholarshipStore, StoreError, UpsertItem, UpsertOutcome, WriteContext};

use super::identity::UNNAMED_SOURCE;
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
    actor: Actor,
    dry_run: bool,
    seen: SeenRecords,
    batch: Batch,
    report: ImportReport,
}

/// What waits for the next transaction.
#[derive(Default)]
struct Batch {
    /// One for each record, in the order of the input.
    lines: Vec<(u64, Awaited)>,
    items: Vec<UpsertItem>,
    bytes: usize,
}

enum Awaited {
    /// The outcome of the next item.
    Outcome {
        notes: Vec<FieldError>,
        repeated: bool,
    },
    Rejection(Vec<FieldError>),
}

impl ImportSession {
    /// On behalf of `actor`. With `dry_run`, nothing is written; the verdicts say what would be.
    pub fn new(store: Arc<dyn ScholarshipStore>, actor: Actor, dry_run: bool) -> Self {
        Self {
            store,
            actor,
            dry_run,
            seen: SeenRecords::default(),
            batch: Batch::default(),
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
            self.wait(record);
            if self.batch.lines.len() >= BATCH_RECORDS || self.batch.bytes >= BATCH_BYTES {
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
        let Batch { lines, items, .. } = std::mem::take(&mut self.batch);
        let outcomes = if items.is_empty() {
            Vec::new()
        } else if self.dry_run {
            self.foresee(&lines, &items).await?
        } else {
            let context = WriteContext {
                actor: self.actor.clone(),
                now,
            };
            let (outcomes, position) = self.store.upsert_many(items, context).await?;
            self.report.position = position;
            self.report.written_since.get_or_insert(now);
            outcomes
        };
        let mut outcomes = outcomes.into_iter();
        let mut verdicts = Vec::with_capacity(lines.len());
        for (line, awaited) in lines {
            let verdict = match awaited {
                Awaited::Rejection(errors) => rejected(line, errors),
                Awaited::Outcome { notes, .. } => match outcomes.next() {
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

    fn wait(&mut self, record: ParsedRecord) {
        let line = record.line;
        self.batch.bytes += record.bytes;
        let awaited = match record.result {
            Err(errors) => Awaited::Rejection(errors),
            Ok(record) => match self.seen.see(line, &record.item) {
                Sighting::Contradicted(first) => {
                    Awaited::Rejection(vec![contradiction(&record.item, first)])
                }
                sighting => {
                    self.batch.items.push(record.item);
                    Awaited::Outcome {
                        notes: record.notes,
                        repeated: sighting == Sighting::Repeated,
                    }
                }
            },
        };
        self.batch.lines.push((line, awaited));
    }

    /// What the store would answer, as far as the ids that the records would get can tell.
    async fn foresee(
        &self,
        lines: &[(u64, Awaited)],
        items: &[UpsertItem],
    ) -> Result<Vec<UpsertOutcome>, StoreError> {
        let repetitions = lines.iter().filter_map(|(_, awaited)| match awaited {
            Awaited::Outcome { repeated, .. } => Some(*repeated),
            Awaited::Rejection(_) => None,
        });
        let mut outcomes = Vec::with_capacity(items.len());
        for (item, repeated) in items.iter().zip(repetitions) {
            let id = item.id.clone();
            let existing = self.store.get(&id).await?;
            outcomes.push(match existing {
                _ if repeated => UpsertOutcome::Unchanged(id),
                None => UpsertOutcome::Created(id),
                Some(existing) if existing.content == item.content => UpsertOutcome::Unchanged(id),
                Some(existing) if differ_in_origin(&existing.content, &item.content) => {
                    UpsertOutcome::IdTaken(id)
                }
                Some(_) => UpsertOutcome::Updated(id),
            });
        }
        Ok(outcomes)
    }
}

fn differ_in_origin(one: &ScholarshipContent, other: &ScholarshipContent) -> bool {
    let origin = |content: &ScholarshipContent| {
        let provenance = &content.provenance;
        provenance.source.clone().zip(provenance.source_id.clone())
    };
    match (origin(one), origin(other)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    }
}

fn contradiction(item: &UpsertItem, first: u64) -> FieldError {
    let provenance = &item.content.provenance;
    match (provenance.source.as_deref(), &provenance.source_id) {
        (Some(UNNAMED_SOURCE), Some(_)) => FieldError::new(
            "name",
            format!(
                "is, with its organization, the same as on line {first}, with other content; give one of them an id or a source_id"
            ),
        ),
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
