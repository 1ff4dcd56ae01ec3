//! What is spent on a service that costs money, by day and for all replicas together.

use async_trait::async_trait;
use chrono::NaiveDate;

/// Millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MicroUsd(pub u64);

/// Keeps spending below a daily limit. Money is reserved before a call at the most it may cost, and settled after it at what
/// it did cost.
///
/// A reservation is charged in full when it is made. One that is never settled, as when a replica crashes, stays charged in
/// full for its day and blocks no other day. So the limit is exceeded only by what calls cost above their reservations.
#[async_trait]
pub trait SpendMeter: Send + Sync {
    /// Charges `amount` to a UTC day, if that keeps the day within `limit`.
    ///
    /// # Errors
    /// [`SpendMeterError::Unavailable`]: do not spend. The amount may have been charged.
    async fn reserve(
        &self,
        day: NaiveDate,
        amount: MicroUsd,
        limit: MicroUsd,
    ) -> Result<Reserve, SpendMeterError>;

    /// Replaces the reserved amount by the actual one, once: a repetition changes nothing.
    ///
    /// # Errors
    /// [`SpendMeterError::Unavailable`]: it may or may not have been settled; settling again is harmless.
    async fn settle(
        &self,
        reservation: &Reservation,
        actual: MicroUsd,
    ) -> Result<Settlement, SpendMeterError>;

    /// What is charged to a UTC day, open reservations included. Days are kept for two days at least.
    ///
    /// # Errors
    /// [`SpendMeterError::Unavailable`].
    async fn spent(&self, day: NaiveDate) -> Result<MicroUsd, SpendMeterError>;
}

/// The outcome of asking for money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserve {
    Granted(Reservation),
    /// Nothing was charged: it would not fit in beside what is charged already.
    Exhausted {
        spent: MicroUsd,
    },
}

/// Money that was set aside. Keep it until the call has ended, to settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    pub id: ReservationId,
    pub day: NaiveDate,
    pub amount: MicroUsd,
}

/// Given by the adapter; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReservationId(pub u128);

/// What came of settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    Settled,
    /// The reservation is settled already or forgotten; what it was charged last stays.
    Unknown,
}

#[derive(Debug, thiserror::Error)]
pub enum SpendMeterError {
    #[error("the spend meter does not answer ({operation})")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
