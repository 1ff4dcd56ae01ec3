//! Random small catalogues, requests and profiles over a small vocabulary, so that everything meets everything.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use domain::{
    Award, Citizenship, CountryCode, Criteria, Currency, Deadline, EditorialStatus, FieldOfStudy,
    FixedDeadline, Gpa, GradeLevel, Provenance, Schedule, Scholarship, ScholarshipContent,
    ScholarshipId, ScholarshipType, StudentProfile, Term, TermSet, Timestamp, UsState, Verdict,
};
use ports::search_index::{FacetKind, Filters, ProfileFilter, SearchRequest, SortOrder};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Words that texts are made of; forms of one stem stand in one entry, those that a misspelling makes as well.
pub(crate) const FAMILIES: &[&[&str]] = &[
    &["engineer", "engineers", "engineering"],
    &["nurse", "nurses", "nursing"],
    &["teach", "teaching"],
    &["science", "sciences", "scienc", "sciencs"],
    &["woman", "women"],
    &["leader", "leaders"],
    &["future", "futures", "futur", "futurs"],
    &["computer", "computers"],
    &["music"],
    &["cs"],
    &["nevada"],
    &["nv"],
    &["millennium"],
    &["marine", "marin"],
    &["marvel"],
    &["maritime", "maritim"],
    &["the"],
    &["for"],
    &["scholarship"],
    &["award", "awards"],
];

pub(crate) fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("an instant")
}

fn day(offset: i64) -> NaiveDate {
    let start = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
    if offset < 0 {
        start - Days::new(offset.unsigned_abs())
    } else {
        start + Days::new(offset.unsigned_abs())
    }
}

pub(crate) struct Generator(StdRng);

