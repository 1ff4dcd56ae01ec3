//! Whether the server's role may do what it must: a missing right shows when somebody writes, and looks like a store that is away.

use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::failure::Failure;

/// Of tables that are there, the rights that are missing.
const MISSING: &str = "\
SELECT coalesce(string_agg(needed || ' on ' || name, ', ' ORDER BY name, needed), '') AS missing FROM ( \
    SELECT name, needed FROM unnest(ARRAY[ \
        'scholarships', 'scholarship_changes', 'change_feed', 'idempotency_records', 'interactions', 'search_counts', \
        'store_secrets', 'used_tokens', 'spend_days', 'spend_reservations', 'revocations', 'audit_log', \
        'tasks', 'task_notices', 'task_turns' \
    ]) AS name, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS needed \
    WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(name, needed) \
        AND (needed IN ('SELECT', 'INSERT') OR name IN ('scholarships', 'scholarship_changes', 'idempotency_records', \
            'spend_days', 'spend_reservations', 'tasks', 'task_notices') \
            OR (needed = 'UPDATE' AND name = 'task_turns')) \
        AND (needed = 'SELECT' OR name <> 'change_feed') \
    UNION ALL \
    SELECT name, 'USAGE' FROM unnest(ARRAY['scholarship_change_sequence', 'audit_log_sequence_seq', \
        'tasks_sequence_seq', 'task_notices_sequence_seq']) AS name \
    WHERE to_regclass(name) IS NOT NULL AND NOT has_sequence_privilege(name, 'USAGE') \
) AS rights";

#[derive(QueryableByName)]
struct Missing {
    #[diesel(sql_type = Text)]
    missing: String,
}

/// # Errors
/// [`Failure::WithoutRights`] names them.
pub(crate) async fn check_on_conn(connection: &mut AsyncPgConnection) -> Result<(), Failure> {
    let found: Missing = sql_query(MISSING).get_result(connection).await?;
    if found.missing.is_empty() {
        Ok(())
    } else {
        Err(Failure::WithoutRights(found.missing))
    }
}
