//! Whether a student may get a scholarship, criterion by criterion, and why.
//!
//! A criterion is met, unmet, or unknown because the profile does not say. One unmet criterion makes a criteria set
//! `ineligible`; else one unknown makes it `possible`; else it is `eligible`. Of several sets the best one counts.

use serde::Serialize;
use serde_json::{Value, json};

use crate::criteria::Criteria;
use crate::vocabulary;
use crate::{Citizenship, CountryCode, Currency, FieldOfStudy, StudentProfile, Term, TermSet};

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
    fn known(met: bool) -> Self {
        if met { Self::Met } else { Self::Unmet }
    }

    fn of<T>(fact: Option<T>, met: impl FnOnce(T) -> bool) -> Self {
        fact.map_or(Self::Unknown, |fact| Self::known(met(fact)))
    }
}

/// The status of every criterion that a set states, without any text: what verdicts and counts rest on.
pub fn statuses(
    criteria: &Criteria,
    profile: &StudentProfile,
    mut visit: impl FnMut(CriterionKind, Option<&str>, CriterionStatus),
) {
    use CriterionKind as Kind;
    if let Some(minimum) = criteria.min_gpa {
        visit(
            Kind::MinGpa,
            None,
            CriterionStatus::of(profile.gpa, |gpa| gpa >= minimum),
        );
    }
    if let Some(maximum) = criteria.max_gpa {
        visit(
            Kind::MaxGpa,
            None,
            CriterionStatus::of(profile.gpa, |gpa| gpa <= maximum),
        );
    }
    if !criteria.grade_levels.is_empty() {
        visit(
            Kind::GradeLevels,
            None,
            grade_level_status(criteria, profile),
        );
    }
    if !criteria.fields_of_study.is_empty() {
        visit(
            Kind::FieldsOfStudy,
            None,
            field_status(criteria.fields_of_study, profile.field_of_study),
        );
    }
    if !criteria.citizenship_required.is_empty() {
        visit(
            Kind::CitizenshipRequired,
            None,
            citizenship_status(&criteria.citizenship_required, profile.citizenship),
        );
    }
    if !criteria.residency_states.is_empty() {
        let status = match (profile.state_of_residence, profile.country_of_residence) {
            (Some(state), _) => CriterionStatus::known(criteria.residency_states.contains(state)),
            (None, Some(country)) if country != CountryCode::UNITED_STATES => {
                CriterionStatus::Unmet
            }
            (None, _) => CriterionStatus::Unknown,
        };
        visit(Kind::ResidencyStates, None, status);
    }
    if !criteria.countries.is_empty() {
        visit(
            Kind::Countries,
            None,
            CriterionStatus::of(profile.residence_country(), |country| {
                criteria.countries.contains(&country)
            }),
        );
    }
    if let Some(minimum) = criteria.min_age {
        visit(
            Kind::MinAge,
            None,
            CriterionStatus::of(profile.age, |age| age >= minimum),
        );
    }
    if let Some(maximum) = criteria.max_age {
        visit(
            Kind::MaxAge,
            None,
            CriterionStatus::of(profile.age, |age| age <= maximum),
        );
    }
    if criteria.financial_need == Some(true) {
        visit(
            Kind::FinancialNeed,
            None,
            CriterionStatus::of(profile.financial_need, |need| need),
        );
    }
    if let Some(maximum) = criteria.max_household_income {
        visit(
            Kind::MaxHouseholdIncome,
            None,
            CriterionStatus::of(profile.household_income, |income| income <= maximum),
        );
    }
    for (kind, accepted) in &criteria.attributes {
        let status = CriterionStatus::of(profile.attributes.get(kind), |values| {
            accepted.iter().any(|value| values.contains(value))
        });
        visit(Kind::Attributes, Some(kind), status);
    }
}

fn grade_level_status(criteria: &Criteria, profile: &StudentProfile) -> CriterionStatus {
    let levels = profile.grade_levels;
    if levels.is_empty() {
        CriterionStatus::Unknown
    } else if levels.is_subset_of(criteria.grade_levels) {
        CriterionStatus::Met
    } else if levels.intersects(criteria.grade_levels) {
        // A broader word was given, and only some of what it may mean is accepted.
        CriterionStatus::Unknown
    } else {
        CriterionStatus::Unmet
    }
}

