//! Imports: many records in one transaction and a handful of statements, however many there are.
//!
//! What is there is read in bulk, the outcome of each item is decided here in order, and what follows from it is written in
//! bulk. Nothing is locked in between: rows that another transaction changed meanwhile are noticed when they are written,
//! and the import is begun anew.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{ScholarshipId, Timestamp};
use ports::{AuditAction, FeedPosition, UpsertItem, UpsertOutcome, WriteContext};

use super::auditing::{Audited, audit_in_txn};
use super::feed::{Entry, head_on_conn, log_in_txn};
use super::record::{Prepared, identifier};
use super::whole_microseconds;
use crate::failure::Failure;

/// Turns contents into rows: the dear part of an import, done before a connection is taken.
pub(super) fn prepare(items: Vec<UpsertItem>) -> Result<Vec<(ScholarshipId, Prepared)>, Failure> {
    items
        .into_iter()
        .map(|item| Ok((item.id, Prepared::of(&item.content)?)))
        .collect()
}

pub(super) async fn upsert_many_in_txn(
    connection: &mut AsyncPgConnection,
    items: &[(ScholarshipId, Prepared)],
    context: &WriteContext,
) -> Result<(Vec<UpsertOutcome>, FeedPosition), Failure> {
    let now = whole_microseconds(context.now);
    let known = known_on_conn(connection, items).await?;
    let plan = Plan::of(items, known)?;
    if plan.changed.is_empty() {
        return Ok((plan.outcomes, head_on_conn(connection).await?));
    }
    plan.insert_in_txn(connection, now).await?;
    plan.update_in_txn(connection, now).await?;
    plan.audit_in_txn(connection, context).await?;
    let entries: Vec<Entry<'_>> = plan
        .changed
        .iter()
        .map(|at| Entry {
            id: &plan.records[*at].id,
            deleted: false,
        })
        .collect();
    let position = log_in_txn(connection, &entries, now).await?;
    Ok((plan.outcomes, position))
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    source: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    source_id: Option<String>,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

/// Every record whose id or origin an item has.
async fn known_on_conn(
    connection: &mut AsyncPgConnection,
    items: &[(ScholarshipId, Prepared)],
) -> Result<Vec<Known>, Failure> {
    let ids: Vec<&str> = items.iter().map(|(id, _)| id.as_str()).collect();
    let (sources, source_ids): (Vec<&str>, Vec<&str>) = items
        .iter()
        .filter_map(|(_, prepared)| prepared.origin())
        .unzip();
    let rows = diesel::sql_query(
        "SELECT id, source, source_id, version, digest FROM scholarships WHERE id IN (SELECT unnest($1)) \
         UNION \
         SELECT s.id, s.source, s.source_id, s.version, s.digest FROM scholarships AS s \
         JOIN (SELECT DISTINCT * FROM unnest($2, $3) AS origins (source, source_id)) AS o \
         ON s.source = o.source AND s.source_id = o.source_id",
    )
    .bind::<Array<Text>, _>(ids)
    .bind::<Array<Text>, _>(sources)
    .bind::<Array<Text>, _>(source_ids)
    .load(connection)
    .await?;
    Ok(rows)
}

/// A record as it will be.
struct Record<'a> {
    id: String,
    /// What Postgres has; `None` for a new record.
    old_version: Option<i64>,
    version: i64,
    digest: Vec<u8>,
    /// What is to be written, if anything.
    content: Option<&'a Prepared>,
}

/// One change of a record, by one item.
struct Step<'a> {
    record: usize,
    before: Option<Vec<u8>>,
    after: &'a [u8],
}

struct Plan<'a> {
    outcomes: Vec<UpsertOutcome>,
    records: Vec<Record<'a>>,
    /// Records to write, each once, in the order of their last change.
    changed: Vec<usize>,
    /// Every change, in order: items may change one record again.
    steps: Vec<Step<'a>>,
}

