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

/// Records and entries that do not name each other's content.
const GAPS: &str = "\
WITH newest AS (
    SELECT scholarship_id, digest_after FROM audit_log AS entry
    WHERE sequence = (SELECT max(sequence) FROM audit_log WHERE scholarship_id = entry.scholarship_id)
)
SELECT coalesce(scholarships.id, newest.scholarship_id) AS id
FROM scholarships FULL JOIN newest ON newest.scholarship_id = scholarships.id
WHERE scholarships.digest IS NOT newest.digest_after
  AND (newest.scholarship_id IS NOT NULL
       OR scholarships.updated_at >= (SELECT min(at) FROM audit_log))
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
