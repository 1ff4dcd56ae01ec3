//! Sums over interactions and searches.

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel::upsert::excluded;
use domain::Timestamp;
use ports::{InteractionCount, SearchCount};

use super::recording::kind;
use crate::failure::Failure;
use crate::schema::{interactions, search_counts};
use crate::scholarships::{bound, identifier, microseconds};

pub(super) fn count_by_scholarship_on_conn(
    connection: &mut SqliteConnection,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<InteractionCount>, Failure> {
    let rows: Vec<(String, String, i64)> = interactions::table
        .filter(interactions::occurred_at.ge(microseconds(since)))
        .filter(interactions::occurred_at.lt(microseconds(until)))
        .group_by((interactions::scholarship_id, interactions::kind))
        .select((
            interactions::scholarship_id,
            interactions::kind,
            count_star(),
        ))
        .load(connection)?;
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

pub(super) fn add_searches_in_txn(
    connection: &mut SqliteConnection,
    day: NaiveDate,
    counts: &[SearchCount],
) -> Result<(), Failure> {
    for search in counts {
        diesel::insert_into(search_counts::table)
            .values((
                search_counts::day.eq(day_text(day)),
                search_counts::query.eq(&search.query),
                search_counts::count.eq(signed(search.count)),
                search_counts::without_results.eq(signed(search.without_results)),
            ))
            .on_conflict((search_counts::day, search_counts::query))
            .do_update()
            .set((
                search_counts::count.eq(search_counts::count + excluded(search_counts::count)),
                search_counts::without_results
                    .eq(search_counts::without_results + excluded(search_counts::without_results)),
            ))
            .execute(connection)?;
    }
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

pub(super) fn searches_on_conn(
    connection: &mut SqliteConnection,
    since: NaiveDate,
    until: NaiveDate,
    limit: usize,
) -> Result<Vec<SearchCount>, Failure> {
    // Diesel gives sums of integers a type that SQLite does not have.
    let rows: Vec<Sum> = diesel::sql_query(
        "SELECT query, sum(count) AS total, sum(without_results) AS missed FROM search_counts \
         WHERE day BETWEEN ? AND ? GROUP BY query ORDER BY total DESC, query LIMIT ?",
    )
    .bind::<Text, _>(day_text(since))
    .bind::<Text, _>(day_text(until))
    .bind::<BigInt, _>(bound(limit))
    .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|row| SearchCount {
            query: row.query,
            count: unsigned(row.total),
            without_results: unsigned(row.missed),
        })
        .collect())
}

/// ISO 8601, which sorts as the days do.
fn day_text(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