impl Generator {
    pub(crate) fn of(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability)
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        *values.choose(&mut self.0).expect("values")
    }

    fn maybe<T>(&mut self, probability: f64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(probability).then(|| make(self))
    }

    fn terms<T: Term>(&mut self, few: &[T], probability: f64) -> TermSet<T> {
        let mut set = TermSet::default();
        if self.chance(probability) {
            for _ in 0..=self.below(2) {
                set.insert(self.one_of(few));
            }
        }
        set
    }

    pub(crate) fn word(&mut self) -> &'static str {
        let family = self.one_of(FAMILIES);
        self.one_of(family)
    }

    fn text(&mut self, most: usize) -> String {
        let words: Vec<&str> = (0..=self.below(most)).map(|_| self.word()).collect();
        words.join(self.one_of(&[" ", " ", ", ", " - "]))
    }

    fn amount(&mut self) -> i64 {
        self.one_of(&[
            50_000, 100_000, 99_999, 250_000, 500_000, 1_000_000, 2_500_000, 0,
        ])
    }

    fn citizenship(&mut self) -> Citizenship {
        let country = |code| Citizenship::Country(CountryCode::parse(code).expect("a country"));
        self.one_of(&[
            Citizenship::UsCitizen,
            Citizenship::UsPermanentResident,
            Citizenship::International,
            Citizenship::Daca,
            country("CA"),
            country("MX"),
        ])
    }

    fn state(&mut self) -> UsState {
        self.one_of(&FEW_STATES)
    }

    fn country(&mut self) -> CountryCode {
        CountryCode::parse(self.one_of(&["US", "US", "CA", "MX"])).expect("a country")
    }

    fn gpa(&mut self) -> Gpa {
        Gpa::from_hundredths(self.one_of(&[200, 250, 300, 320, 350, 400])).expect("a GPA")
    }

    fn criteria(&mut self) -> Criteria {
        let mut attributes = BTreeMap::new();
        if self.chance(0.3) {
            let kind = self.one_of(&["gender", "memberships", "military"]);
            let values = (0..=self.below(2)).map(|_| self.one_of(&["a", "b", "c"]).to_owned());
            let mut values: Vec<String> = values.collect();
            values.sort_unstable();
            values.dedup();
            attributes.insert(kind.to_owned(), values);
        }
        Criteria {
            min_gpa: self.maybe(0.3, Self::gpa),
            max_gpa: self.maybe(0.05, |_| Gpa::from_hundredths(400).expect("a GPA")),
            grade_levels: self.terms(&FEW_LEVELS, 0.3),
            citizenship_required: {
                let mut all: Vec<Citizenship> = Vec::new();
                if self.chance(0.3) {
                    all = (0..=self.below(2)).map(|_| self.citizenship()).collect();
                    all.sort_unstable();
                    all.dedup();
                }
                all
            },
            residency_states: self.terms(&FEW_STATES, 0.3),
            countries: self
                .maybe(0.1, |own| vec![own.country()])
                .unwrap_or_default(),
            fields_of_study: self.terms(&FEW_FIELDS, 0.3),
            fields_of_study_text: self.maybe(0.2, |own| vec![own.text(2)]).unwrap_or_default(),
            min_age: self.maybe(0.15, |own| own.one_of(&[16, 18, 21])),
            max_age: self.maybe(0.1, |own| own.one_of(&[25, 30])),
            financial_need: self.maybe(0.3, |own| own.chance(0.7)),
            max_household_income: self.maybe(0.1, |_| 6_000_000),
            essay_required: None,
            recommendation_letters: None,
            attributes,
            text: self.maybe(0.2, |own| own.text(6)),
        }
    }

    fn deadline(&mut self) -> Deadline {
        let offset = i64::try_from(self.below(400)).expect("small") - 40;
        let schedule = match self.below(6) {
            0..=2 => Schedule::Fixed(FixedDeadline::on(day(offset))),
            3 => Schedule::Annual {
                month: Some(u8::try_from(self.below(12) + 1).expect("a month")),
                day: Some(15),
                current_cycle: None,
            },
            4 => Schedule::Rolling,
            _ => Schedule::Unknown,
        };
        Deadline {
            schedule,
            opens_on: self.maybe(0.2, |_| day(offset - 30)),
            text: None,
        }
    }

    pub(crate) fn scholarship(&mut self, ids: usize) -> Scholarship {
        let number = self.below(ids);
        let (low, high) = (self.amount(), self.amount());
        let created_at = now() - TimeDelta::hours(i64::try_from(self.below(50)).expect("small"));
        let content = ScholarshipContent {
            name: self.text(4),
            organization: self.text(2),
            description: self.maybe(0.8, |own| own.text(15)),
            award: Award {
                minimum: self.maybe(0.5, |_| low.min(high)),
                maximum: self.maybe(0.6, |_| low.max(high)),
                currency: if self.chance(0.9) {
                    Currency::USD
                } else {
                    Currency::parse("EUR").expect("a currency")
                },
                text: None,
            },
            max_awards: None,
            renewable: self.maybe(0.6, |own| own.chance(0.5)),
            deadline: self.deadline(),
            notification_date: None,
            scholarship_type: self.one_of(ScholarshipType::ALL),
            criteria: (0..self.one_of(&[0, 1, 1, 1, 2]))
                .map(|_| self.criteria())
                .collect(),
            tags: self
                .maybe(0.3, |own| vec![own.word().to_owned()])
                .unwrap_or_default(),
            application_url: self.maybe(0.5, |_| "https://example.org/apply".to_owned()),
            website_url: None,
            contact_email: None,
            provenance: Provenance::default(),
            status: self.one_of(&[
                EditorialStatus::Active,
                EditorialStatus::Active,
                EditorialStatus::Active,
                EditorialStatus::Active,
                EditorialStatus::Draft,
                EditorialStatus::Archived,
            ]),
        };
        Scholarship {
            id: ScholarshipId::parse(&format!("s{number:03}")).expect("an id"),
            content,
            version: 1,
            created_at,
            updated_at: created_at,
        }
    }

    pub(crate) fn query(&mut self) -> String {
        if self.chance(0.3) {
            return String::new();
        }
        let words: Vec<String> = (0..=self.below(3)).map(|_| self.query_word()).collect();
        words.join(" ")
    }

    fn query_word(&mut self) -> String {
        let word = self.word();
        match self.below(10) {
            0 => "xyzzyx".to_owned(),
            1 => {
                // A misspelling: two letters swapped, or one left out.
                let mut letters: Vec<char> = word.chars().collect();
                let at = self.below(letters.len());
                if at + 1 < letters.len() && self.chance(0.5) {
                    letters.swap(at, at + 1);
                } else {
                    letters.remove(at);
                }
                letters.into_iter().collect()
            }
            2 => word[..(1 + self.below(word.len()))].to_owned(),
            3 => "computer science".to_owned(),
            4 => word.to_uppercase(),
            _ => word.to_owned(),
        }
    }

    pub(crate) fn profile(&mut self) -> StudentProfile {
        let mut profile = StudentProfile {
            gpa: self.maybe(0.6, Self::gpa),
            grade_levels: self.terms(&FEW_LEVELS, 0.6),
            field_of_study: self.maybe(0.6, |own| own.one_of(&FEW_FIELDS)),
            citizenship: self.maybe(0.6, Self::citizenship),
            state_of_residence: self.maybe(0.5, Self::state),
            country_of_residence: None,
            age: self.maybe(0.5, |own| own.one_of(&[15, 17, 19, 26, 40])),
            financial_need: self.maybe(0.5, |own| own.chance(0.5)),
            household_income: self.maybe(0.3, |own| own.one_of(&[4_000_000, 9_000_000])),
            attributes: BTreeMap::new(),
        };
        if profile.state_of_residence.is_none() {
            profile.country_of_residence = self.maybe(0.5, Self::country);
        }
        for kind in ["gender", "memberships", "military"] {
            if self.chance(0.4) {
                let values = self.maybe(0.8, |own| own.one_of(&["a", "b", "c"]).to_owned());
                profile
                    .attributes
                    .insert(kind.to_owned(), values.into_iter().collect());
            }
        }
        profile
    }

    pub(crate) fn filters(&mut self) -> Filters {
        let mut filters = Filters::default();
        for _ in 0..self.below(4) {
            match self.below(17) {
                0 => filters.fields_of_study = self.terms(&FEW_FIELDS, 1.0),
                1 => filters.scholarship_types = self.terms(ScholarshipType::ALL, 1.0),
                2 => filters.states = self.terms(&FEW_STATES, 1.0),
                3 => {
                    filters.states = self.terms(&FEW_STATES, 1.0);
                    filters.states_only = true;
                }
                4 => filters.grade_levels = self.terms(&FEW_LEVELS, 1.0),
                5 => {
                    filters.citizenship = (0..=self.below(2)).map(|_| self.citizenship()).collect()
                }
                6 => filters.min_amount = Some(self.amount()),
                7 => filters.max_amount = Some(self.amount()),
                8 => filters.known_amount = true,
                9 => filters.currency = Currency::parse("EUR").expect("a currency"),
                10 => filters.min_gpa = Some(self.gpa()),
                11 => filters.financial_need = Some(self.chance(0.5)),
                12 => filters.renewable = Some(self.chance(0.5)),
                13 => filters.deadline_after = Some(day(self.one_of(&[-10, 0, 30, 100]))),
                14 => filters.deadline_before = Some(day(self.one_of(&[-10, 20, 150, 300]))),
                15 => filters.open_on = Some(day(self.one_of(&[-5, 0, 60]))),
                _ => {
                    filters.status = self.terms(EditorialStatus::ALL, 1.0);
                    filters.include_expired = true;
                }
            }
        }
        filters
    }

    pub(crate) fn request(&mut self) -> SearchRequest {
        SearchRequest {
            query: self.query(),
            filters: self.filters(),
            profile: self.maybe(0.4, |own| ProfileFilter {
                profile: own.profile(),
                verdicts: own.one_of(&[
                    TermSet::of(&[Verdict::Eligible, Verdict::Possible]),
                    TermSet::of(&[Verdict::Eligible]),
                    TermSet::of(Verdict::ALL),
                ]),
            }),
            sort: if self.chance(0.5) {
                SortOrder::Relevance
            } else {
                self.one_of(SortOrder::ALL)
            },
            facets: self
                .maybe(0.6, |_| TermSet::of(FacetKind::ALL))
                .unwrap_or_default(),
            highlight: self.chance(0.2),
            limit: 100,
            offset: 0,
            cursor: None,
        }
    }
}

const FEW_FIELDS: [FieldOfStudy; 4] = [
    FieldOfStudy::Engineering,
    FieldOfStudy::Medicine,
    FieldOfStudy::Science,
    FieldOfStudy::Other,
];
const FEW_LEVELS: [GradeLevel; 3] = [
    GradeLevel::HighSchoolSenior,
    GradeLevel::UndergraduateFreshman,
    GradeLevel::Graduate,
];
const FEW_STATES: [UsState; 3] = [UsState::Nevada, UsState::Texas, UsState::California];
