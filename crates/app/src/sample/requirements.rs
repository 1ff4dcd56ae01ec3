//! What the samples ask of applicants, as criteria and in prose.

use domain::award::MinorUnits;
use domain::{
    Citizenship, CountryCode, Criteria, Currency, FieldOfStudy, Gpa, GradeLevel, ScholarshipType,
    Term, TermSet, UsState,
};

use super::cast::Cast;
use super::random::Random;

/// Attribute, accepted values, and how the rules put it.
const ATTRIBUTES: &[(&str, &[&str], &str)] = &[
    ("gender", &["female"], "identify as women"),
    ("gender", &["female", "nonbinary"], "are women or nonbinary"),
    (
        "ethnicity",
        &["hispanic_or_latino"],
        "are of Hispanic or Latino heritage",
    ),
    (
        "ethnicity",
        &["black_or_african_american"],
        "are Black or African American",
    ),
    (
        "ethnicity",
        &["asian", "pacific_islander"],
        "are of Asian or Pacific Islander heritage",
    ),
    (
        "ethnicity",
        &["native_american"],
        "are enrolled members of a tribal nation",
    ),
    ("military", &["veteran"], "have served in the armed forces"),
    (
        "military",
        &["dependent", "veteran"],
        "are veterans or their dependents",
    ),
    (
        "military",
        &["active_duty", "reserve"],
        "serve on active duty or in the reserve",
    ),
    (
        "first_generation",
        &["true"],
        "are the first in their families to attend college",
    ),
    ("disability", &["true"], "live with a disability"),
    ("foster_care", &["true"], "have been in foster care"),
    ("lgbtq", &["true"], "are part of the LGBTQ+ community"),
    (
        "memberships",
        &["student_council", "honor_society"],
        "belong to a student council or honor society",
    ),
    ("memberships", &["union"], "belong to a union household"),
    (
        "memberships",
        &["farm_youth_club"],
        "belong to a farm youth club",
    ),
    ("single_parent", &["true"], "raise a child alone"),
    (
        "employer",
        &["participating_employer"],
        "work for a participating employer",
    ),
];

/// More populous states first; the later, the rarer.
const STATES: &[UsState] = &[
    UsState::California,
    UsState::Texas,
    UsState::Florida,
    UsState::NewYork,
    UsState::Pennsylvania,
    UsState::Illinois,
    UsState::Ohio,
    UsState::Georgia,
    UsState::NorthCarolina,
    UsState::Michigan,
    UsState::NewJersey,
    UsState::Virginia,
    UsState::Washington,
    UsState::Arizona,
    UsState::Massachusetts,
    UsState::Nevada,
];

const GRADES: &[(&[GradeLevel], &str)] = &[
    (&[GradeLevel::HighSchoolSenior], "high school seniors"),
    (
        &[GradeLevel::HighSchoolJunior, GradeLevel::HighSchoolSenior],
        "high school juniors and seniors",
    ),
    (
        &[
            GradeLevel::UndergraduateFreshman,
            GradeLevel::UndergraduateSophomore,
            GradeLevel::UndergraduateJunior,
            GradeLevel::UndergraduateSenior,
        ],
        "undergraduates",
    ),
    (
        &[
            GradeLevel::HighSchoolSenior,
            GradeLevel::UndergraduateFreshman,
        ],
        "high school seniors and college freshmen",
    ),
    (
        &[
            GradeLevel::UndergraduateJunior,
            GradeLevel::UndergraduateSenior,
        ],
        "college juniors and seniors",
    ),
    (
        &[GradeLevel::Graduate, GradeLevel::Doctoral],
        "graduate students",
    ),
    (&[GradeLevel::Doctoral], "doctoral candidates"),
    (&[GradeLevel::Vocational], "students in trade programs"),
    (&[GradeLevel::Adult], "adults who return to school"),
    (&[GradeLevel::MiddleSchool], "middle school students"),
];

/// What the record as a whole decides about its criteria.
pub(super) struct Brief<'a> {
    pub(super) cast: &'a Cast,
    pub(super) scholarship_type: ScholarshipType,
    pub(super) currency: Currency,
    /// A state that the record is to ask for in any case.
    pub(super) state: Option<UsState>,
    /// The name speaks of the field of study, so the criteria ask for it.
    pub(super) names_field: bool,
}

pub(super) fn criteria(brief: &Brief<'_>, random: &mut Random) -> Vec<Criteria> {
    if !brief.names_field && random.percent(18) {
        return Vec::new();
    }
    let mut sets = vec![one_set(brief, random)];
    if random.percent(4) {
        // Good grades may stand in for everything else, but for what the name says.
        let mut grades = Criteria {
            min_gpa: Gpa::from_hundredths(380).ok(),
            ..Criteria::default()
        };
        if brief.names_field {
            ask_field(brief, &mut grades);
        }
        sets.push(grades);
    }
    sets
}

