//! What filters, facets and orders need of one scholarship: one cache line, without texts and without pointers.
//!
//! What does not fit a few bits is a number in a table of the segment: deadlines (`deadlines`) and lists of citizenships.

use domain::award::MinorUnits;
use domain::{
    Citizenship, Criteria, Currency, Deadline, EditorialStatus, FieldOfStudy, Gpa, GradeLevel,
    Schedule, Scholarship, ScholarshipContent, Term, TermSet, Timestamp, UsState,
};

use crate::deadlines::Deadlines;
use crate::interned::Interned;

/// Amounts take 40 bits; this stands for one that is not known, and is larger than any.
const UNKNOWN: u64 = AMOUNT_BITS;
const AMOUNT_BITS: u64 = (1 << 40) - 1;
const _: () = assert!(domain::award::MAX_MINOR_UNITS < AMOUNT_BITS as MinorUnits);

/// Where the number of a set stands behind an amount or flags.
const SET: u32 = 40;

/// Beside the bits of a set: some criteria set of the scholarship, or the absence of any, names none of the kind.
pub(crate) const OPEN_TO_ALL: u64 = 1 << 63;
const _: () = assert!(UsState::ALL.len() < 63);

fn open_to_all(is_open: bool) -> u64 {
    if is_open { OPEN_TO_ALL } else { 0 }
}

/// Stands for the instant of deadlines that never pass.
const NEVER: i64 = i64::MAX;

/// The citizenships that each criteria set of a scholarship names, where any does.
pub(crate) type CitizenshipSets = Vec<Vec<Citizenship>>;

/// The columns of one scholarship, packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub(crate) struct Facts(pub(crate) [u64; 8]);

/// Tables that [`Facts`] of one segment point into.
#[derive(Debug, Clone, Default)]
pub(crate) struct FactTables {
    pub(crate) deadlines: Deadlines,
    pub(crate) citizenships: Interned<CitizenshipSets>,
    /// Distinct sets as bits, with [`OPEN_TO_ALL`], so that facets and filters look at sets rather than at each of their terms.
    pub(crate) states: Interned<u64>,
    pub(crate) fields: Interned<u64>,
    pub(crate) levels: Interned<u64>,
    /// Distinct (currency, amount) of the most that a student can get; the amount as in a row.
    awards: Interned<(u32, u64)>,
}

impl FactTables {
    /// The tables of rows that were made before; `content` is asked for one document for each distinct value that a row
    /// does not hold itself. `None` if rows and contents do not fit together.
    pub(crate) fn of_rows(
        rows: &[Facts],
        mut content: impl FnMut(u32) -> Option<ScholarshipContent>,
    ) -> Option<Self> {
        let mut deadlines: Vec<Option<Deadline>> = Vec::new();
        let mut citizenships: Vec<Option<CitizenshipSets>> = Vec::new();
        let mut states = Vec::new();
        let mut fields = Vec::new();
        let mut levels = Vec::new();
        let mut awards = Vec::new();
        for (document, row) in (0..).zip(rows) {
            put(&mut states, row.states_number(), rows.len(), || {
                row.states_set()
            })?;
            put(&mut fields, row.fields_number(), rows.len(), || {
                row.fields_set()
            })?;
            put(&mut levels, row.levels_number(), rows.len(), || {
                row.levels_set()
            })?;
            let award = (row.currency(), row.0[MOST] & AMOUNT_BITS);
            put(&mut awards, row.award_number(), rows.len(), || award)?;
            let known = |number: u32| deadlines.get(number as usize).is_some_and(Option::is_some);
            let knows = |number: u32| {
                citizenships
                    .get(number as usize)
                    .is_some_and(Option::is_some)
            };
            if known(row.deadline()) && knows(row.citizenships()) {
                continue;
            }
            let content = content(document)?;
            let deadline = Deadline {
                text: None,
                ..content.deadline
            };
            put(&mut deadlines, row.deadline(), rows.len(), || deadline)?;
            let sets = citizenship_sets(&content.criteria);
            put(&mut citizenships, row.citizenships(), rows.len(), || sets)?;
        }
        Some(Self {
            deadlines: Deadlines::of_values(deadlines.into_iter().collect::<Option<_>>()?)?,
            citizenships: Interned::of_values(citizenships.into_iter().collect::<Option<_>>()?)?,
            states: Interned::of_values(states.into_iter().collect::<Option<_>>()?)?,
            fields: Interned::of_values(fields.into_iter().collect::<Option<_>>()?)?,
            levels: Interned::of_values(levels.into_iter().collect::<Option<_>>()?)?,
            awards: Interned::of_values(awards.into_iter().collect::<Option<_>>()?)?,
        })
    }

