//! `ports::SpendMeter` on Postgres: one row a day, which whoever spends waits for.

use async_trait::async_trait;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ports::{
    MicroUsd, Reservation, ReservationId, Reserve, Settlement, SpendMeter, SpendMeterError,
};

use crate::PostgresStore;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::Failure;

#[derive(QueryableByName)]
struct Charged {
    #[diesel(sql_type = BigInt)]
    charged: i64,
}

impl Charged {
    fn money(&self) -> MicroUsd {
        MicroUsd(u64::try_from(self.charged).unwrap_or(0))
    }
}

// Sums are made as numerics, which do not overflow.
const RESERVE: &str = "WITH charged AS ( \
       INSERT INTO spend_days AS spend (day, charged) SELECT $1, $2 WHERE $2 <= $3 \
       ON CONFLICT (day) DO UPDATE SET charged = spend.charged + EXCLUDED.charged \
         WHERE spend.charged::numeric + EXCLUDED.charged <= $3 RETURNING charged), \
     opened AS (INSERT INTO spend_reservations (id, day, amount) SELECT $4::uuid, $1, $2 FROM charged) \
     SELECT charged FROM charged";

const SETTLE: &str = "WITH settled AS ( \
       DELETE FROM spend_reservations WHERE id = $1::uuid AND day = $2 RETURNING amount) \
     UPDATE spend_days SET charged = least(charged::numeric - settled.amount + $3, 9223372036854775807)::bigint \
     FROM settled WHERE day = $2";

/// Reservations that nobody settled are forgotten after a week; their money stays charged.
const FORGET: &str = "DELETE FROM spend_reservations WHERE day < $1 - 7";

fn text(id: ReservationId) -> String {
    format!("{:032x}", id.0)
}

fn bounded(money: MicroUsd) -> i64 {
    i64::try_from(money.0).unwrap_or(i64::MAX)
}

/// Whether it fitted in.
async fn reserve_in_txn(
    connection: &mut AsyncPgConnection,
    id: ReservationId,
    day: NaiveDate,
    amount: i64,
    limit: i64,
) -> Result<bool, Failure> {
    let charged = diesel::sql_query(RESERVE)
        .bind::<Date, _>(day)
        .bind::<BigInt, _>(amount)
        .bind::<BigInt, _>(limit)
        .bind::<Text, _>(text(id))
        .get_result::<Charged>(connection)
        .await
        .optional()?;
    if charged
        .as_ref()
        .is_some_and(|charged| charged.charged == amount)
    {
        // The day's first.
        diesel::sql_query(FORGET)
            .bind::<Date, _>(day)
            .execute(connection)
            .await?;
    }
    Ok(charged.is_some())
}

async fn settle_in_txn(
    connection: &mut AsyncPgConnection,
    id: ReservationId,
    day: NaiveDate,
    actual: i64,
) -> Result<Settlement, Failure> {
    let settled = diesel::sql_query(SETTLE)
        .bind::<Text, _>(text(id))
        .bind::<Date, _>(day)
        .bind::<BigInt, _>(actual)
        .execute(connection)
        .await?;
    Ok(if settled == 1 {
        Settlement::Settled
    } else {
        Settlement::Unknown
    })
}

async fn spent_on_conn(
    connection: &mut AsyncPgConnection,
    day: NaiveDate,
) -> Result<MicroUsd, Failure> {
    let charged = diesel::sql_query("SELECT charged FROM spend_days WHERE day = $1")
        .bind::<Date, _>(day)
        .get_result::<Charged>(connection)
        .await
        .optional()?;
    Ok(charged.map_or(MicroUsd(0), |charged| charged.money()))
}

impl PostgresStore {
    async fn spending<T, W>(
        &self,
        operation: &'static str,
        access: Access,
        work: W,
    ) -> Result<T, SpendMeterError>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>
            + Send
            + Sync
            + 'static,
    {
        let outcome = self.connections.run(Area::Spending, access, work).await;
        outcome.map_err(|failure| SpendMeterError::Unavailable {
            operation,
            source: Box::new(failure),
        })
    }
}

#[async_trait]
impl SpendMeter for PostgresStore {
    async fn reserve(
        &self,
        day: NaiveDate,
        amount: MicroUsd,
        limit: MicroUsd,
    ) -> Result<Reserve, SpendMeterError> {
        let id = ReservationId(rand::random());
        let fits_in = match i64::try_from(amount.0) {
            Ok(amount) => {
                let limit = bounded(limit);
                self.spending("reserve", Access::WriteFew, move |connection| {
                    reserve_in_txn(connection, id, day, amount, limit).boxed()
                })
                .await?
            }
            Err(_) => false,
        };
        if fits_in {
            return Ok(Reserve::Granted(Reservation { id, day, amount }));
        }
        let spent = self.spent(day).await?;
        Ok(Reserve::Exhausted { spent })
    }

    async fn settle(
        &self,
        reservation: &Reservation,
        actual: MicroUsd,
    ) -> Result<Settlement, SpendMeterError> {
        let (id, day, actual) = (reservation.id, reservation.day, bounded(actual));
        self.spending("settle", Access::WriteFew, move |connection| {
            settle_in_txn(connection, id, day, actual).boxed()
        })
        .await
    }

    async fn spent(&self, day: NaiveDate) -> Result<MicroUsd, SpendMeterError> {
        self.spending("spent", Access::ReadFew, move |connection| {
            spent_on_conn(connection, day).boxed()
        })
        .await
    }
}
