//! `ports::ReplayGuard` on Postgres: what may not be lost does not lie in a cache.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Timestamp;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ports::{Claim, ReplayGuard, ReplayGuardError};
use sha2::{Digest as _, Sha256};

use crate::PostgresStore;
use crate::area::Area;
use crate::failure::Failure;
use crate::grouping::{Rule, in_order_of};
use crate::prepared::{Prepared, Value};
use crate::scholarships::whole_microseconds;

#[derive(QueryableByName)]
struct Bound {
    #[diesel(sql_type = Bool)]
    same: bool,
}

/// Postgres' clock may differ from ours, so that a binding is kept for an hour more. Each claim clears away a few of the
/// bindings that are older.
const CLAIM: &str = "WITH given (token, purpose, expires_at) AS (VALUES (?::bytea, ?::bytea, ?::timestamptz)), \
     old AS ( \
       SELECT used.token FROM used_tokens AS used, given \
       WHERE used.expires_at < now() - interval '1 hour' AND used.token <> given.token \
       ORDER BY used.expires_at LIMIT 4 FOR UPDATE OF used SKIP LOCKED), \
     cleared AS (DELETE FROM used_tokens WHERE token IN (SELECT token FROM old)) \
     INSERT INTO used_tokens AS used (token, purpose, expires_at) SELECT * FROM given \
     ON CONFLICT (token) DO UPDATE SET purpose = EXCLUDED.purpose, expires_at = EXCLUDED.expires_at \
       WHERE used.expires_at < now() - interval '1 hour'";

/// One use of a token.
pub(crate) struct Binding {
    token: [u8; 32],
    purpose: [u8; 32],
    expires_at: Timestamp,
}

pub(crate) const BINDINGS: Rule<Binding, Claim> = Rule {
    area: Area::Tokens,
    work: claim_all_in_txn,
    weight: |_| 1,
    most: 128,
};

/// All at once on the wire, and in one order whoever asks: two such transactions must not wait for each other.
fn claim_all_in_txn(
    connection: &mut AsyncPgConnection,
    bindings: Vec<Arc<Binding>>,
) -> BoxFuture<'_, Result<Vec<Claim>, Failure>> {
    async move {
        let connection = &*connection;
        in_order_of(
            &bindings,
            |binding| binding.token,
            |binding| claim_in_txn(connection, binding),
        )
        .await
    }
    .boxed()
}

async fn claim_in_txn(
    mut connection: &AsyncPgConnection,
    binding: &Binding,
) -> Result<Claim, Failure> {
    let claim = Prepared {
        text: CLAIM,
        values: vec![
            Value::Bytes(&binding.token),
            Value::Bytes(&binding.purpose),
            Value::Instant(binding.expires_at),
        ],
    };
    let first = claim.execute(&mut connection).await?;
    if first == 1 {
        return Ok(Claim::First);
    }
    let bound = diesel::sql_query("SELECT purpose = $2 AS same FROM used_tokens WHERE token = $1")
        .bind::<Binary, _>(&binding.token[..])
        .bind::<Binary, _>(&binding.purpose[..])
        .get_result::<Bound>(&mut connection)
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
        let binding = Binding {
            token: Sha256::digest(token_id.as_bytes()).into(),
            purpose: *purpose,
            expires_at: whole_microseconds(expires_at),
        };
        self.bound_tokens
            .add(binding)
            .await
            .map_err(|failure| ReplayGuardError::Unavailable(Box::new(failure)))
    }
}