fn field_status(accepted: TermSet<FieldOfStudy>, field: Option<FieldOfStudy>) -> CriterionStatus {
    match field {
        None => CriterionStatus::Unknown,
        Some(field) if accepted.contains(field) => CriterionStatus::Met,
        // `other` stands for fields that the vocabulary has no word for: the student's may be among them.
        Some(_) if accepted.contains(FieldOfStudy::Other) => CriterionStatus::Unknown,
        Some(_) => CriterionStatus::Unmet,
    }
}

fn citizenship_status(accepted: &[Citizenship], actual: Option<Citizenship>) -> CriterionStatus {
    let Some(actual) = actual else {
        return CriterionStatus::Unknown;
    };
    let foreign = |value: &Citizenship| matches!(value, Citizenship::Country(_));
    // Held by people who are citizens of some other country.
    let resident = |value: &Citizenship| {
        use Citizenship::{Daca, RefugeeOrAsylee, Undocumented, UsPermanentResident};
        matches!(
            value,
            UsPermanentResident | Daca | Undocumented | RefugeeOrAsylee
        )
    };
    if accepted.contains(&actual)
        || (foreign(&actual) && accepted.contains(&Citizenship::International))
    {
        CriterionStatus::Met
    } else if (actual == Citizenship::International && accepted.iter().any(foreign))
        // A citizen of Mexico may be a permanent resident, and a permanent resident a citizen of Mexico.
        || (foreign(&actual) && accepted.iter().any(resident))
        || (resident(&actual)
            && accepted
                .iter()
                .any(|value| foreign(value) || *value == Citizenship::International))
    {
        CriterionStatus::Unknown
    } else {
        CriterionStatus::Unmet
    }
}

/// Verdict and match score of one set, without texts.
fn outcome(criteria: &Criteria, profile: &StudentProfile) -> (Verdict, f64) {
    let (mut points, mut weights, mut verdict) = (0_u32, 0_u32, Verdict::Eligible);
    statuses(criteria, profile, |kind, _, status| {
        // Twice the weight, so that the half point of an unknown criterion stays whole.
        weights += 2 * kind.weight();
        match status {
            CriterionStatus::Met => points += 2 * kind.weight(),
            CriterionStatus::Unknown => {
                points += kind.weight();
                verdict = verdict.max(Verdict::Possible);
            }
            CriterionStatus::Unmet => verdict = Verdict::Ineligible,
        }
    });
    let score = if weights == 0 {
        1.0
    } else {
        f64::from(points) / f64::from(weights)
    };
    (verdict, score)
}

/// The set that fits best (by verdict, then score, then order) with its outcome.
fn best_set<'a>(
    sets: &'a [Criteria],
    profile: &StudentProfile,
) -> Option<(&'a Criteria, Verdict, f64)> {
    let mut best: Option<(&Criteria, Verdict, f64)> = None;
    for set in sets {
        let (verdict, score) = outcome(set, profile);
        let better = best.is_none_or(|(_, best_verdict, best_score)| {
            verdict < best_verdict || (verdict == best_verdict && score > best_score)
        });
        if better {
            best = Some((set, verdict, score));
        }
    }
    best
}

/// The verdict alone; no sets means that all are welcome.
pub fn verdict(sets: &[Criteria], profile: &StudentProfile) -> Verdict {
    best_set(sets, profile).map_or(Verdict::Eligible, |(_, verdict, _)| verdict)
}

/// Verdict and match score (0 to 1), without texts: for ranking many scholarships.
pub fn verdict_and_score(sets: &[Criteria], profile: &StudentProfile) -> (Verdict, f64) {
    best_set(sets, profile).map_or((Verdict::Eligible, 1.0), |(_, verdict, score)| {
        (verdict, score)
    })
}

/// The verdict with one explained entry per criterion of the best-fitting set. No verdict rests on the award's currency.
pub fn assess(sets: &[Criteria], profile: &StudentProfile) -> Assessment {
    let Some((set, verdict, match_score)) = best_set(sets, profile) else {
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
        verdict,
        match_score,
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
