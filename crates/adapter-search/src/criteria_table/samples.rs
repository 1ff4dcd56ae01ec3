//! Random criteria and profiles, by the mix of kinds that real catalogues have.

use std::collections::BTreeMap;

use domain::{
    Citizenship, CountryCode, Criteria, FieldOfStudy, Gpa, GradeLevel, StudentProfile, Term,
    TermSet, UsState,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const ATTRIBUTES: [(&str, f64, usize); 8] = [
    ("gender", 0.08, 2),
    ("ethnicity", 0.07, 12),
    ("military", 0.05, 6),
    ("memberships", 0.06, 600),
    ("employers", 0.04, 1_500),
    ("first_generation", 0.03, 1),
    ("religion", 0.03, 20),
    ("interests", 0.06, 200),
];

const CITIZENSHIPS: [&str; 7] = [
    "us_citizen",
    "us_citizen",
    "us_citizen",
    "us_permanent_resident",
    "international",
    "daca",
    "MX",
];

pub(crate) struct Samples {
    random: StdRng,
    /// How many different values of each kind there may be: few meet often, many are as in a catalogue.
    variety: usize,
}

impl Samples {
    pub(crate) fn of(seed: u64, variety: usize) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            variety,
        }
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end.max(1))
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    fn maybe<T>(&mut self, probability: f64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(probability).then(|| make(self))
    }

    /// Small numbers are the most frequent ones.
    fn skewed(&mut self, end: usize) -> usize {
        let end = end.min(self.variety);
        self.below(end).min(self.below(end)).min(self.below(end))
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len().min(self.variety))]
    }

    fn terms<T: Term>(&mut self, most: usize) -> TermSet<T> {
        (0..=self.below(most))
            .map(|_| self.one_of(T::ALL))
            .collect()
    }

    /// Neighbours, as the levels of one school or the states of one region are.
    fn run<T: Term>(&mut self, most: usize) -> TermSet<T> {
        let start = self.below(T::ALL.len().min(self.variety));
        let length = 1 + self.below(most);
        T::ALL[start..].iter().copied().take(length).collect()
    }

    fn gpa(&mut self) -> Gpa {
        Gpa::from_hundredths(200 + 10 * self.below(20.min(self.variety)) as u16).expect("a GPA")
    }

    fn citizenship(&mut self) -> Citizenship {
        let code = CITIZENSHIPS[self.below(CITIZENSHIPS.len())];
        Citizenship::from_code(code).expect("a citizenship")
    }

    fn country(&mut self) -> CountryCode {
        let code = self.one_of(&["US", "CA", "MX", "GB", "IN", "KE"]);
        CountryCode::parse(code).expect("a country")
    }

    fn value(&mut self, most: usize) -> String {
        format!("value_{}", self.skewed(most))
    }

    pub(crate) fn criteria(&mut self) -> Criteria {
        let mut attributes = BTreeMap::new();
        for (kind, probability, values) in ATTRIBUTES {
            if self.chance(probability) {
                let mut accepted: Vec<String> =
                    (0..=self.skewed(3)).map(|_| self.value(values)).collect();
                accepted.sort_unstable();
                accepted.dedup();
                attributes.insert(kind.to_owned(), accepted);
            }
        }
        Criteria {
            min_gpa: self.maybe(0.3, Self::gpa),
            max_gpa: self.maybe(0.01, Self::gpa),
            grade_levels: self.maybe(0.5, |own| own.run(4)).unwrap_or_default(),
            citizenship_required: self
                .maybe(0.35, |own| {
                    (0..=own.skewed(2)).map(|_| own.citizenship()).collect()
                })
                .unwrap_or_default(),
            residency_states: self
                .maybe(0.25, |own| {
                    let most = if own.chance(0.8) { 1 } else { 4 };
                    own.run(most)
                })
                .unwrap_or_default(),
            countries: self
                .maybe(0.08, |own| {
                    (0..=own.skewed(2)).map(|_| own.country()).collect()
                })
                .unwrap_or_default(),
            fields_of_study: self.maybe(0.4, |own| own.terms(3)).unwrap_or_default(),
            min_age: self.maybe(0.08, |own| own.one_of(&[16, 18, 21, 25])),
            max_age: self.maybe(0.06, |own| own.one_of(&[19, 25, 30, 35])),
            financial_need: self.maybe(0.35, |own| own.chance(0.8)),
            max_household_income: self.maybe(0.03, |own| own.one_of(&[6_000_000, 9_000_000])),
            attributes,
            text: self.maybe(0.1, |_| "Only the best.".to_owned()),
            ..Criteria::default()
        }
    }

    /// Sets of one scholarship: mostly one.
    pub(crate) fn sets(&mut self) -> Vec<Criteria> {
        let count = match self.below(100) {
            0..4 => 0,
            4..92 => 1,
            92..98 => 2,
            _ => 3,
        };
        (0..count).map(|_| self.criteria()).collect()
    }

    /// A profile that states about this share of its facts.
    pub(crate) fn profile(&mut self, stated: f64) -> StudentProfile {
        let mut attributes = BTreeMap::new();
        for (kind, _, values) in ATTRIBUTES {
            if self.chance(stated) {
                let held = (0..self.below(3)).map(|_| self.value(values));
                attributes.insert(kind.to_owned(), held.collect());
            }
        }
        let state_of_residence = self.maybe(stated, |own| own.one_of(UsState::ALL));
        StudentProfile {
            gpa: self.maybe(stated, Self::gpa),
            grade_levels: self
                .maybe(stated, |own| {
                    let most = if own.chance(0.8) { 1 } else { 4 };
                    own.run::<GradeLevel>(most)
                })
                .unwrap_or_default(),
            field_of_study: self.maybe(stated, |own| own.one_of(FieldOfStudy::ALL)),
            citizenship: self.maybe(stated, Self::citizenship),
            country_of_residence: match state_of_residence {
                Some(_) => None,
                None => self.maybe(stated, Self::country),
            },
            state_of_residence,
            age: self.maybe(stated, |own| own.one_of(&[15, 17, 18, 20, 26, 40])),
            financial_need: self.maybe(stated, |own| own.chance(0.5)),
            household_income: self.maybe(stated, |own| own.one_of(&[4_000_000, 8_000_000])),
            attributes,
        }
    }
}