    pub(crate) fn distinct_awards(&self) -> usize {
        self.awards.values().len()
    }

    /// What a distinct award comes to in the currency with these bits, if that is known.
    #[inline]
    pub(crate) fn award_in(&self, number: usize, currency: u32) -> Option<MinorUnits> {
        let (of_award, most) = self.awards.values()[number];
        (most != UNKNOWN && of_award == currency).then_some(most as MinorUnits)
    }

    /// The same of each, by number.
    pub(crate) fn awards_in(&self, currency: u32) -> impl Iterator<Item = Option<MinorUnits>> {
        let numbers = 0..self.distinct_awards();
        numbers.map(move |number| self.award_in(number, currency))
    }
}

// The words of a row.
const STATES: usize = 0;
/// Fields (32 bits) and the number of the award.
const FIELDS: usize = 1;
const _: () = assert!(FieldOfStudy::ALL.len() <= 32);
/// An amount (40 bits) and the number of the states.
const MOST: usize = 2;
/// An amount (40 bits) and the number of the fields.
const LEAST: usize = 3;
/// Currency (24 bits), type (8), grade levels (16), GPA in hundredths (16).
const KIND: usize = 4;
/// Numbers of the deadline and of the citizenships.
const TABLES: usize = 5;
/// Status (8), completeness (8), value of the amount (16), flags (8), number of the grade levels.
const STATE: usize = 6;
const EXPIRES: usize = 7;

// Flags of the word STATE.
const OPEN_TO_ALL_STATES: u64 = 1 << 32;
const OPEN_TO_ALL_FIELDS: u64 = 1 << 33;
const OPEN_TO_ALL_LEVELS: u64 = 1 << 34;
const ASKS_FOR_NEED: u64 = 1 << 35;
const OPEN_WITHOUT_NEED: u64 = 1 << 36;
const SAYS_RENEWABLE: u64 = 1 << 37;
const RENEWABLE: u64 = 1 << 38;

impl Facts {
    pub(crate) const MOST_COMPLETE: u8 = 8;

    pub(crate) fn of(scholarship: &Scholarship, tables: &mut FactTables) -> Self {
        let content = &scholarship.content;
        let sets = &content.criteria;
        // Whether one of the alternative sets, or the absence of any, does.
        let any = |does: &dyn Fn(&Criteria) -> bool| sets.is_empty() || sets.iter().any(does);
        let mut row = [0_u64; 8];
        row[STATES] = union(sets, |set| set.residency_states).mask();
        row[FIELDS] = union(sets, |set| set.fields_of_study).mask();
        let levels = union(sets, |set| set.grade_levels).mask();
        let amount = |amount: Option<MinorUnits>| {
            let bits = amount.and_then(|amount| u64::try_from(amount).ok());
            bits.map_or(UNKNOWN, |bits| bits.min(UNKNOWN - 1))
        };
        row[MOST] = amount(content.award.most());
        row[LEAST] = amount(content.award.least());
        let gpas = sets
            .iter()
            .map(|set| set.min_gpa.map_or(0, Gpa::hundredths));
        let least_gpa = u64::from(gpas.min().unwrap_or(0));
        row[KIND] = currency_bits(content.award.currency)
            | (content.scholarship_type.index() as u64) << 24
            | levels << 32
            | least_gpa << 48;
        let citizenships = citizenship_sets(sets);
        row[TABLES] = u64::from(tables.deadlines.number_of(&content.deadline))
            | u64::from(tables.citizenships.number_of(&citizenships)) << 32;
        let amount_value = amount_value(content.award.most(), content.award.currency);
        row[STATE] = content.status.index() as u64
            | u64::from(completeness(scholarship)) << 8
            | u64::from(amount_value) << 16;
        for (flag, holds) in [
            (
                OPEN_TO_ALL_STATES,
                any(&|set| set.residency_states.is_empty()),
            ),
            (
                OPEN_TO_ALL_FIELDS,
                any(&|set| set.fields_of_study.is_empty()),
            ),
            (OPEN_TO_ALL_LEVELS, any(&|set| set.grade_levels.is_empty())),
            (
                ASKS_FOR_NEED,
                sets.iter().any(|set| set.financial_need == Some(true)),
            ),
            (
                OPEN_WITHOUT_NEED,
                any(&|set| set.financial_need != Some(true)),
            ),
            (SAYS_RENEWABLE, content.renewable.is_some()),
            (RENEWABLE, content.renewable == Some(true)),
        ] {
            row[STATE] |= if holds { flag } else { 0 };
        }
        let expires = content.deadline.expires_at();
        row[EXPIRES] = expires.map_or(NEVER, |instant| instant.timestamp_micros()) as u64;
        Self(row).with_sets_in(tables)
    }

