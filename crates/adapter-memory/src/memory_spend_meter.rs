//! `ports::SpendMeter` in this process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::NaiveDate;
use ports::{
    MicroUsd, Reservation, ReservationId, Reserve, Settlement, SpendMeter, SpendMeterError,
};

/// Today, two days before, and tomorrow for whose clock is ahead.
const DAYS: usize = 4;

/// Beyond so many open reservations of one day, further ones are charged but cannot be settled.
const MAX_OPEN: usize = 65_536;

/// What was charged on the newest days. It begins at nothing when the process does.
#[derive(Debug, Default)]
pub struct MemorySpendMeter {
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    days: BTreeMap<NaiveDate, Day>,
    last_id: u128,
}

#[derive(Debug, Default)]
struct Day {
    spent: u64,
    open: HashMap<ReservationId, u64>,
}

impl Ledger {
    fn day(&mut self, day: NaiveDate) -> &mut Day {
        if !self.days.contains_key(&day) && self.days.len() >= DAYS {
            self.days.pop_first();
        }
        self.days.entry(day).or_default()
    }

    fn reserve(&mut self, day: NaiveDate, amount: MicroUsd, limit: MicroUsd) -> Reserve {
        let id = ReservationId(self.last_id + 1);
        let entry = self.day(day);
        match entry.spent.checked_add(amount.0) {
            Some(spent) if spent <= limit.0 => entry.spent = spent,
            _ => {
                let spent = MicroUsd(entry.spent);
                return Reserve::Exhausted { spent };
            }
        }
        if entry.open.len() < MAX_OPEN {
            entry.open.insert(id, amount.0);
        }
        self.last_id += 1;
        Reserve::Granted(Reservation { id, day, amount })
    }

    fn settle(&mut self, reservation: &Reservation, actual: MicroUsd) -> Settlement {
        let Some(day) = self.days.get_mut(&reservation.day) else {
            return Settlement::Unknown;
        };
        let Some(reserved) = day.open.remove(&reservation.id) else {
            return Settlement::Unknown;
        };
        day.spent = (day.spent - reserved).saturating_add(actual.0);
        Settlement::Settled
    }
}

impl MemorySpendMeter {
    fn with<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl SpendMeter for MemorySpendMeter {
    async fn reserve(
        &self,
        day: NaiveDate,
        amount: MicroUsd,
        limit: MicroUsd,
    ) -> Result<Reserve, SpendMeterError> {
        Ok(self.with(|ledger| ledger.reserve(day, amount, limit)))
    }

    async fn settle(
        &self,
        reservation: &Reservation,
        actual: MicroUsd,
    ) -> Result<Settlement, SpendMeterError> {
        Ok(self.with(|ledger| ledger.settle(reservation, actual)))
    }

    async fn spent(&self, day: NaiveDate) -> Result<MicroUsd, SpendMeterError> {
        Ok(self.with(|ledger| MicroUsd(ledger.days.get(&day).map_or(0, |day| day.spent))))
    }
}
