use std::cell::{Cell, RefCell};

use super::*;
use crate::{
    history::{Record, verify},
    traffic::{Controller, ControllerError},
};

/// Keeps all in memory; each part fails while it is told to.
#[derive(Default)]
struct Fake {
    disk: RefCell<Option<String>>,
    records: RefCell<Vec<Record>>,
    canary: Cell<u8>,
    store_fails: Cell<bool>,
    log_fails: Cell<bool>,
}

fn fault() -> Box<dyn std::error::Error + Send + Sync> {
    "a fault".into()
}

impl StateStore for &Fake {
    fn load(&self) -> Result<Option<String>, StoreError> {
        Ok(self.disk.borrow().clone())
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        if self.store_fails.get() {
            return Err(StoreError::Unavailable(fault()));
        }
        self.disk.replace(Some(text.to_owned()));
        Ok(())
    }
}

impl Log for &Fake {
    fn head(&self) -> Result<Head, LogError> {
        Ok(self
            .records
            .borrow()
            .last()
            .map(Record::head)
            .unwrap_or_default())
    }

    fn append(&self, record: &Record) -> Result<(), LogError> {
        if self.log_fails.get() {
            return Err(LogError::Unavailable(fault()));
        }
        self.records.borrow_mut().push(record.clone());
        Ok(())
    }
}

impl Controller for &Fake {
    fn weights(&self) -> Result<Weights, ControllerError> {
        Ok(percent(self.canary.get()))
    }

    fn set(&self, weights: Weights) -> Result<(), ControllerError> {
        self.canary.set(weights.canary());
        Ok(())
    }
}

type FakeDriver<'a> = Driver<&'a Fake, &'a Fake, &'a Fake>;

fn driver(fake: &Fake) -> FakeDriver<'_> {
    Driver::new(fake, fake, fake)
}

fn start(fake: &Fake) -> Result<State, StartError> {
    driver(fake).start(release(), plan(), ("ada", "a test"), minute(0))
}

fn step(fake: &Fake, at: i64, outcome: Outcome) -> Step {
    let state = driver(fake).load().unwrap().unwrap();
    let evidence = evidence(&state, outcome, minute(at));
    driver(fake)
        .step(minute(at), evidence.as_ref(), None)
        .unwrap()
}

#[test]
fn a_release_is_driven_to_its_end_and_recorded() {
    let fake = Fake::default();
    start(&fake).unwrap();
    let last = (1..20)
        .map(|at| step(&fake, at, Outcome::Promote))
        .last()
        .unwrap();
    assert!(last.state.is_over());
    assert_eq!(fake.canary.get(), 100);
    let records = fake.records.borrow();
    assert_eq!(verify(&records, None).unwrap(), last.state.head);
    assert_eq!(records.last().unwrap().event, Event::Finished);
}

#[test]
fn a_second_release_waits_for_the_first_and_goes_on_with_its_history() {
    let fake = Fake::default();
    start(&fake).unwrap();
    assert!(matches!(
        start(&fake),
        Err(StartError::AnotherGoesOn { .. })
    ));
    for at in 1..20 {
        step(&fake, at, Outcome::Promote);
    }
    start(&fake).unwrap();
    assert!(verify(&fake.records.borrow(), None).is_ok());
}

#[test]
fn nothing_is_raised_while_the_state_or_the_history_cannot_be_written() {
    for is_the_store in [true, false] {
        let fake = Fake::default();
        start(&fake).unwrap();
        step(&fake, 1, Outcome::Promote);
        step(&fake, 2, Outcome::Promote);
        fake.store_fails.set(is_the_store);
        fake.log_fails.set(!is_the_store);
        for at in 3..9 {
            let step = step(&fake, at, Outcome::Promote);
            assert_eq!(step.is_kept, !is_the_store);
        }
        assert_eq!(fake.canary.get(), 5);
    }
}

#[test]
fn a_bad_canary_loses_its_traffic_even_while_nothing_can_be_written() {
    let fake = Fake::default();
    start(&fake).unwrap();
    step(&fake, 1, Outcome::Hold);
    step(&fake, 2, Outcome::Hold);
    fake.store_fails.set(true);
    fake.log_fails.set(true);
    step(&fake, 3, Outcome::Rollback);
    assert_eq!(fake.canary.get(), 0);
    fake.store_fails.set(false);
    fake.log_fails.set(false);
    let next = step(&fake, 4, Outcome::Promote);
    assert!(next.state.pause.is_some(), "nobody knows why, so it waits");
    assert_eq!(fake.canary.get(), 0);
}

#[test]
fn a_history_that_was_cut_off_stops_promotions_but_no_rollback() {
    let fake = Fake::default();
    start(&fake).unwrap();
    step(&fake, 1, Outcome::Hold);
    step(&fake, 2, Outcome::Hold);
    fake.records.borrow_mut().pop();
    step(&fake, 3, Outcome::Hold);
    fake.records.borrow_mut().pop();
    for at in 4..9 {
        let step = step(&fake, at, Outcome::Promote);
        assert!(!step.troubles.is_empty());
    }
    assert_eq!(fake.canary.get(), 5);
    step(&fake, 10, Outcome::Rollback);
    assert_eq!(fake.canary.get(), 0);
}

#[test]
fn an_edited_state_orders_nothing() {
    let fake = Fake::default();
    start(&fake).unwrap();
    let edited = fake.disk.take().unwrap().replace("ada", "eve");
    fake.disk.replace(Some(edited));
    let result = driver(&fake).step(minute(1), None, None);
    assert!(matches!(result, Err(StepError::State(StateError::Edited))));
    assert_eq!(fake.canary.get(), 0);
}