    /// Sets the numbers of the sets.
    fn with_sets_in(mut self, tables: &mut FactTables) -> Self {
        let states = tables.states.number_of(&self.states_set());
        let fields = tables.fields.number_of(&self.fields_set());
        let levels = tables.levels.number_of(&self.levels_set());
        self.0[MOST] = self.0[MOST] & AMOUNT_BITS | u64::from(states) << SET;
        self.0[LEAST] = self.0[LEAST] & AMOUNT_BITS | u64::from(fields) << SET;
        let most = self.0[MOST] & AMOUNT_BITS;
        let award = tables.awards.number_of(&(self.currency(), most));
        self.0[FIELDS] = self.0[FIELDS] & u64::from(u32::MAX) | u64::from(award) << 32;
        let flags = (1 << SET) - 1;
        self.0[STATE] = self.0[STATE] & flags | u64::from(levels) << SET;
        self
    }

    /// The same row with its numbers in other tables.
    pub(crate) fn moved(mut self, from: &FactTables, to: &mut FactTables) -> Self {
        let deadline = to.deadlines.number_of(from.deadlines.get(self.deadline()));
        let citizenships = to
            .citizenships
            .number_of(from.citizenships.get(self.citizenships()));
        self.0[TABLES] = u64::from(deadline) | u64::from(citizenships) << 32;
        self.with_sets_in(to)
    }

    /// The sets as the tables have them.
    fn states_set(&self) -> u64 {
        self.states().mask() | open_to_all(self.is_open_to_all_states())
    }

    fn fields_set(&self) -> u64 {
        self.fields_of_study().mask() | open_to_all(self.is_open_to_all_fields())
    }

    fn levels_set(&self) -> u64 {
        self.grade_levels().mask() | open_to_all(self.is_open_to_all_levels())
    }

    /// Numbers of the sets in the tables.
    pub(crate) fn states_number(&self) -> u32 {
        (self.0[MOST] >> SET) as u32
    }

    pub(crate) fn fields_number(&self) -> u32 {
        (self.0[LEAST] >> SET) as u32
    }

    pub(crate) fn award_number(&self) -> u32 {
        (self.0[FIELDS] >> 32) as u32
    }

    pub(crate) fn levels_number(&self) -> u32 {
        (self.0[STATE] >> SET) as u32
    }

    pub(crate) fn status(&self) -> EditorialStatus {
        EditorialStatus::ALL[usize::from(self.0[STATE] as u8).min(EditorialStatus::ALL.len() - 1)]
    }

    pub(crate) fn scholarship_type(&self) -> usize {
        usize::from((self.0[KIND] >> 24) as u8)
    }

    pub(crate) fn currency(&self) -> u32 {
        self.0[KIND] as u32 & 0xFF_FFFF
    }

    pub(crate) fn grade_levels(&self) -> TermSet<GradeLevel> {
        TermSet::from_mask(self.0[KIND] >> 32 & 0xFFFF)
    }

    pub(crate) fn states(&self) -> TermSet<UsState> {
        TermSet::from_mask(self.0[STATES])
    }

    pub(crate) fn fields_of_study(&self) -> TermSet<FieldOfStudy> {
        TermSet::from_mask(self.0[FIELDS] & u64::from(u32::MAX))
    }

    /// The smallest minimum of all sets in hundredths; 0 when one of them states none.
    pub(crate) fn least_gpa(&self) -> u16 {
        (self.0[KIND] >> 48) as u16
    }

    pub(crate) fn deadline(&self) -> u32 {
        self.0[TABLES] as u32
    }

    pub(crate) fn citizenships(&self) -> u32 {
        (self.0[TABLES] >> 32) as u32
    }

    /// How many of the facts that readers look for are given, 0 to [`Facts::MOST_COMPLETE`].
    pub(crate) fn completeness(&self) -> u8 {
        (self.0[STATE] >> 8) as u8
    }

    /// What the amount is worth showing for, see [`amount_value`].
    pub(crate) fn amount_value(&self) -> u16 {
        (self.0[STATE] >> 16) as u16
    }

