//! Where the student stands: "high school senior", "12th grader", "grad school", "adult learners".

use domain::{FieldOfStudy, GradeLevel, Term as _, TermSet};

use GradeLevel::{
    Adult, Doctoral, Graduate, HighSchoolFreshman, HighSchoolJunior, HighSchoolSenior,
    HighSchoolSophomore, MiddleSchool, UndergraduateFreshman, UndergraduateJunior,
    UndergraduateSenior, UndergraduateSophomore, Vocational,
};

use super::ranks;
use super::reading::{Mark, Reading, is_form_of};
use super::words::{Ending, Suffix};

const TWO_YEARS: &[GradeLevel] = &[UndergraduateFreshman, UndergraduateSophomore];
const UNDERGRADUATE: &[GradeLevel] = &[
    UndergraduateFreshman,
    UndergraduateSophomore,
    UndergraduateJunior,
    UndergraduateSenior,
];

const PHRASES: &[(&str, &[GradeLevel])] = &[
    ("middle school", &[MiddleSchool]),
    ("middle schooler", &[MiddleSchool]),
    ("junior high", &[MiddleSchool]),
    ("community college", TWO_YEARS),
    ("junior college", TWO_YEARS),
    ("two year college", TWO_YEARS),
    ("2 year college", TWO_YEARS),
    ("college student", UNDERGRADUATE),
    ("university student", UNDERGRADUATE),
    ("undergrad", UNDERGRADUATE),
    ("undergraduate", UNDERGRADUATE),
    ("bachelor", UNDERGRADUATE),
    ("graduate school", &[Graduate]),
    ("level graduate", &[Graduate]),
    ("grad school", &[Graduate]),
    ("postgraduate", &[Graduate]),
    ("master's", &[Graduate]),
    ("masters", &[Graduate]),
    ("masters degree", &[Graduate]),
    ("master's degree", &[Graduate]),
    ("masters program", &[Graduate]),
    ("master of", &[Graduate]),
    ("ma in", &[Graduate]),
    ("ms in", &[Graduate]),
    ("msc in", &[Graduate]),
    ("ma degree", &[Graduate]),
    ("ms degree", &[Graduate]),
    ("phd", &[Doctoral]),
    ("doctoral", &[Doctoral]),
    ("doctorate", &[Doctoral]),
    ("trade school", &[Vocational]),
    ("trade program", &[Vocational]),
    ("vocational", &[Vocational]),
    ("vocational school", &[Vocational]),
    ("technical school", &[Vocational]),
    ("technical college", &[Vocational]),
    ("tech school", &[Vocational]),
    ("adult", &[Adult]),
    ("adult learner", &[Adult]),
    ("adult student", &[Adult]),
    ("nontraditional", &[Adult]),
    ("nontraditional student", &[Adult]),
    ("non traditional", &[Adult]),
    ("non traditional student", &[Adult]),
    ("returning student", &[Adult]),
    ("returning adult", &[Adult]),
    ("returning to college", &[Adult]),
    ("returning to school", &[Adult]),
    ("back to school", &[Adult]),
    ("back to college", &[Adult]),
    ("mature student", &[Adult]),
    ("older student", &[Adult]),
];

const GRADUATE_THINGS: &[&str] = &[
    "student",
    "program",
    "degree",
    "study",
    "studies",
    "level",
    "scholarship",
    "fellowship",
    "research",
    "funding",
    "assistantship",
];

/// Degrees that name their field too; they stay words to search for.
const DEGREES: &[(&str, (GradeLevel, FieldOfStudy))] = &[
    ("mba", (Graduate, FieldOfStudy::Business)),
    ("mfa", (Graduate, FieldOfStudy::Arts)),
    ("msw", (Graduate, FieldOfStudy::SocialSciences)),
    ("mph", (Graduate, FieldOfStudy::Medicine)),
];

pub(super) fn read(reading: &mut Reading<'_>) {
    let mut at = 0;
    while at < reading.len() {
        at = degree(reading, at)
            .or_else(|| level(reading, at))
            .unwrap_or(at + 1);
    }
}

