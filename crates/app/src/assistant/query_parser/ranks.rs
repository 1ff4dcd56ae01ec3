//! Freshmen to seniors, of high school, of college, or of either when nothing says which.

use domain::{GradeLevel, TermSet};

use GradeLevel::{
    HighSchoolFreshman, HighSchoolJunior, HighSchoolSenior, HighSchoolSophomore,
    UndergraduateFreshman, UndergraduateJunior, UndergraduateSenior, UndergraduateSophomore,
};

use super::reading::Reading;
use super::vocabulary::is_common;
use super::words::Ending;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum School {
    High,
    College,
}

/// (high school, college)
type Rank = (GradeLevel, GradeLevel);

const RANKS: &[(&str, Rank)] = &[
    ("freshman", (HighSchoolFreshman, UndergraduateFreshman)),
    ("freshmen", (HighSchoolFreshman, UndergraduateFreshman)),
    ("sophomore", (HighSchoolSophomore, UndergraduateSophomore)),
    ("junior", (HighSchoolJunior, UndergraduateJunior)),
    ("senior", (HighSchoolSenior, UndergraduateSenior)),
];
/// Years are counted in college only.
const YEARS: &[(&str, GradeLevel)] = &[
    ("first year college", UndergraduateFreshman),
    ("1st year college", UndergraduateFreshman),
    ("first year student", UndergraduateFreshman),
    ("first year undergraduate", UndergraduateFreshman),
    ("second year college", UndergraduateSophomore),
    ("second year student", UndergraduateSophomore),
    ("second year undergraduate", UndergraduateSophomore),
    ("third year college", UndergraduateJunior),
    ("third year student", UndergraduateJunior),
    ("third year undergraduate", UndergraduateJunior),
    ("fourth year college", UndergraduateSenior),
    ("fourth year student", UndergraduateSenior),
    ("fourth year undergraduate", UndergraduateSenior),
];

/// The rank that stands here with the school that it is of: its end and its levels.
pub(super) fn rank_at(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<GradeLevel>)> {
    if let Some((end, level)) = reading.longest(at, YEARS) {
        return Some((end, TermSet::of(&[*level])));
    }
    let (school, rank_at) = match school_at(reading, at) {
        Some((school, end)) => (Some(school), end),
        None => (None, at),
    };
    let (end, rank) = reading.longest(rank_at, RANKS)?;
    if is_no_rank(reading, rank_at, end) {
        return None;
    }
    if let Some(school) = school {
        return Some((end, levels(*rank, Some(school))));
    }
    let (school, end) = match school_behind(reading, end) {
        Some((school, behind)) => (Some(school), behind),
        None => (school_of_neighbours(reading, at, end), end),
    };
    Some((end, levels(*rank, school)))
}

fn levels((high, college): Rank, school: Option<School>) -> TermSet<GradeLevel> {
    match school {
        Some(School::High) => TermSet::of(&[high]),
        Some(School::College) => TermSet::of(&[college]),
        None => TermSet::of(&[high, college]),
    }
}

/// "Senior citizens", "junior high", "Martin Luther King Junior".
fn is_no_rank(reading: &Reading<'_>, at: usize, end: usize) -> bool {
    let goes_on = reading.ends_at(end - 1) == Ending::Nothing;
    let means_else = matches!(
        reading.word(end),
        "citizen"
            | "citizens"
            | "high"
            | "college"
            | "colleges"
            | "varsity"
            | "engineer"
            | "center"
    ) && goes_on;
    let is_named = reading.has_telling_capitals
        && reading.words[at].is_capital
        && at > 0
        && reading.ends_at(at - 1) == Ending::Nothing
        && reading.words[at - 1].is_capital
        && !is_common(reading.word(at - 1))
        && reading.word(at - 1) != "hs";
    means_else || is_named
}

fn school_at(reading: &Reading<'_>, at: usize) -> Option<(School, usize)> {
    const SCHOOLS: &[(&str, School)] = &[
        ("high school", School::High),
        ("highschool", School::High),
        ("hs", School::High),
        ("college", School::College),
        ("university", School::College),
        ("undergraduate", School::College),
        ("undergrad", School::College),
    ];
    reading
        .longest(at, SCHOOLS)
        .map(|(end, school)| (*school, end))
}

/// "Senior in high school", "junior year of college", "juniors and seniors in high school": school and end.
fn school_behind(reading: &Reading<'_>, end: usize) -> Option<(School, usize)> {
    let mut at = end;
    let mut is_list = false;
    while at < end + 8 && reading.ends_at(at.checked_sub(1)?) != Ending::Clause {
        let is_rank = reading.longest(at, RANKS).is_some();
        is_list |= is_rank;
        let leads_on = is_rank
            || matches!(
                reading.word(at),
                "in" | "at"
                    | "year"
                    | "of"
                    | "and"
                    | "or"
                    | "a"
                    | "my"
                    | "his"
                    | "her"
                    | "student"
                    | "level"
            );
        if !leads_on {
            break;
        }
        at += 1;
    }
    if at == end || reading.ends_at(at - 1) != Ending::Nothing {
        return None;
    }
    let follows = matches!(reading.word(at - 1), "in" | "at" | "of" | "a" | "my");
    let (school, behind) = school_at(reading, at).filter(|_| follows)?;
    // The ranks in between are read on their own.
    Some((school, if is_list { end } else { behind }))
}

/// What stands near says which school: "high school juniors and seniors", "junior majoring in", "incoming freshman".
fn school_of_neighbours(reading: &Reading<'_>, at: usize, end: usize) -> Option<School> {
    let before = reading.word_before(at);
    if matches!(before, "incoming" | "entering")
        || matches!(
            reading.word(end),
            "majoring" | "major" | "undergrad" | "undergraduate"
        )
    {
        return Some(School::College);
    }
    let names_high_school = (end..end + 8)
        .take_while(|next| reading.ends_at(next - 1) == Ending::Nothing)
        .any(|next| reading.phrase(next, "high school").is_some());
    if names_high_school && before != "college" {
        return Some(School::High);
    }
    if reading.word(end) == "at"
        && (end..end + 5).any(|next| matches!(reading.word(next), "university" | "college"))
    {
        return Some(School::College);
    }
    let is_listed = matches!(before, "and" | "or" | "/")
        || (at > 0 && reading.ends_at(at - 1) == Ending::Comma);
    if !is_listed {
        return None;
    }
    (at.saturating_sub(6)..at)
        .rev()
        .find_map(|before| school_of_rank(reading, before))
}

/// The school of a rank that was read already.
fn school_of_rank(reading: &Reading<'_>, at: usize) -> Option<School> {
    let is_rank_behind = |at: usize| {
        let word = reading.word(at);
        RANKS.iter().any(|(rank, _)| {
            word.strip_prefix(rank)
                .is_some_and(|tail| matches!(tail, "" | "s"))
        })
    };
    match (reading.word(at), reading.word(at + 1)) {
        ("high", "school") if is_rank_behind(at + 2) => Some(School::High),
        ("hs", _) if is_rank_behind(at + 1) => Some(School::High),
        ("college" | "undergraduate", _) if is_rank_behind(at + 1) => Some(School::College),
        _ => None,
    }
}
