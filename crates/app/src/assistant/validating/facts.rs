//! What a model was told, in the forms in which its text is compared with it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use domain::award::MinorUnits;
use domain::{Currency, Schedule, Scholarship, ScholarshipContent};

use super::super::calendar::WrittenDate;
use super::super::personal_data::{self, PersonalData};
use super::super::{folding, sanitizing};
use super::money::{self, Sum};
use super::{dates, links, numbers};

/// Everything that a model's text may name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    ids: BTreeSet<String>,
    /// Names of scholarships and of those who give them, as words.
    names: Vec<Vec<String>>,
    /// Other words that were given, where names may stand in the middle.
    prose: Vec<Vec<String>>,
    sums: BTreeSet<Sum>,
    dates: BTreeSet<NaiveDate>,
    /// Month and day of all dates, and whether any year goes with them.
    days: BTreeMap<(u32, u32), bool>,
    links: BTreeSet<String>,
    /// Months that are named, with a day or without.
    months: BTreeSet<u32>,
    /// Whole numbers of four digits and more, as digits.
    numbers: BTreeSet<String>,
    /// Personal data of the given texts: in small letters, and numbers as digits.
    contacts: BTreeSet<String>,
}

impl Facts {
    /// All that is known about scholarships.
    pub(crate) fn of<'a>(scholarships: impl IntoIterator<Item = &'a Scholarship>) -> Self {
        let mut facts = Self::default();
        for scholarship in scholarships {
            facts.ids.insert(scholarship.id.as_str().to_owned());
            facts.add_content(&scholarship.content);
        }
        facts
    }

    /// With amounts, dates and contacts of a text that may be repeated: a question, or what a profile says.
    #[must_use]
    pub(crate) fn with_text(mut self, text: &str) -> Self {
        self.add_text(text);
        self
    }

    /// With an amount that was computed, such as a sum of awards.
    #[must_use]
    pub(crate) fn with_amount(mut self, minor: MinorUnits, currency: Currency) -> Self {
        self.add_sum(minor, currency);
        self
    }

    fn add_content(&mut self, content: &ScholarshipContent) {
        for name in [&content.name, &content.organization] {
            self.names.push(Self::words(name));
            self.add_text(name);
        }
        let award = &content.award;
        for minor in [award.minimum, award.maximum].into_iter().flatten() {
            self.add_sum(minor, award.currency);
        }
        let deadline = &content.deadline;
        match deadline.schedule {
            Schedule::Fixed(fixed) => self.add_date(fixed.date),
            Schedule::Annual {
                month,
                day,
                current_cycle,
            } => {
                self.months.extend(month.map(u32::from));
                if let (Some(month), Some(day)) = (month, day) {
                    self.days.insert((month.into(), day.into()), true);
                }
                current_cycle
                    .into_iter()
                    .for_each(|date| self.add_date(date));
            }
            Schedule::Rolling | Schedule::Varies | Schedule::Unknown => {}
        }
        let others = [deadline.opens_on, content.notification_date];
        others
            .into_iter()
            .flatten()
            .for_each(|date| self.add_date(date));
        let urls = [&content.application_url, &content.website_url];
        self.links
            .extend(urls.into_iter().flatten().map(|url| links::comparable(url)));
        let texts = [
            &content.description,
            &award.text,
            &deadline.text,
            &content.contact_email,
        ];
        for text in texts.into_iter().flatten() {
            self.prose.push(Self::words(text));
            self.add_text(text);
        }
    }

    fn add_text(&mut self, text: &str) {
        let text = sanitizing::cleaned(text);
        self.sums.extend(money::sums(&text));
        self.numbers.extend(numbers::large(&text));
        self.months.extend(dates::months(&text));
        for date in dates::dates(&text) {
            match date.full() {
                Some(full) => self.add_date(full),
                None => {
                    let day = date.day.map(|day| (date.month, day));
                    day.into_iter().for_each(|day| {
                        self.days.entry(day).or_insert(false);
                    });
                }
            }
        }
        let findings = personal_data::find(&text);
        let contacts = findings
            .iter()
            .filter(|finding| finding.kind != PersonalData::Link)
            .map(|finding| contact(&text[finding.start..finding.end]));
        self.contacts.extend(contacts);
    }

    fn add_sum(&mut self, minor: MinorUnits, currency: Currency) {
        self.sums.insert(Sum::of(minor, currency));
        let major = currency.major_units(minor).to_string();
        let whole = major.split('.').next().unwrap_or_default();
        self.numbers.insert(whole.to_owned());
    }

    fn add_date(&mut self, date: NaiveDate) {
        self.months.insert(date.month());
        self.dates.insert(date);
        self.days.entry((date.month(), date.day())).or_insert(false);
    }

    fn words(text: &str) -> Vec<String> {
        let words = folding::words(&sanitizing::cleaned(text));
        words
            .into_iter()
            .filter(|word| word.contains(char::is_alphanumeric))
            .collect()
    }

    pub(super) fn has_id(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn names(&self) -> &[Vec<String>] {
        &self.names
    }

    /// Names, then all other texts, as words.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[String]> {
        self.names.iter().chain(&self.prose).map(Vec::as_slice)
    }

    pub(super) fn has_sum(&self, sum: Sum) -> bool {
        self.sums.iter().any(|known| known.agrees_with(sum))
    }

    pub(super) fn has_date(&self, date: &WrittenDate) -> bool {
        let Some(day) = date.day else {
            return self.has_month(date.month, date.year);
        };
        let known = self.days.get(&(date.month, day));
        match date.full() {
            Some(full) => self.dates.contains(&full) || known == Some(&true),
            None => known.is_some(),
        }
    }

    /// Whether a month is named, and in this year if one is given.
    fn has_month(&self, month: u32, year: Option<i32>) -> bool {
        let is_yearly = || {
            let mut days = self.days.iter();
            days.any(|((of, _), any_year)| *of == month && *any_year)
        };
        let is_dated = |year| {
            let mut dates = self.dates.iter();
            dates.any(|date| date.month() == month && date.year() == year)
        };
        self.months.contains(&month) && year.is_none_or(|year| is_dated(year) || is_yearly())
    }

    pub(super) fn names_month(&self, month: u32) -> bool {
        self.months.contains(&month)
    }

    pub(super) fn has_number(&self, digits: &str) -> bool {
        self.numbers.contains(digits)
    }

    pub(super) fn links(&self) -> &BTreeSet<String> {
        &self.links
    }

    pub(super) fn has_contact(&self, text: &str) -> bool {
        self.contacts.contains(&contact(text))
    }
}

fn contact(text: &str) -> String {
    if text.contains(char::is_alphabetic) {
        return text.to_lowercase();
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // The code of the country is often left out.
    match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits,
    }
}
