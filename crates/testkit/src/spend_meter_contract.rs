//! What every `ports::SpendMeter` promises.
//!
//! Each function takes a meter that has charged nothing, and panics when a promise is broken; [`spend_meter_contract!`] makes
//! a test of each.
//!
//! [`spend_meter_contract!`]: macro@crate::spend_meter_contract

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use ports::{Clock as _, MicroUsd, Reservation, ReservationId, Reserve, Settlement, SpendMeter};
use tokio::task::JoinSet;

use crate::RealClock;

type Meter = Arc<dyn SpendMeter>;

const LIMIT: MicroUsd = MicroUsd(100_000_000);

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn SpendMeter>, _)`, a meter that has
/// charged nothing and whatever must outlive it.
#[macro_export]
macro_rules! spend_meter_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            spend_meter_contract,
            $open,
            [
                what_is_reserved_is_charged_and_settling_corrects_it,
                the_limit_can_be_reached_but_not_passed,
                an_amount_that_does_not_fit_is_not_charged,
                a_call_that_cost_more_than_reserved_is_charged_in_full,
                settling_counts_once,
                a_reservation_that_is_never_settled_stays_charged,
                days_are_charged_apart,
                many_at_once_never_pass_the_limit,
                many_who_settle_at_once_add_up,
                large_amounts_do_not_overflow,
                an_unknown_reservation_settles_nothing,
            ]
        );
    };
}

fn today() -> NaiveDate {
    RealClock.now().date_naive()
}

async fn reserve(meter: &Meter, day: NaiveDate, amount: u64) -> Reserve {
    let reserved = meter.reserve(day, MicroUsd(amount), LIMIT).await;
    reserved.expect("answers")
}

async fn granted(meter: &Meter, day: NaiveDate, amount: u64) -> Reservation {
    match reserve(meter, day, amount).await {
        Reserve::Granted(reservation) => {
            assert_eq!((reservation.day, reservation.amount.0), (day, amount));
            reservation
        }
        Reserve::Exhausted { spent } => panic!("{amount} fits in beside {spent:?}"),
    }
}

async fn exhausted(meter: &Meter, day: NaiveDate, amount: u64) -> u64 {
    match reserve(meter, day, amount).await {
        Reserve::Exhausted { spent } => spent.0,
        Reserve::Granted(reservation) => panic!("does not fit in, yet: {reservation:?}"),
    }
}

async fn settle(meter: &Meter, reservation: &Reservation, actual: u64) -> Settlement {
    let settled = meter.settle(reservation, MicroUsd(actual)).await;
    settled.expect("answers")
}

async fn spent(meter: &Meter, day: NaiveDate) -> u64 {
    meter.spent(day).await.expect("answers").0
}

pub async fn what_is_reserved_is_charged_and_settling_corrects_it(meter: Meter) {
    assert_eq!(spent(&meter, today()).await, 0);
    let first = granted(&meter, today(), 1_000).await;
    let second = granted(&meter, today(), 500).await;
    assert_ne!(first.id, second.id);
    assert_eq!(spent(&meter, today()).await, 1_500);
    assert_eq!(settle(&meter, &first, 300).await, Settlement::Settled);
    assert_eq!(spent(&meter, today()).await, 800);
    assert_eq!(settle(&meter, &second, 0).await, Settlement::Settled);
    assert_eq!(spent(&meter, today()).await, 300);
}

pub async fn the_limit_can_be_reached_but_not_passed(meter: Meter) {
    let all = granted(&meter, today(), LIMIT.0).await;
    assert_eq!(exhausted(&meter, today(), 1).await, LIMIT.0);
    settle(&meter, &all, LIMIT.0 - 10).await;
    assert_eq!(exhausted(&meter, today(), 11).await, LIMIT.0 - 10);
    granted(&meter, today(), 10).await;
    assert_eq!(exhausted(&meter, today(), 1).await, LIMIT.0);
}

pub async fn an_amount_that_does_not_fit_is_not_charged(meter: Meter) {
    assert_eq!(exhausted(&meter, today(), LIMIT.0 + 1).await, 0);
    assert_eq!(spent(&meter, today()).await, 0);
    granted(&meter, today(), LIMIT.0).await;
}

pub async fn a_call_that_cost_more_than_reserved_is_charged_in_full(meter: Meter) {
    let reservation = granted(&meter, today(), LIMIT.0).await;
    settle(&meter, &reservation, LIMIT.0 + 70).await;
    assert_eq!(spent(&meter, today()).await, LIMIT.0 + 70);
    assert_eq!(exhausted(&meter, today(), 1).await, LIMIT.0 + 70);
}

pub async fn settling_counts_once(meter: Meter) {
    let reservation = granted(&meter, today(), 1_000).await;
    assert_eq!(settle(&meter, &reservation, 400).await, Settlement::Settled);
    assert_eq!(settle(&meter, &reservation, 400).await, Settlement::Unknown);
    assert_eq!(settle(&meter, &reservation, 900).await, Settlement::Unknown);
    assert_eq!(spent(&meter, today()).await, 400);
}

pub async fn a_reservation_that_is_never_settled_stays_charged(meter: Meter) {
    granted(&meter, today(), LIMIT.0 - 5).await;
    assert_eq!(exhausted(&meter, today(), 6).await, LIMIT.0 - 5);
    let tomorrow = today() + Days::new(1);
    granted(&meter, tomorrow, LIMIT.0).await;
}

pub async fn days_are_charged_apart(meter: Meter) {
    let (today, tomorrow) = (today(), today() + Days::new(1));
    let late = granted(&meter, today, 1_000).await;
    granted(&meter, tomorrow, 77).await;
    assert_eq!(spent(&meter, today).await, 1_000);
    assert_eq!(spent(&meter, tomorrow).await, 77);
    settle(&meter, &late, 10).await;
    assert_eq!(spent(&meter, today).await, 10);
    assert_eq!(spent(&meter, tomorrow).await, 77);
}

pub async fn many_at_once_never_pass_the_limit(meter: Meter) {
    let day = today();
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let meter = Arc::clone(&meter);
        callers.spawn(async move {
            let outcome = reserve(&meter, day, LIMIT.0 / 20).await;
            usize::from(matches!(outcome, Reserve::Granted(_)))
        });
    }
    let granted: usize = callers.join_all().await.into_iter().sum();
    assert_eq!(granted, 20);
    assert_eq!(spent(&meter, day).await, LIMIT.0);
}

pub async fn many_who_settle_at_once_add_up(meter: Meter) {
    let day = today();
    let mut callers = JoinSet::new();
    for at in 0..50 {
        let meter = Arc::clone(&meter);
        callers.spawn(async move {
            let reservation = granted(&meter, day, 1_000).await;
            settle(&meter, &reservation, at).await
        });
    }
    let settled = callers.join_all().await;
    assert!(settled.iter().all(|one| *one == Settlement::Settled));
    assert_eq!(spent(&meter, day).await, (0..50).sum::<u64>());
}

pub async fn large_amounts_do_not_overflow(meter: Meter) {
    assert_eq!(exhausted(&meter, today(), u64::MAX).await, 0);
    // A billion dollars, exact to the millionth.
    let billion = MicroUsd(1_000_000_000_000_001);
    let reserved = meter.reserve(today(), billion, MicroUsd(u64::MAX)).await;
    let Ok(Reserve::Granted(reservation)) = reserved else {
        panic!("there is no limit, yet: {reserved:?}");
    };
    assert_eq!(spent(&meter, today()).await, billion.0);
    settle(&meter, &reservation, billion.0 + 1).await;
    assert_eq!(spent(&meter, today()).await, billion.0 + 1);
}

pub async fn an_unknown_reservation_settles_nothing(meter: Meter) {
    granted(&meter, today(), 5).await;
    let invented = Reservation {
        id: ReservationId(7),
        day: today(),
        amount: MicroUsd(5),
    };
    assert_eq!(settle(&meter, &invented, 0).await, Settlement::Unknown);
    assert_eq!(spent(&meter, today()).await, 5);
}