/// Reads what stands here and says where it ends.
fn level(reading: &mut Reading<'_>, at: usize) -> Option<usize> {
    let (end, levels) = ranks::rank_at(reading, at)
        .or_else(|| numbered_grade(reading, at))
        .or_else(|| phrase(reading, at))
        .or_else(|| graduate(reading, at))
        .or_else(|| high_school(reading, at))?;
    if levels.is_empty() {
        return Some(end);
    }
    if let Some(start) = reading.negator(at).filter(|_| !levels.contains(Adult)) {
        reading.take(start..end);
    } else {
        reading.filters.grade_levels = reading.filters.grade_levels.union(levels);
        reading.take(at..end);
    }
    Some(end)
}

fn degree(reading: &mut Reading<'_>, at: usize) -> Option<usize> {
    let (end, (level, field)) = reading.longest(at, DEGREES)?;
    if reading.negator(at).is_some() {
        return Some(end);
    }
    let filters = &mut reading.filters;
    filters.grade_levels.insert(*level);
    filters.fields_of_study.insert(*field);
    reading.set(at..end, Mark::Topic);
    Some(end)
}

fn phrase(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<GradeLevel>)> {
    let (end, levels) = reading.longest(at, PHRASES)?;
    // "In MA in summer" is a place.
    let is_place =
        matches!(reading.word(at), "ma" | "ms") && matches!(reading.word_before(at), "in" | "from");
    // Transfers leave the community college for another one.
    let leaves = reading.word(at) == "community"
        && (end..end + 4).any(|next| reading.word(next).starts_with("transfer"));
    if is_place {
        return None;
    }
    let levels = if leaves { &[] } else { *levels };
    Some((end, TermSet::of(levels)))
}

/// "Graduate students", "graduate nursing programs": a word before what only the adjective stands with.
fn graduate(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<GradeLevel>)> {
    let is_adjective = (at + 1..at + 4)
        .take_while(|next| reading.ends_at(next - 1) == Ending::Nothing)
        .any(|next| {
            GRADUATE_THINGS
                .iter()
                .any(|thing| is_form_of(reading.word(next), thing))
        });
    let is_word = reading.is_open(at) && matches!(reading.word(at), "graduate" | "grad");
    (is_word && is_adjective && reading.word_before(at) != "i")
        .then(|| (at + 1, TermSet::of(&[Graduate])))
}

/// "High school" alone means its four years, but a high school's diploma is what others have.
fn high_school(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<GradeLevel>)> {
    let end = [
        "high school",
        "highschool",
        "high schooler",
        "highschooler",
        "hs",
    ]
    .iter()
    .filter_map(|phrase| reading.phrase(at, phrase))
    .max()?;
    let is_past = matches!(
        reading.word(end),
        "diploma"
            | "graduate"
            | "graduates"
            | "grad"
            | "grads"
            | "gpa"
            | "transcript"
            | "teacher"
            | "teachers"
            | "counselor"
            | "counsellor"
            | "average"
            | "equivalency"
    );
    let levels = GradeLevel::terms_of("high_school").unwrap_or_default();
    // "A senior from a Texas high school": the year is known.
    let is_ranked = reading.filters.grade_levels.intersects(levels);
    let is_over =
        reading.is_near_before(at, 2, &["graduate", "graduates", "graduated", "finished"]);
    let means_nothing = is_past || is_ranked || is_over;
    Some((
        end,
        if means_nothing {
            TermSet::default()
        } else {
            levels
        },
    ))
}

/// "12th grade", "8th grader", "grade 11", "eleventh grade".
fn numbered_grade(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<GradeLevel>)> {
    let is_grade =
        |at: usize| matches!(reading.word(at), "grade" | "grader" | "graders" | "grades");
    if !reading.is_open(at) {
        return None;
    }
    let number = match (reading.word(at), reading.suffix(at)) {
        (_, Some(Suffix::Ordinal)) => reading.whole(at)?,
        ("sixth", _) => 6,
        ("seventh", _) => 7,
        ("eighth", _) => 8,
        ("ninth", _) => 9,
        ("tenth", _) => 10,
        ("eleventh", _) => 11,
        ("twelfth", _) => 12,
        ("grade", None) => return Some((at + 2, grade(reading.whole(at + 1)?)?)),
        _ => return None,
    };
    if !is_grade(at + 1) {
        return None;
    }
    Some((at + 2, grade(number)?))
}

fn grade(number: u32) -> Option<TermSet<GradeLevel>> {
    let level = match number {
        6..=8 => MiddleSchool,
        9 => HighSchoolFreshman,
        10 => HighSchoolSophomore,
        11 => HighSchoolJunior,
        12 => HighSchoolSenior,
        _ => return None,
    };
    Some(TermSet::of(&[level]))
}
