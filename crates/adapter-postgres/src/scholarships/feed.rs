//! The change log: entries in the order of their transactions, handed out once every older transaction has ended.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{ScholarshipId, Timestamp};
use ports::{CatalogueFingerprint, Change, FeedPosition};

use super::record::{Row, identifier};
use crate::failure::{Failure, Unreadable};
use crate::schema::{scholarship_changes, scholarships};
use crate::wakeups::CHANNEL;

/// Below this, nothing can be added to the log any more. As seen by the snapshot of the statement that holds it.
pub(crate) const SETTLED_BELOW: &str = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint + \
     (SELECT transaction_offset FROM change_feed))";

/// Whether the log holds what this server cannot have written yet: nobody would see what is written now before what was
/// written long ago. A statement sees only entries of transactions below the end of its snapshot.
const IS_AHEAD: &str = "SELECT EXISTS (SELECT FROM scholarship_changes WHERE transaction >= \
     pg_snapshot_xmax(pg_current_snapshot())::text::bigint + (SELECT transaction_offset FROM change_feed)) AS yes";

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Position {
    #[diesel(sql_type = BigInt)]
    transaction: i64,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
}

impl From<Position> for FeedPosition {
    fn from(row: Position) -> Self {
        position(row.transaction, row.sequence)
    }
}

pub(super) fn position(transaction: i64, sequence: i64) -> FeedPosition {
    FeedPosition {
        transaction: u64::try_from(transaction).unwrap_or(0),
        sequence: u64::try_from(sequence).unwrap_or(0),
    }
}

/// Whose change, and whether it is a deletion.
pub(super) struct Entry<'a> {
    pub(super) id: &'a str,
    pub(super) deleted: bool,
}

/// Puts entries into the log, in their order, in place of older ones of the same ids. Every id comes once. Wakes who listens
/// when the transaction commits. Answers the position after the last entry.
pub(super) async fn log_in_txn(
    connection: &mut AsyncPgConnection,
    entries: &[Entry<'_>],
    now: Timestamp,
) -> Result<FeedPosition, Failure> {
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id).collect();
    let deleted: Vec<bool> = entries.iter().map(|entry| entry.deleted).collect();
    // Of two transactions that wait for one record, the one with the higher number may come first. The later entry must not
    // lie before the earlier one, or nobody would ever see the log reach the place that the first writer was told. Raising its
    // number is safe: as long as this transaction runs, nobody reads entries above its own number.
    let last = diesel::sql_query(format!(
        "WITH logged AS ( \
           INSERT INTO scholarship_changes AS log (scholarship_id, transaction, sequence, deleted, changed_at) \
           SELECT id, pg_current_xact_id()::text::bigint + (SELECT transaction_offset FROM change_feed), \
             nextval('scholarship_change_sequence'), deleted, $3 \
           FROM (SELECT * FROM unnest($1, $2) WITH ORDINALITY AS entries (id, deleted, place) ORDER BY place) AS entries \
           ON CONFLICT (scholarship_id) DO UPDATE SET \
             transaction = greatest(log.transaction, EXCLUDED.transaction), \
             sequence = EXCLUDED.sequence, deleted = EXCLUDED.deleted, changed_at = EXCLUDED.changed_at \
           RETURNING log.transaction, log.sequence) \
         SELECT transaction, sequence FROM logged, pg_notify('{CHANNEL}', '') \
         ORDER BY transaction DESC, sequence DESC LIMIT 1"
    ))
    .bind::<Array<Text>, _>(ids)
    .bind::<Array<Bool>, _>(deleted)
    .bind::<Timestamptz, _>(now)
    .get_result::<Position>(connection)
    .await?;
    Ok(last.into())
}

/// One look-up in the index of the log.
pub(super) async fn head_on_conn(
    connection: &mut AsyncPgConnection,
) -> Result<FeedPosition, Failure> {
    let newest = diesel::sql_query(format!(
        "SELECT transaction, sequence FROM scholarship_changes WHERE transaction < {SETTLED_BELOW} \
         ORDER BY transaction DESC, sequence DESC LIMIT 1"
    ))
    .get_result::<Position>(connection)
    .await
    .optional()?;
    Ok(newest.map_or_else(FeedPosition::default, FeedPosition::from))
}

/// Whether the log has to go on behind itself before anybody may write: the database came from another server.
pub(crate) async fn is_ahead_on_conn(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let answer: Answer = diesel::sql_query(IS_AHEAD).get_result(connection).await?;
    Ok(answer.yes)
}

pub(super) type LogRow = (i64, i64, String, Timestamp, Option<Row>);

