//! Revoked tokens: `ports::RevocationStore` on the file.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::SqliteConnection;
use domain::Timestamp;
use ports::{Revocation, RevocationStore, RevocationStoreError, RevokedKind};

use crate::SqliteStore;
use crate::failure::{Failure, Unreadable};
use crate::schema::revocations;
use crate::scholarships::{instant, microseconds};

const REVOKE: &str = "INSERT INTO revocations AS known (kind, digest, revoked_at, expires_at) VALUES (?, ?, ?, ?) \
     ON CONFLICT (kind, digest) DO UPDATE SET revoked_at = max(known.revoked_at, excluded.revoked_at), \
       expires_at = max(known.expires_at, excluded.expires_at)";

#[derive(Queryable, Selectable)]
#[diesel(table_name = revocations)]
struct Row {
    kind: String,
    digest: Vec<u8>,
    revoked_at: i64,
    expires_at: i64,
}

impl Row {
    fn into_revocation(self) -> Result<Revocation, Failure> {
        const OF: &str = "a revocation";
        let unreadable = |column| Failure::unreadable(OF, Unreadable::Column(column));
        Ok(Revocation {
            kind: RevokedKind::from_code(&self.kind).ok_or_else(|| unreadable("kind"))?,
            digest: self.digest.try_into().map_err(|_| unreadable("digest"))?,
            revoked_at: instant(OF, "revoked_at", self.revoked_at)?,
            expires_at: instant(OF, "expires_at", self.expires_at)?,
        })
    }
}

fn revoke_in_txn(
    connection: &mut SqliteConnection,
    revocation: &Revocation,
) -> Result<(), Failure> {
    let revoked_at = microseconds(revocation.revoked_at);
    diesel::delete(revocations::table.filter(revocations::expires_at.le(revoked_at)))
        .execute(connection)?;
    diesel::sql_query(REVOKE)
        .bind::<Text, _>(revocation.kind.code())
        .bind::<Binary, _>(&revocation.digest[..])
        .bind::<BigInt, _>(revoked_at)
        .bind::<BigInt, _>(microseconds(revocation.expires_at))
        .execute(connection)?;
    Ok(())
}

fn revocations_on_conn(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Vec<Revocation>, Failure> {
    let rows: Vec<Row> = revocations::table
        .filter(revocations::expires_at.gt(microseconds(now)))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Row::into_revocation).collect()
}

fn unavailable(operation: &'static str) -> impl Fn(Failure) -> RevocationStoreError {
    move |failure| RevocationStoreError::Unavailable {
        operation,
        source: Box::new(failure),
    }
}

#[async_trait]
impl RevocationStore for SqliteStore {
    async fn revoke(&self, revocation: Revocation) -> Result<(), RevocationStoreError> {
        self.writer
            .write(1, move |connection| revoke_in_txn(connection, &revocation))
            .await
            .map_err(unavailable("revoke"))
    }

    async fn revocations(&self, now: Timestamp) -> Result<Vec<Revocation>, RevocationStoreError> {
        self.readers
            .read(move |connection| revocations_on_conn(connection, now))
            .await
            .map_err(unavailable("revocations"))
    }
}
