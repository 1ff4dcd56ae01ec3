//! Sums over interactions and searches.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Timestamp;
use ports::{InteractionCount, SearchCount};

use super::recording::kind;
use crate::failure::Failure;
use crate::schema::interactions;
use crate::scholarships::{bound, identifier};

pub(super) async fn count_by_scholarship_on_conn(
    connection: &mut AsyncPgConnection,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<InteractionCount>, Failure> {
    let rows: Vec<(String, String, i64)> = interactions::table
        .filter(interactions::occurred_at.ge(since))
        .filter(interactions::occurred_at.lt(until))
        .group_by((interactions::scholarship_id, interactions::kind))
        .select((
            interactions::scholarship_id,
            interactions::kind,
            count_star(),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(id, code, count)| {
            Ok(InteractionCount {
                scholarship_id: identifier(&id)?,
                kind: kind(&id, &code)?,
                count: unsigned(count),
            })
        })
        .collect()
}

pub(super) async fn add_searches_in_txn(
    connection: &mut AsyncPgConnection,
    day: NaiveDate,
    counts: &[SearchCount],
) -> Result<(), Failure> {
    // One row a query, as one statement cannot change a row twice; in their order, so that nobody waits crosswise.
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for search in counts {
        let sum = sums.entry(&search.query).or_default();
        sum.0 = sum.0.saturating_add(signed(search.count));
        sum.1 = sum.1.saturating_add(signed(search.without_results));
    }
    if sums.is_empty() {
        return Ok(());
    }
    let queries: Vec<&str> = sums.keys().copied().collect();
    let (counts, without_results): (Vec<i64>, Vec<i64>) = sums.values().copied().unzip();
    diesel::sql_query(
        "INSERT INTO search_counts AS c (day, query, count, without_results) \
         SELECT $1, query, count, without_results FROM unnest($2, $3, $4) AS n (query, count, without_results) \
         ON CONFLICT (day, query) DO UPDATE SET count = c.count + EXCLUDED.count, \
           without_results = c.without_results + EXCLUDED.without_results",
    )
    .bind::<Date, _>(day)
    .bind::<Array<Text>, _>(queries)
    .bind::<Array<BigInt>, _>(counts)
    .bind::<Array<BigInt>, _>(without_results)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    query: String,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    missed: i64,
}

pub(super) async fn searches_on_conn(
    connection: &mut AsyncPgConnection,
    since: NaiveDate,
    until: NaiveDate,
    limit: usize,
) -> Result<Vec<SearchCount>, Failure> {
    let rows: Vec<Sum> = diesel::sql_query(
        "SELECT query, sum(count)::bigint AS total, sum(without_results)::bigint AS missed FROM search_counts \
         WHERE day BETWEEN $1 AND $2 GROUP BY query ORDER BY total DESC, query LIMIT $3",
    )
    .bind::<Date, _>(since)
    .bind::<Date, _>(until)
    .bind::<BigInt, _>(bound(limit))
    .load(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SearchCount {
            query: row.query,
            count: unsigned(row.total),
            without_results: unsigned(row.missed),
        })
        .collect())
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
