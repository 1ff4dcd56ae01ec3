//! Whether a student may get a scholarship, criterion by criterion, and why.
//!
//! A criterion is met, unmet, or unknown because the profile does not say. One unmet criterion makes a criteria set
//! `ineligible`; else one unknown makes it `possible`; else it is `eligible`. Of several sets the best one counts.

use serde::Serialize;
use serde_json::{Value, json};

use crate::criteria::Criteria;
use crate::vocabulary;
use crate::{Currency, StudentProfile, Term, TermSet};

vocabulary!(
    /// How one criterion stands for one student.
    CriterionStatus { Met = "met", Unmet = "unmet", Unknown = "unknown" }
);

vocabulary!(
    /// The outcome for one student and one scholarship.
    Verdict { Eligible = "eligible", Possible = "possible", Ineligible = "ineligible" }
);

/// Verdicts that a caller wants to see.
pub type VerdictSet = TermSet<Verdict>;

/// One criterion with what it asks, what the profile says, and a sentence for the student.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionResult {
    /// Name of the criterion as in `eligibility_criteria`, e.g. `min_gpa` or `attributes.gender`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "min_gpa"))]
    pub criterion: CriterionKey,
    pub status: CriterionStatus,
    /// What the scholarship asks.
    pub required: Value,
    /// What the profile says; null when it does not.
    pub actual: Value,
    pub message: String,
}

/// The verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assessment {
    pub verdict: Verdict,
    /// 0 to 1: the weighted share of criteria that are met, where an unknown one counts half; 1 when nothing is asked.
    #[serde(rename = "score")]
    pub match_score: f64,
    /// Of the criteria set that fits best. Empty: open to all.
    pub criteria: Vec<CriterionResult>,
}

vocabulary!(
    /// The kinds of criteria, in the order in which they are explained.
    CriterionKind {
        MinGpa = "min_gpa", MaxGpa = "max_gpa", GradeLevels = "grade_levels", FieldsOfStudy = "fields_of_study",
        CitizenshipRequired = "citizenship_required", ResidencyStates = "residency_states", Countries = "countries",
        MinAge = "min_age", MaxAge = "max_age", FinancialNeed = "financial_need", MaxHouseholdIncome = "max_household_income",
        Attributes = "attributes",
    }
);

/// A criterion's name; attributes carry their kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CriterionKey {
    Fact(CriterionKind),
    Attribute(String),
}

impl CriterionKey {
    pub fn kind(&self) -> CriterionKind {
        match self {
            Self::Fact(kind) => *kind,
            Self::Attribute(_) => CriterionKind::Attributes,
        }
    }
}

impl std::fmt::Display for CriterionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fact(kind) => formatter.write_str(kind.code()),
            Self::Attribute(kind) => write!(formatter, "attributes.{kind}"),
        }
    }
}

impl Serialize for CriterionKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl CriterionKind {
    /// What a criterion weighs in the match score: how hard it is to change, and how often it decides.
    pub fn weight(self) -> u32 {
        match self {
            Self::MinGpa | Self::GradeLevels | Self::CitizenshipRequired | Self::FieldsOfStudy => 3,
            Self::ResidencyStates
            | Self::Countries
            | Self::FinancialNeed
            | Self::MaxHouseholdIncome
            | Self::Attributes => 2,
            Self::MaxGpa | Self::MinAge | Self::MaxAge => 1,
        }
    }
}

impl CriterionStatus {
    /// The verdict where nothing else is asked.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Met => Verdict::Eligible,
            Self::Unknown => Verdict::Possible,
            Self::Unmet => Verdict::Ineligible,
        }
    }
}

/// The status of every criterion that a set states, without any text: what verdicts and counts rest on.
pub fn statuses(
    criteria: &Criteria,
    profile: &StudentProfile,
    mut visit: impl FnMut(CriterionKind, Option<&str>, CriterionStatus),
) {
    for criterion in criteria.stated() {
        visit(
            criterion.kind(),
            criterion.attribute(),
            criterion.status(profile),
        );
    }
}