fn one_set(brief: &Brief<'_>, random: &mut Random) -> Criteria {
    let mut criteria = Criteria::default();
    let mut rules: Vec<String> = Vec::new();
    if random.percent(35) {
        let hundredths = random.pick(&[200, 250, 275, 300, 300, 300, 320, 325, 350, 350, 370]);
        criteria.min_gpa = Gpa::from_hundredths(hundredths).ok();
        rules.push(format!(
            "have a grade-point average of at least {:.1}",
            f64::from(hundredths) / 100.0
        ));
    } else if random.percent(2) {
        criteria.max_gpa = Gpa::from_hundredths(300).ok();
        rules.push("have a grade-point average of at most 3.0".to_owned());
    }
    if random.percent(50) {
        let is_trade = brief.cast.subject.fields.contains(&FieldOfStudy::Other);
        let (levels, words) = match random.pick(GRADES) {
            // Nobody writes a dissertation on welding.
            (levels, _) if is_trade && levels.contains(&GradeLevel::Doctoral) => {
                (&[GradeLevel::Vocational][..], "students in trade programs")
            }
            // Nor does a middle school teach pharmacy.
            (levels, _) if brief.names_field && levels.contains(&GradeLevel::MiddleSchool) => {
                (&[GradeLevel::HighSchoolSenior][..], "high school seniors")
            }
            choice => choice,
        };
        criteria.grade_levels = TermSet::of(levels);
        rules.push(format!("be {words}"));
    }
    place(brief, &mut criteria, &mut rules, random);
    let too_young = criteria.grade_levels.contains(GradeLevel::MiddleSchool);
    if brief.names_field || (random.percent(25) && !too_young) {
        ask_field(brief, &mut criteria);
        rules.push(format!("study {}", brief.cast.subject_title));
    }
    if random.percent(5) {
        let (low, high) = random.pick(&[(16, 25), (17, 30), (18, 24), (25, 65)]);
        criteria.min_age = Some(low);
        criteria.max_age = random.percent(70).then_some(high);
        rules.push(format!("be at least {low} years old"));
    }
    money(brief, &mut criteria, &mut rules, random);
    let minority = brief.scholarship_type == ScholarshipType::Minority;
    if minority || random.percent(18) {
        let (kind, values, words) = random.pick(if minority {
            &ATTRIBUTES[..6]
        } else {
            ATTRIBUTES
        });
        let mut values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        values.sort_unstable();
        criteria.attributes.insert(kind.to_owned(), values);
        rules.push(format!("be among those who {words}"));
    }
    if random.percent(40) {
        criteria.essay_required = Some(random.percent(85));
    }
    if random.percent(25) {
        criteria.recommendation_letters = u8::try_from(random.between(1, 3)).ok();
    }
    if random.percent(46) {
        let mut text = if rules.is_empty() {
            "All students are welcome to apply.".to_owned()
        } else {
            format!("Applicants must {}.", rules.join("; "))
        };
        if random.percent(60) {
            text.push(' ');
            text.push_str(&brief.cast.fill(
                "Graduates of {place2} High School, {surname2} Academy and {place3} Preparatory, and residents of {place4}, are asked to name their school.",
                random,
            ));
        }
        criteria.text = Some(text);
    }
    criteria
}

fn ask_field(brief: &Brief<'_>, criteria: &mut Criteria) {
    criteria.fields_of_study = TermSet::of(brief.cast.subject.fields);
    criteria.fields_of_study_text = vec![brief.cast.subject_title.clone()];
}

fn place(brief: &Brief<'_>, criteria: &mut Criteria, rules: &mut Vec<String>, random: &mut Random) {
    let asks_state = brief.state.is_some() || random.percent(28);
    if asks_state {
        let mut states = TermSet::default();
        states.insert(brief.state.unwrap_or_else(|| any_state(random)));
        if random.percent(20) {
            states.insert(any_state(random));
        }
        let names: Vec<String> = states.iter().map(UsState::name).collect();
        rules.push(format!("live in {}", names.join(" or ")));
        criteria.residency_states = states;
    } else if random.percent(45) {
        let others = ["CA", "MX", "GB", "IN", "VN", "CN"];
        let code = if random.percent(92) {
            "US"
        } else {
            random.pick(&others)
        };
        criteria.countries = CountryCode::parse(code).into_iter().collect();
    }
    if random.percent(15) {
        let mut accepted = match random.below(5) {
            0 | 1 => vec![Citizenship::UsCitizen],
            2 => vec![Citizenship::UsCitizen, Citizenship::UsPermanentResident],
            3 => vec![
                Citizenship::UsCitizen,
                Citizenship::UsPermanentResident,
                Citizenship::Daca,
                Citizenship::Undocumented,
                Citizenship::RefugeeOrAsylee,
            ],
            _ => vec![Citizenship::International],
        };
        accepted.sort_unstable();
        criteria.citizenship_required = accepted;
    }
}

fn any_state(random: &mut Random) -> UsState {
    if random.percent(60) {
        random.pick(STATES)
    } else {
        random.pick(UsState::ALL)
    }
}

fn money(brief: &Brief<'_>, criteria: &mut Criteria, rules: &mut Vec<String>, random: &mut Random) {
    if brief.scholarship_type == ScholarshipType::NeedBased {
        criteria.financial_need = Some(true);
        rules.push("show financial need".to_owned());
        if random.percent(25) && brief.currency == Currency::USD {
            let thousands: MinorUnits = random.pick(&[40, 50, 60, 65, 80, 100]);
            criteria.max_household_income = Some(thousands * 100_000);
            rules.push(format!(
                "have a household income of at most ${thousands},000"
            ));
        }
    } else if random.percent(12) {
        criteria.financial_need = Some(random.percent(50));
    }
}
