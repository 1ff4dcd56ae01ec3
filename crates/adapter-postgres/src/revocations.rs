//! Revoked tokens: `ports::RevocationStore` on Postgres.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Timestamp;
use futures_util::FutureExt as _;
use ports::{Revocation, RevocationStore, RevocationStoreError, RevokedKind};

use crate::PostgresStore;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::{Failure, Unreadable};
use crate::schema::revocations;
use crate::scholarships::whole_microseconds;

/// What another revocation changes at this moment is left to it.
const CLEAR: &str = "DELETE FROM revocations WHERE (kind, digest) IN ( \
       SELECT kind, digest FROM revocations WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED)";
const REVOKE: &str = "INSERT INTO revocations AS known (kind, digest, revoked_at, expires_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (kind, digest) DO UPDATE SET revoked_at = greatest(known.revoked_at, EXCLUDED.revoked_at), \
       expires_at = greatest(known.expires_at, EXCLUDED.expires_at)";

#[derive(Queryable, Selectable)]
#[diesel(table_name = revocations)]
struct Row {
    kind: String,
    digest: Vec<u8>,
    revoked_at: Timestamp,
    expires_at: Timestamp,
}

impl Row {
    fn into_revocation(self) -> Result<Revocation, Failure> {
        let unreadable = |column| Failure::unreadable("a revocation", Unreadable::Column(column));
        Ok(Revocation {
            kind: RevokedKind::from_code(&self.kind).ok_or_else(|| unreadable("kind"))?,
            digest: self.digest.try_into().map_err(|_| unreadable("digest"))?,
            revoked_at: self.revoked_at,
            expires_at: self.expires_at,
        })
    }
}

async fn revoke_in_txn(
    connection: &mut AsyncPgConnection,
    revocation: Revocation,
) -> Result<(), Failure> {
    let revoked_at = whole_microseconds(revocation.revoked_at);
    diesel::sql_query(CLEAR)
        .bind::<Timestamptz, _>(revoked_at)
        .execute(connection)
        .await?;
    diesel::sql_query(REVOKE)
        .bind::<Text, _>(revocation.kind.code())
        .bind::<Binary, _>(&revocation.digest[..])
        .bind::<Timestamptz, _>(revoked_at)
        .bind::<Timestamptz, _>(whole_microseconds(revocation.expires_at))
        .execute(connection)
        .await?;
    Ok(())
}

async fn revocations_on_conn(
    connection: &mut AsyncPgConnection,
    now: Timestamp,
) -> Result<Vec<Revocation>, Failure> {
    let rows: Vec<Row> = revocations::table
        .filter(revocations::expires_at.gt(now))
        .select(Row::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(Row::into_revocation).collect()
}

fn unavailable(operation: &'static str) -> impl Fn(Failure) -> RevocationStoreError {
    move |failure| RevocationStoreError::Unavailable {
        operation,
        source: Box::new(failure),
    }
}

#[async_trait]
impl RevocationStore for PostgresStore {
    async fn revoke(&self, revocation: Revocation) -> Result<(), RevocationStoreError> {
        self.connections
            .run(Area::Tokens, Access::WriteFew, move |connection| {
                revoke_in_txn(connection, revocation).boxed()
            })
            .await
            .map_err(unavailable("revoke"))
    }

    async fn revocations(&self, now: Timestamp) -> Result<Vec<Revocation>, RevocationStoreError> {
        let now = whole_microseconds(now);
        self.connections
            .run(Area::Tokens, Access::ReadFew, move |connection| {
                revocations_on_conn(connection, now).boxed()
            })
            .await
            .map_err(unavailable("revocations"))
    }
}