    fn has(&self, flag: u64) -> bool {
        self.0[STATE] & flag != 0
    }

    /// Whether some set, or the absence of any, names no states; and so on.
    pub(crate) fn is_open_to_all_states(&self) -> bool {
        self.has(OPEN_TO_ALL_STATES)
    }

    pub(crate) fn is_open_to_all_fields(&self) -> bool {
        self.has(OPEN_TO_ALL_FIELDS)
    }

    pub(crate) fn is_open_to_all_levels(&self) -> bool {
        self.has(OPEN_TO_ALL_LEVELS)
    }

    /// Whether any criteria set asks for financial need.
    pub(crate) fn asks_for_need(&self) -> bool {
        self.has(ASKS_FOR_NEED)
    }

    /// Whether one can qualify without showing need: by some criteria set, or for there being none.
    pub(crate) fn is_open_without_need(&self) -> bool {
        self.has(OPEN_WITHOUT_NEED)
    }

    pub(crate) fn renewable(&self) -> Option<bool> {
        self.has(SAYS_RENEWABLE).then(|| self.has(RENEWABLE))
    }

    /// Microseconds since 1970; later than any instant when there is no end.
    pub(crate) fn expires_at(&self) -> i64 {
        self.0[EXPIRES] as i64
    }

    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at() < now.timestamp_micros()
    }

    /// The most that a student can get, if known in the currency with these bits.
    pub(crate) fn most_in(&self, currency: u32) -> Option<MinorUnits> {
        let most = self.0[MOST] & AMOUNT_BITS;
        (most != UNKNOWN && self.currency() == currency).then_some(most as MinorUnits)
    }

    /// The least that a winner gets, if known in the currency with these bits.
    pub(crate) fn least_in(&self, currency: u32) -> Option<MinorUnits> {
        let least = self.0[LEAST] & AMOUNT_BITS;
        (least != UNKNOWN && self.currency() == currency).then_some(least as MinorUnits)
    }
}

fn union<T: Term>(sets: &[Criteria], of: impl Fn(&Criteria) -> TermSet<T>) -> TermSet<T> {
    sets.iter()
        .fold(TermSet::default(), |all, set| all.union(of(set)))
}

/// Puts a value in the place of its number, unless there is one. `None` if the number is not below `count`: there are no more
/// distinct values than rows.
fn put<T>(
    values: &mut Vec<Option<T>>,
    number: u32,
    count: usize,
    value: impl FnOnce() -> T,
) -> Option<()> {
    let number = number as usize;
    if number >= count {
        return None;
    }
    if number >= values.len() {
        values.resize_with(number + 1, || None);
    }
    values[number].get_or_insert_with(value);
    Some(())
}

/// The citizenships of each set; empty when none names any.
fn citizenship_sets(sets: &[Criteria]) -> CitizenshipSets {
    if sets.iter().all(|set| set.citizenship_required.is_empty()) {
        return Vec::new();
    }
    let citizenships = sets.iter().map(|set| set.citizenship_required.clone());
    citizenships.collect()
}

/// A currency as a number to compare with.
pub(crate) fn currency_bits(currency: Currency) -> u64 {
    currency
        .as_str()
        .bytes()
        .fold(0, |bits, byte| bits << 8 | u64::from(byte))
}

/// An amount on a log scale: 0 for nothing, 65,535 from 100,000 units of its currency on; 0.3 of that when unknown.
pub(crate) fn amount_value(most: Option<MinorUnits>, currency: Currency) -> u16 {
    let Some(minor) = most else {
        return UNKNOWN_AMOUNT_VALUE;
    };
    let major = minor as f64 / 10_f64.powi(currency.decimals() as i32);
    (((1.0 + major).log10() / 5.0).min(1.0) * 65_535.0).round() as u16
}

/// [`amount_value`] of an amount that is not known, or in another currency than the one that is asked about.
pub(crate) const UNKNOWN_AMOUNT_VALUE: u16 = 19_661;

fn completeness(scholarship: &Scholarship) -> u8 {
    let content = &scholarship.content;
    let given = [
        content.description.is_some(),
        content.award.most().is_some(),
        content.deadline.schedule != Schedule::Unknown,
        content.criteria.iter().any(|set| !set.asks_nothing()),
        content.application_url.is_some(),
        content.website_url.is_some(),
        content.renewable.is_some(),
        content.provenance.last_verified.is_some(),
    ];
    given.iter().map(|given| u8::from(*given)).sum()
}
