//! `ports::ReplayGuard` on Postgres: what may not be lost does not lie in a cache.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Timestamp;
use futures_util::FutureExt as _;
use ports::{Claim, ReplayGuard, ReplayGuardError};
use sha2::{Digest as _, Sha256};

use crate::PostgresStore;
use crate::connections::Access;
use crate::failure::Failure;
use crate::scholarships::whole_microseconds;

#[derive(QueryableByName)]
struct Bound {
    #[diesel(sql_type = Bool)]
    same: bool,
}

/// Postgres' clock may differ from ours, so that a binding is kept for an hour more. Each claim clears away a few of the
/// bindings that are older.
const CLAIM: &str = "WITH old AS ( \
       SELECT token FROM used_tokens WHERE expires_at < now() - interval '1 hour' AND token <> $1 \
       ORDER BY expires_at LIMIT 4 FOR UPDATE SKIP LOCKED), \
     cleared AS (DELETE FROM used_tokens WHERE token IN (SELECT token FROM old)) \
     INSERT INTO used_tokens AS used (token, purpose, expires_at) VALUES ($1, $2, $3) \
     ON CONFLICT (token) DO UPDATE SET purpose = EXCLUDED.purpose, expires_at = EXCLUDED.expires_at \
       WHERE used.expires_at < now() - interval '1 hour'";

async fn claim_in_txn(
    connection: &mut AsyncPgConnection,
    token: [u8; 32],
    purpose: [u8; 32],
    expires_at: Timestamp,
) -> Result<Claim, Failure> {
    let first = diesel::sql_query(CLAIM)
        .bind::<Binary, _>(&token[..])
        .bind::<Binary, _>(&purpose[..])
        .bind::<Timestamptz, _>(whole_microseconds(expires_at))
        .execute(connection)
        .await?;
    if first == 1 {
        return Ok(Claim::First);
    }
    let bound = diesel::sql_query("SELECT purpose = $2 AS same FROM used_tokens WHERE token = $1")
        .bind::<Binary, _>(&token[..])
        .bind::<Binary, _>(&purpose[..])
        .get_result::<Bound>(connection)
        .await
        .optional()?;
    match bound {
        Some(Bound { same: true }) => Ok(Claim::Again),
        Some(Bound { same: false }) => Ok(Claim::UsedForAnother),
        // Cleared away at this moment.
        None => Err(Failure::Contended),
    }
}

#[async_trait]
impl ReplayGuard for PostgresStore {
    async fn claim(
        &self,
        token_id: &str,
        purpose: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<Claim, ReplayGuardError> {
        let token: [u8; 32] = Sha256::digest(token_id.as_bytes()).into();
        let purpose = *purpose;
        self.connections
            .run(Access::WriteFew, move |connection| {
                claim_in_txn(connection, token, purpose, expires_at).boxed()
            })
            .await
            .map_err(|failure| ReplayGuardError::Unavailable(Box::new(failure)))
    }
}