/// Verdict and match score of criteria, without texts. That of a set is made of those of its criteria, in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    verdict: Verdict,
    /// Twice the weight of what is met, so that the half point of an unknown criterion stays whole.
    points: u32,
    /// Twice the weight of all.
    weights: u32,
}

impl Outcome {
    /// Where nothing is asked.
    pub const OPEN: Self = Self {
        verdict: Verdict::Eligible,
        points: 0,
        weights: 0,
    };

    /// Of one criterion.
    pub fn of(kind: CriterionKind, status: CriterionStatus) -> Self {
        let weight = kind.weight();
        Self {
            verdict: status.verdict(),
            points: match status {
                CriterionStatus::Met => 2 * weight,
                CriterionStatus::Unknown => weight,
                CriterionStatus::Unmet => 0,
            },
            weights: 2 * weight,
        }
    }

    /// Where both must be met.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            verdict: self.verdict.max(other.verdict),
            points: self.points + other.points,
            weights: self.weights + other.weights,
        }
    }

    /// Where either suffices: the better one by verdict, then score; this one if they are equal.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.is_better_than(self) {
            other
        } else {
            self
        }
    }

    pub fn verdict(self) -> Verdict {
        self.verdict
    }

    /// 0 to 1: the weighted share of criteria that are met, where an unknown one counts half; 1 when nothing is asked.
    pub fn match_score(self) -> f64 {
        if self.weights == 0 {
            1.0
        } else {
            f64::from(self.points) / f64::from(self.weights)
        }
    }

    fn is_better_than(self, other: Self) -> bool {
        self.verdict < other.verdict
            || (self.verdict == other.verdict && self.match_score() > other.match_score())
    }
}

fn outcome(criteria: &Criteria, profile: &StudentProfile) -> Outcome {
    criteria.stated().fold(Outcome::OPEN, |all, criterion| {
        all.and(Outcome::of(criterion.kind(), criterion.status(profile)))
    })
}

/// The set that fits best (by verdict, then score, then order) with its outcome.
fn best_set<'a>(sets: &'a [Criteria], profile: &StudentProfile) -> Option<(&'a Criteria, Outcome)> {
    let mut best: Option<(&Criteria, Outcome)> = None;
    for set in sets {
        let outcome = outcome(set, profile);
        if best.is_none_or(|(_, best)| outcome.is_better_than(best)) {
            best = Some((set, outcome));
        }
    }
    best
}

fn best_outcome(sets: &[Criteria], profile: &StudentProfile) -> Outcome {
    best_set(sets, profile).map_or(Outcome::OPEN, |(_, outcome)| outcome)
}

/// The verdict alone; no sets means that all are welcome.
pub fn verdict(sets: &[Criteria], profile: &StudentProfile) -> Verdict {
    best_outcome(sets, profile).verdict()
}

/// Verdict and match score (0 to 1), without texts: for ranking many scholarships.
pub fn verdict_and_score(sets: &[Criteria], profile: &StudentProfile) -> (Verdict, f64) {
    let best = best_outcome(sets, profile);
    (best.verdict(), best.match_score())
}

/// The verdict with one explained entry per criterion of the best-fitting set. No verdict rests on the award's currency.
pub fn assess(sets: &[Criteria], profile: &StudentProfile) -> Assessment {
    let Some((set, outcome)) = best_set(sets, profile) else {
        return Assessment {
            verdict: Verdict::Eligible,
            match_score: 1.0,
            criteria: Vec::new(),
        };
    };
    let mut criteria = Vec::new();
    statuses(set, profile, |kind, attribute, status| {
        let (required, actual) = facts(set, profile, kind, attribute);
        let criterion = attribute.map_or(CriterionKey::Fact(kind), |kind| {
            CriterionKey::Attribute(kind.to_owned())
        });
        let message = sentence(kind, attribute, status, &required, &actual);
        criteria.push(CriterionResult {
            criterion,
            status,
            required,
            actual,
            message,
        });
    });
    Assessment {
        verdict: outcome.verdict(),
        match_score: outcome.match_score(),
        criteria,
    }
}

