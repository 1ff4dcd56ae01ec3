//! Who wrote what: a row beside each write, in its transaction.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::{ScholarshipId, Timestamp};
use ports::{Actor, ActorRole, AuditAction, AuditEntry, WriteContext};

use super::{bound, identifier, instant, microseconds};
use crate::failure::{Failure, Unreadable};
use crate::schema::audit_log;

/// What a write did to one scholarship.
pub(super) struct Audited<'a> {
    pub(super) id: &'a str,
    pub(super) action: AuditAction,
    pub(super) before: Option<&'a [u8]>,
    pub(super) after: Option<&'a [u8]>,
}

pub(super) fn audit_in_txn(
    connection: &mut SqliteConnection,
    context: &WriteContext,
    audited: &Audited<'_>,
) -> Result<(), Failure> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(microseconds(context.now)),
            audit_log::actor.eq(context.actor.name.as_deref()),
            audit_log::role.eq(context.actor.role.code()),
            audit_log::action.eq(audited.action.code()),
            audit_log::scholarship_id.eq(audited.id),
            audit_log::digest_before.eq(audited.before),
            audit_log::digest_after.eq(audited.after),
        ))
        .execute(connection)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
struct Row {
    sequence: i64,
    at: i64,
    actor: Option<String>,
    role: String,
    action: String,
    scholarship_id: String,
    digest_before: Option<Vec<u8>>,
    digest_after: Option<Vec<u8>>,
}

impl Row {
    fn into_entry(self) -> Result<AuditEntry, Failure> {
        let of = format!("entry {} of the audit log", self.sequence);
        let unreadable = |column| Failure::unreadable(&of, Unreadable::Column(column));
        let digest = |digest: Option<Vec<u8>>, column| {
            let digest = digest.map(|bytes| bytes.try_into());
            digest.transpose().map_err(|_| unreadable(column))
        };
        Ok(AuditEntry {
            sequence: u64::try_from(self.sequence).map_err(|_| unreadable("sequence"))?,
            at: instant(&of, "at", self.at)?,
            actor: Actor {
                name: self.actor,
                role: ActorRole::from_code(&self.role).ok_or_else(|| unreadable("role"))?,
            },
            action: AuditAction::from_code(&self.action).ok_or_else(|| unreadable("action"))?,
            scholarship_id: identifier(&self.scholarship_id)?,
            digest_before: digest(self.digest_before, "digest_before")?,
            digest_after: digest(self.digest_after, "digest_after")?,
        })
    }
}

pub(super) fn audit_on_conn(
    connection: &mut SqliteConnection,
    since: Timestamp,
    id: Option<&ScholarshipId>,
    limit: usize,
) -> Result<Vec<AuditEntry>, Failure> {
    let mut query = audit_log::table
        .filter(audit_log::at.ge(microseconds(since)))
        .order((audit_log::at.desc(), audit_log::sequence.desc()))
        .limit(bound(limit))
        .select(Row::as_select())
        .into_boxed();
    if let Some(id) = id {
        query = query.filter(audit_log::scholarship_id.eq(id.as_str()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(Row::into_entry).collect()
}

/// Records and entries that do not name each other's content. In two halves, each a walk along an index: SQLite compares all pairs for a
/// `FULL JOIN`.
const GAPS: &str = "\
SELECT scholarships.id AS id
FROM scholarships LEFT JOIN audit_log AS newest
  ON newest.sequence = (SELECT max(sequence) FROM audit_log WHERE scholarship_id = scholarships.id)
WHERE scholarships.digest IS NOT newest.digest_after
  AND (newest.sequence IS NOT NULL
       OR scholarships.updated_at >= (SELECT min(at) FROM audit_log))
UNION
SELECT scholarship_id FROM audit_log AS newest
WHERE NOT EXISTS (SELECT 1 FROM scholarships WHERE id = newest.scholarship_id)
  AND digest_after IS NOT NULL
  AND sequence = (SELECT max(sequence) FROM audit_log WHERE scholarship_id = newest.scholarship_id)
ORDER BY 1 LIMIT ?";

#[derive(QueryableByName)]
struct Gap {
    #[diesel(sql_type = diesel::sql_types::Text)]
    id: String,
}

pub(super) fn gaps_on_conn(
    connection: &mut SqliteConnection,
    limit: usize,
) -> Result<Vec<ScholarshipId>, Failure> {
    let gaps: Vec<Gap> = diesel::sql_query(GAPS)
        .bind::<diesel::sql_types::BigInt, _>(bound(limit))
        .load(connection)?;
    gaps.iter().map(|gap| identifier(&gap.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database_file::open_for_writing;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }

    /// Of a hundred thousand scholarships, a comparison of all pairs takes a processor for hours.
    #[test]
    fn gaps_are_looked_for_along_indexes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let mut connection = open_for_writing(&path).expect("opens");
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {GAPS}"))
            .bind::<diesel::sql_types::BigInt, _>(1)
            .load(&mut connection)
            .expect("is explained");
        let scans = || plan.iter().filter(|step| step.detail.starts_with("SCAN"));
        assert_eq!(scans().count(), 2);
        for step in scans() {
            assert!(step.detail.contains("USING INDEX"), "{}", step.detail);
        }
    }
}