impl<'a> Plan<'a> {
    fn of(items: &'a [(ScholarshipId, Prepared)], known: Vec<Known>) -> Result<Self, Failure> {
        let mut records: Vec<Record<'a>> = Vec::with_capacity(items.len());
        let mut by_id: HashMap<String, usize> = HashMap::with_capacity(items.len());
        let mut by_origin: HashMap<(String, String), usize> = HashMap::with_capacity(items.len());
        for row in known {
            by_id.insert(row.id.clone(), records.len());
            if let (Some(source), Some(source_id)) = (row.source, row.source_id) {
                by_origin.insert((source, source_id), records.len());
            }
            records.push(Record {
                id: row.id,
                old_version: Some(row.version),
                version: row.version,
                digest: row.digest,
                content: None,
            });
        }
        let mut outcomes = Vec::with_capacity(items.len());
        let mut steps = Vec::with_capacity(items.len());
        // The item that changed a record last decides its place in the log.
        let mut last_change: HashMap<usize, usize> = HashMap::new();
        for (place, (id, prepared)) in items.iter().enumerate() {
            let origin = prepared
                .origin()
                .map(|(source, source_id)| (source.to_owned(), source_id.to_owned()));
            let same_id = by_id.get(id.as_str()).copied();
            let met = match &origin {
                Some(origin) => by_origin.get(origin).copied(),
                None => same_id,
            };
            let outcome = match met {
                Some(at) => {
                    let record = &mut records[at];
                    let own_id = identifier(&record.id)?;
                    if record.digest == prepared.digest {
                        UpsertOutcome::Unchanged(own_id)
                    } else {
                        record.version += 1;
                        let after = &prepared.digest;
                        let before = std::mem::replace(&mut record.digest, after.clone());
                        steps.push(Step {
                            record: at,
                            before: Some(before),
                            after,
                        });
                        record.content = Some(prepared);
                        last_change.insert(at, place);
                        UpsertOutcome::Updated(own_id)
                    }
                }
                None if same_id.is_some() => UpsertOutcome::IdTaken(id.clone()),
                None => {
                    let at = records.len();
                    by_id.insert(id.as_str().to_owned(), at);
                    if let Some(origin) = origin {
                        by_origin.insert(origin, at);
                    }
                    last_change.insert(at, place);
                    steps.push(Step {
                        record: at,
                        before: None,
                        after: &prepared.digest,
                    });
                    records.push(Record {
                        id: id.as_str().to_owned(),
                        old_version: None,
                        version: 1,
                        digest: prepared.digest.clone(),
                        content: Some(prepared),
                    });
                    UpsertOutcome::Created(id.clone())
                }
            };
            outcomes.push(outcome);
        }
        let mut changed: Vec<usize> = last_change.keys().copied().collect();
        changed.sort_unstable_by_key(|at| last_change[at]);
        Ok(Self {
            outcomes,
            records,
            changed,
            steps,
        })
    }

    async fn audit_in_txn(
        &self,
        connection: &mut AsyncPgConnection,
        context: &WriteContext,
    ) -> Result<(), Failure> {
        let steps = self.steps.iter().map(|step| Audited {
            id: &self.records[step.record].id,
            before: step.before.as_deref(),
            after: Some(step.after),
        });
        let rows: Vec<_> = steps.collect();
        audit_in_txn(connection, context, AuditAction::Imported, &rows).await
    }

    /// In the order of their ids, so that imports at once wait for each other instead of against each other.
    fn to_write(&self, new: bool) -> Vec<(&Record<'a>, &'a Prepared)> {
        let changed = self.changed.iter().map(|at| &self.records[*at]);
        let mut rows: Vec<_> = changed
            .filter(|record| record.old_version.is_none() == new)
            .filter_map(|record| Some((record, record.content?)))
            .collect();
        rows.sort_unstable_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        rows
    }

    async fn insert_in_txn(
        &self,
        connection: &mut AsyncPgConnection,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let rows = self.to_write(true);
        if rows.is_empty() {
            return Ok(());
        }
        let added = with_columns(
            diesel::sql_query(
                "INSERT INTO scholarships (id, version, source, source_id, digest, document, created_at, updated_at) \
                 SELECT *, $7, $7 FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            )
            .into_boxed(),
            &rows,
        )
        .bind::<Timestamptz, _>(now)
        .execute(connection)
        .await?;
        all_written(added, rows.len())
    }

    async fn update_in_txn(
        &self,
        connection: &mut AsyncPgConnection,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let rows = self.to_write(false);
        if rows.is_empty() {
            return Ok(());
        }
        let old_versions: Vec<i64> = rows
            .iter()
            .filter_map(|(record, _)| record.old_version)
            .collect();
        let changed = with_columns(
            diesel::sql_query(
                "UPDATE scholarships AS s SET version = n.version, source = n.source, source_id = n.source_id, \
                   digest = n.digest, document = n.document, updated_at = $7 \
                 FROM unnest($1, $2, $3, $4, $5, $6, $8) \
                   AS n (id, version, source, source_id, digest, document, old_version) \
                 WHERE s.id = n.id AND s.version = n.old_version",
            )
            .into_boxed(),
            &rows,
        )
        .bind::<Timestamptz, _>(now)
        .bind::<Array<BigInt>, _>(old_versions)
        .execute(connection)
        .await?;
        all_written(changed, rows.len())
    }
}

type Statement<'a> =
    diesel::query_builder::BoxedSqlQuery<'a, diesel::pg::Pg, diesel::query_builder::SqlQuery>;

/// Binds $1 to $6.
fn with_columns<'a>(
    statement: Statement<'a>,
    rows: &[(&Record<'_>, &'a Prepared)],
) -> Statement<'a> {
    let ids: Vec<String> = rows.iter().map(|(record, _)| record.id.clone()).collect();
    let versions: Vec<i64> = rows.iter().map(|(record, _)| record.version).collect();
    let column = |of: fn(&'a Prepared) -> Option<&'a str>| {
        rows.iter()
            .map(|(_, content)| of(content))
            .collect::<Vec<_>>()
    };
    statement
        .bind::<Array<Text>, _>(ids)
        .bind::<Array<BigInt>, _>(versions)
        .bind::<Array<Nullable<Text>>, _>(column(|content| content.source.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(column(|content| content.source_id.as_deref()))
        .bind::<Array<Binary>, _>(
            rows.iter()
                .map(|(_, content)| content.digest.as_slice())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(column(|content| Some(&content.document)))
}

/// Less than all: somebody else was quicker.
fn all_written(written: usize, expected: usize) -> Result<(), Failure> {
    if written == expected {
        Ok(())
    } else {
        Err(Failure::Contended)
    }
}