/// What the set asks and what the profile says, as JSON in the units of the API.
fn facts(
    set: &Criteria,
    profile: &StudentProfile,
    kind: CriterionKind,
    attribute: Option<&str>,
) -> (Value, Value) {
    use CriterionKind as Kind;
    match kind {
        Kind::MinGpa => (json!(set.min_gpa), json!(profile.gpa)),
        Kind::MaxGpa => (json!(set.max_gpa), json!(profile.gpa)),
        Kind::GradeLevels => {
            let actual = match profile.grade_levels.len() {
                0 => Value::Null,
                1 => json!(profile.grade_levels.codes()),
                _ => json!(profile.grade_levels),
            };
            (json!(set.grade_levels), actual)
        }
        Kind::FieldsOfStudy => (json!(set.fields_of_study), json!(profile.field_of_study)),
        Kind::CitizenshipRequired => (json!(set.citizenship_required), json!(profile.citizenship)),
        Kind::ResidencyStates => {
            let actual = profile
                .state_of_residence
                .map_or_else(|| json!(profile.country_of_residence), |state| json!(state));
            (json!(set.residency_states), actual)
        }
        Kind::Countries => (json!(set.countries), json!(profile.residence_country())),
        Kind::MinAge => (json!(set.min_age), json!(profile.age)),
        Kind::MaxAge => (json!(set.max_age), json!(profile.age)),
        Kind::FinancialNeed => (json!(true), json!(profile.financial_need)),
        Kind::MaxHouseholdIncome => {
            let dollars = |cents: Option<i64>| {
                cents.map_or(Value::Null, |cents| {
                    Value::Number(Currency::USD.major_units(cents))
                })
            };
            (
                dollars(set.max_household_income),
                dollars(profile.household_income),
            )
        }
        Kind::Attributes => {
            let kind = attribute.unwrap_or_default();
            (
                json!(set.attributes.get(kind)),
                json!(profile.attributes.get(kind)),
            )
        }
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.replace('_', " "),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}

fn sentence(
    kind: CriterionKind,
    attribute: Option<&str>,
    status: CriterionStatus,
    required: &Value,
    actual: &Value,
) -> String {
    use CriterionKind as Kind;
    let (required, actual) = (words(required), words(actual));
    let (rule, fact) = match kind {
        Kind::MinGpa => (format!("a GPA of at least {required}"), "GPA".to_owned()),
        Kind::MaxGpa => (format!("a GPA of at most {required}"), "GPA".to_owned()),
        Kind::GradeLevels => (
            format!("the grade level {required}"),
            "grade level".to_owned(),
        ),
        Kind::FieldsOfStudy => (
            format!("the field of study {required}"),
            "field of study".to_owned(),
        ),
        Kind::CitizenshipRequired => (
            format!("the citizenship {required}"),
            "citizenship".to_owned(),
        ),
        Kind::ResidencyStates => (
            format!("residence in {required}"),
            "state of residence".to_owned(),
        ),
        Kind::Countries => (
            format!("residence in {required}"),
            "country of residence".to_owned(),
        ),
        Kind::MinAge => (format!("an age of at least {required}"), "age".to_owned()),
        Kind::MaxAge => (format!("an age of at most {required}"), "age".to_owned()),
        Kind::FinancialNeed => ("financial need".to_owned(), "financial need".to_owned()),
        Kind::MaxHouseholdIncome => (
            format!("a household income of at most ${required}"),
            "household income".to_owned(),
        ),
        Kind::Attributes => {
            let kind = attribute.unwrap_or_default().replace('_', " ");
            (format!("{kind}: {required}"), kind)
        }
    };
    match status {
        CriterionStatus::Met => format!("Asks for {rule}; you meet this with {actual}."),
        CriterionStatus::Unmet => format!("Asks for {rule}; your {fact} is {actual}."),
        CriterionStatus::Unknown if actual == "nothing" => {
            format!("Asks for {rule}; tell us your {fact} to know.")
        }
        CriterionStatus::Unknown => {
            format!("Asks for {rule}; {actual} is not precise enough to know.")
        }
    }
}