/// The record itself decides whether it exists: log and record come from one snapshot, so they agree.
pub(super) fn change((_, _, id, at, row): LogRow) -> Result<Change, Failure> {
    match row {
        Some(row) => Ok(Change::Upserted(Box::new(row.into_scholarship()?))),
        None => Ok(Change::Deleted {
            id: identifier(&id)?,
            at,
        }),
    }
}

#[derive(QueryableByName)]
struct Fingerprint {
    #[diesel(sql_type = BigInt)]
    count: i64,
    /// A number of up to twenty digits.
    #[diesel(sql_type = Text)]
    sum: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    transaction: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = Bool)]
    settled: bool,
}

/// One statement, one snapshot.
pub(super) async fn fingerprint_on_conn(
    connection: &mut AsyncPgConnection,
) -> Result<Option<(CatalogueFingerprint, FeedPosition)>, Failure> {
    // Eight bytes as a number with a sign; the sum over them is exact, and the remainder of it has no sign.
    let row = diesel::sql_query(format!(
        "WITH newest AS (SELECT transaction, sequence, transaction < {SETTLED_BELOW} AS settled \
           FROM scholarship_changes ORDER BY transaction DESC, sequence DESC LIMIT 1), \
         sums AS (SELECT count(*) AS count, coalesce(sum(('x' || encode(substring(sha256(convert_to( \
             id || ':' || version || ':' || (extract(epoch FROM updated_at) * 1000000)::bigint, 'UTF8')) \
             FROM 1 FOR 8), 'hex'))::bit(64)::bigint), 0) AS sum FROM scholarships) \
         SELECT count, mod(mod(sum, 18446744073709551616) + 18446744073709551616, 18446744073709551616)::text AS sum, \
           transaction, sequence, coalesce(settled, true) AS settled FROM sums LEFT JOIN newest ON true"
    ))
    .get_result::<Fingerprint>(connection)
    .await?;
    if !row.settled {
        return Ok(None);
    }
    let unreadable = |column| Failure::unreadable("fingerprint", Unreadable::Column(column));
    let fingerprint = CatalogueFingerprint {
        count: u64::try_from(row.count).map_err(|_| unreadable("count"))?,
        sum: row.sum.parse().map_err(|_| unreadable("sum"))?,
    };
    let position = position(row.transaction.unwrap_or(0), row.sequence.unwrap_or(0));
    Ok(Some((fingerprint, position)))
}

/// At most `limit` ids above `after` whose newest entry is not older than `since`.
pub(super) async fn changed_since_on_conn(
    connection: &mut AsyncPgConnection,
    since: Timestamp,
    after: Option<&ScholarshipId>,
    limit: usize,
) -> Result<Vec<LogRow>, Failure> {
    let after = after.map_or("", ScholarshipId::as_str);
    Ok(scholarship_changes::table
        .left_join(scholarships::table.on(scholarships::id.eq(scholarship_changes::scholarship_id)))
        .filter(scholarship_changes::changed_at.ge(since))
        .filter(scholarship_changes::scholarship_id.gt(after))
        .order(scholarship_changes::scholarship_id)
        .limit(super::bound(limit))
        .select((
            scholarship_changes::transaction,
            scholarship_changes::sequence,
            scholarship_changes::scholarship_id,
            scholarship_changes::changed_at,
            Option::<Row>::as_select(),
        ))
        .load(connection)
        .await?)
}

/// At most `limit` settled entries after `asked`, and the position after the last of them.
pub(super) async fn changes_since_on_conn(
    connection: &mut AsyncPgConnection,
    asked: FeedPosition,
    limit: usize,
) -> Result<(Vec<LogRow>, FeedPosition), Failure> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    // Diesel has no row comparison, and only that walks the index from the place asked for.
    let after = diesel::dsl::sql::<Bool>(
        "(scholarship_changes.transaction, scholarship_changes.sequence) > (",
    )
    .bind::<BigInt, _>(number(asked.transaction))
    .sql(", ")
    .bind::<BigInt, _>(number(asked.sequence))
    .sql(")");
    let settled = diesel::dsl::sql::<Bool>(&format!(
        "scholarship_changes.transaction < {SETTLED_BELOW}"
    ));
    let rows: Vec<LogRow> = scholarship_changes::table
        .left_join(scholarships::table.on(scholarships::id.eq(scholarship_changes::scholarship_id)))
        .filter(after)
        .filter(settled)
        .order((
            scholarship_changes::transaction,
            scholarship_changes::sequence,
        ))
        .limit(super::bound(limit))
        .select((
            scholarship_changes::transaction,
            scholarship_changes::sequence,
            scholarship_changes::scholarship_id,
            scholarship_changes::changed_at,
            Option::<Row>::as_select(),
        ))
        .load(connection)
        .await?;
    let reached = rows.last().map_or(asked, |row| position(row.0, row.1));
    Ok((rows, reached))
}
