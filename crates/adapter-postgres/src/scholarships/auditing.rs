//! Who wrote what: a row beside each write, in its transaction.

use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{ScholarshipId, Timestamp};
use ports::{Actor, ActorRole, AuditAction, AuditEntry, WriteContext};

use super::record::identifier;
use super::{bound, whole_microseconds};
use crate::failure::{Failure, Unreadable};
use crate::schema::audit_log;

/// What a write did to one scholarship.
pub(super) struct Audited<'a> {
    pub(super) id: &'a str,
    pub(super) before: Option<&'a [u8]>,
    pub(super) after: Option<&'a [u8]>,
}

/// One statement for all rows, in their order.
pub(super) async fn audit_in_txn(
    connection: &mut AsyncPgConnection,
    context: &WriteContext,
    action: AuditAction,
    rows: &[Audited<'_>],
) -> Result<(), Failure> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
    let (before, after): (Vec<_>, Vec<_>) = rows.iter().map(|row| (row.before, row.after)).unzip();
    diesel::sql_query(
        "INSERT INTO audit_log (at, actor, role, action, scholarship_id, digest_before, digest_after) \
         SELECT $1, $2, $3, $4, id, before, after \
         FROM unnest($5, $6, $7) WITH ORDINALITY AS rows (id, before, after, place) ORDER BY place",
    )
    .bind::<Timestamptz, _>(whole_microseconds(context.now))
    .bind::<Nullable<Text>, _>(context.actor.name.as_deref())
    .bind::<Text, _>(context.actor.role.code())
    .bind::<Text, _>(action.code())
    .bind::<Array<Text>, _>(ids)
    .bind::<Array<Nullable<Binary>>, _>(before)
    .bind::<Array<Nullable<Binary>>, _>(after)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_log)]
pub(super) struct Row {
    sequence: i64,
    at: Timestamp,
    actor: Option<String>,
    role: String,
    action: String,
    scholarship_id: String,
    digest_before: Option<Vec<u8>>,
    digest_after: Option<Vec<u8>>,
}

impl Row {
    pub(super) fn into_entry(self) -> Result<AuditEntry, Failure> {
        let of = format!("entry {} of the audit log", self.sequence);
        let unreadable = |column| Failure::unreadable(&of, Unreadable::Column(column));
        let digest = |digest: Option<Vec<u8>>, column| {
            let digest = digest.map(|bytes| bytes.try_into());
            digest.transpose().map_err(|_| unreadable(column))
        };
        Ok(AuditEntry {
            sequence: u64::try_from(self.sequence).map_err(|_| unreadable("sequence"))?,
            at: self.at,
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

pub(super) async fn audit_on_conn(
    connection: &mut AsyncPgConnection,
    since: Timestamp,
    id: Option<&ScholarshipId>,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    let mut query = audit_log::table
        .filter(audit_log::at.ge(whole_microseconds(since)))
        .order((audit_log::at.desc(), audit_log::sequence.desc()))
        .limit(bound(limit))
        .select(Row::as_select())
        .into_boxed();
    if let Some(id) = id {
        query = query.filter(audit_log::scholarship_id.eq(id.as_str().to_owned()));
    }
    Ok(query.load(connection).await?)
}

/// Records and entries that do not name each other's content.
const GAPS: &str = "\
WITH newest AS (
    SELECT DISTINCT ON (scholarship_id) scholarship_id, digest_after
    FROM audit_log ORDER BY scholarship_id, sequence DESC
)
SELECT coalesce(scholarships.id, newest.scholarship_id) AS id
FROM scholarships FULL JOIN newest ON newest.scholarship_id = scholarships.id
WHERE scholarships.digest IS DISTINCT FROM newest.digest_after
  AND (newest.scholarship_id IS NOT NULL
       OR scholarships.updated_at >= (SELECT min(at) FROM audit_log))
ORDER BY 1 LIMIT $1";

#[derive(QueryableByName)]
struct Gap {
    #[diesel(sql_type = diesel::sql_types::Text)]
    id: String,
}

pub(super) async fn gaps_on_conn(
    connection: &mut AsyncPgConnection,
    limit: usize,
) -> Result<Vec<String>, Failure> {
    let gaps: Vec<Gap> = diesel::sql_query(GAPS)
        .bind::<diesel::sql_types::BigInt, _>(bound(limit))
        .load(connection)
        .await?;
    Ok(gaps.into_iter().map(|gap| gap.id).collect())
}
