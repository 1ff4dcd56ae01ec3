//! Which migrations a database has. Postgres' messages are in the language of its server, so it is asked for what they would
//! say.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::failure::Failure;

/// Readable: this table, and those of the change log where they are there.
const ACCESS: &str = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_there, \
     (SELECT coalesce(bool_and(has_table_privilege(needed, 'SELECT')), true) \
      FROM unnest(ARRAY[to_regclass('__diesel_schema_migrations'), to_regclass('scholarship_changes'), \
                        to_regclass('change_feed')]) AS needed \
      WHERE needed IS NOT NULL) AS is_readable";

#[derive(QueryableByName)]
struct Access {
    #[diesel(sql_type = Bool)]
    is_there: bool,
    #[diesel(sql_type = Bool)]
    is_readable: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions of all migrations that were made, the newest first.
///
/// # Errors
/// [`Failure::WithoutSchema`] and [`Failure::WithoutRights`] beside what else may happen.
pub(crate) async fn applied_on_conn(
    connection: &mut AsyncPgConnection,
) -> Result<Vec<String>, Failure> {
    let access: Access = diesel::sql_query(ACCESS).get_result(connection).await?;
    if !access.is_there {
        return Err(Failure::WithoutSchema);
    }
    if !access.is_readable {
        let needed = "SELECT on __diesel_schema_migrations, scholarship_changes and change_feed";
        return Err(Failure::WithoutRights(needed.to_owned()));
    }
    let applied: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version DESC")
            .load(connection)
            .await?;
    Ok(applied.into_iter().map(|one| one.version).collect())
}
