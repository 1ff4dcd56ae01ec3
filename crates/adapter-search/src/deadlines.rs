//! The distinct deadlines of a segment, and what they come to on a day.
//!
//! A catalogue has few distinct deadlines, so the arithmetic of calendars is done once a day for each of them and kept.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use chrono::{Datelike, NaiveDate};
use domain::Deadline;

use crate::interned::Interned;

/// Stands for a day or month that is not known.
pub(crate) const NO_DAY: i32 = i32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    distinct: Interned<Deadline>,
    /// Of the newest day that was asked about.
    kept: ArcSwapOption<DueDays>,
}

impl Clone for Deadlines {
    fn clone(&self) -> Self {
        Self {
            distinct: self.distinct.clone(),
            kept: ArcSwapOption::empty(),
        }
    }
}

/// What deadlines come to on one day, by their numbers.
#[derive(Debug)]
pub(crate) struct DueDays {
    today: NaiveDate,
    /// Days from the beginning of the era, or [`NO_DAY`].
    pub(crate) due: Vec<i32>,
    /// How much the time that is left speaks for showing it: 65,535 today, half of it in four months, 0 when past.
    pub(crate) urgency: Vec<u16>,
    /// Places in `month_names` where there is a day.
    pub(crate) months: Vec<u16>,
    /// (year, month) in rising order.
    pub(crate) month_names: Vec<(i32, u32)>,
}

impl Deadlines {
    /// Of distinct deadlines without texts, in the order of their numbers; `None` if two are equal.
    pub(crate) fn of_values(values: Vec<Deadline>) -> Option<Self> {
        Some(Self {
            distinct: Interned::of_values(values)?,
            kept: ArcSwapOption::empty(),
        })
    }

    /// The number of a deadline; its printed text does not matter.
    pub(crate) fn number_of(&mut self, deadline: &Deadline) -> u32 {
        if deadline.text.is_none() {
            return self.distinct.number_of(deadline);
        }
        self.distinct.number_of(&Deadline {
            text: None,
            ..deadline.clone()
        })
    }

    pub(crate) fn get(&self, number: u32) -> &Deadline {
        self.distinct.get(number)
    }

    pub(crate) fn values(&self) -> &[Deadline] {
        self.distinct.values()
    }

    /// What they come to on `today`. Kept for the next who asks, unless a later day is kept already.
    pub(crate) fn on(&self, today: NaiveDate) -> Arc<DueDays> {
        let kept = self.kept.load();
        if let Some(days) = kept.as_ref().filter(|days| days.today == today) {
            return Arc::clone(days);
        }
        let days = Arc::new(DueDays::of(self.values(), today));
        if kept.as_ref().is_none_or(|days| days.today < today) {
            self.kept.store(Some(Arc::clone(&days)));
        }
        days
    }
}

impl DueDays {
    fn of(deadlines: &[Deadline], today: NaiveDate) -> Self {
        let dates: Vec<Option<NaiveDate>> = deadlines
            .iter()
            .map(|deadline| deadline.next_due_on(today))
            .collect();
        let month = |date: &NaiveDate| (date.year(), date.month());
        let mut month_names: Vec<(i32, u32)> = dates.iter().flatten().map(month).collect();
        month_names.sort_unstable();
        month_names.dedup();
        let number_of = |date: &Option<NaiveDate>| {
            let number = date.and_then(|date| month_names.binary_search(&month(&date)).ok());
            number.map_or(u16::MAX, |number| number as u16)
        };
        Self {
            today,
            due: dates
                .iter()
                .map(|date| date.map_or(NO_DAY, |date| date.num_days_from_ce()))
                .collect(),
            urgency: dates.iter().map(|date| urgency(*date, today)).collect(),
            months: dates.iter().map(number_of).collect(),
            month_names,
        }
    }
}

fn urgency(due: Option<NaiveDate>, today: NaiveDate) -> u16 {
    let Some(due) = due else { return 26_214 };
    match u32::try_from((due - today).num_days()) {
        Ok(days) => (65_535 * 120 / (120 + u64::from(days))) as u16,
        Err(_) => 0,
    }
}
