//! What is known about one student; never stored, never logged.

use std::collections::{BTreeMap, BTreeSet};

use crate::award::MinorUnits;
use crate::{Citizenship, CountryCode, FieldOfStudy, Gpa, GradeLevel, TermSet, UsState};

/// Facts about one student. `None` (for grade levels: empty) means unknown, which never makes anybody ineligible.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct StudentProfile {
    pub gpa: Option<Gpa>,
    /// More than one level when the student only gave a broader word.
    pub grade_levels: TermSet<GradeLevel>,
    pub field_of_study: Option<FieldOfStudy>,
    pub citizenship: Option<Citizenship>,
    pub state_of_residence: Option<UsState>,
    pub country_of_residence: Option<CountryCode>,
    /// Years, 13 to 120.
    pub age: Option<u8>,
    pub financial_need: Option<bool>,
    /// A year's income in minor units of US dollars.
    pub household_income: Option<MinorUnits>,
    /// Kind -> the student's values, in the form of [`crate::criteria::normalise_attribute`]; an empty set says "none".
    pub attributes: BTreeMap<String, BTreeSet<String>>,
}

impl StudentProfile {
    pub const MIN_AGE: u8 = 13;
    pub const MAX_AGE: u8 = 120;

    /// The country of residence, which a state of the United States implies.
    pub fn residence_country(&self) -> Option<CountryCode> {
        self.country_of_residence
            .or(self.state_of_residence.map(|_| CountryCode::UNITED_STATES))
    }
}

/// Personal data: shown as a whole by nothing, not even by a debugger's print.
impl std::fmt::Debug for StudentProfile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StudentProfile(..)")
    }
}
