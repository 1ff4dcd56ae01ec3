//! Phrases with one fixed meaning: kinds of award, need, renewal, known amounts.

use domain::{ScholarshipType, TermSet};

use super::reading::{Mark, Reading};

#[derive(Debug, Clone, Copy)]
enum Meaning {
    Kind(ScholarshipType),
    /// A sport: athletic, and a word to search for.
    Sport,
    Need(bool),
    Renewable(bool),
    KnownAmount,
}

use Meaning::{Kind, KnownAmount, Need, Renewable, Sport};
use ScholarshipType::{AcademicAchievement, Athletic, CommunityService, MeritBased, Minority};

const PHRASES: &[(&str, Meaning)] = &[
    ("merit", Kind(MeritBased)),
    ("merit based", Kind(MeritBased)),
    ("academic achievement", Kind(AcademicAchievement)),
    ("academic excellence", Kind(AcademicAchievement)),
    ("athletic", Kind(Athletic)),
    ("athlete", Kind(Athletic)),
    ("student athlete", Kind(Athletic)),
    ("sports scholarship", Kind(Athletic)),
    ("basketball", Sport),
    ("soccer", Sport),
    ("football", Sport),
    ("baseball", Sport),
    ("softball", Sport),
    ("volleyball", Sport),
    ("swimming", Sport),
    ("wrestling", Sport),
    ("golf", Sport),
    ("tennis", Sport),
    ("lacrosse", Sport),
    ("track and field", Sport),
    ("cross country", Sport),
    ("swim team", Sport),
    ("gymnastics", Sport),
    ("hockey", Sport),
    ("rugby", Sport),
    ("rowing", Sport),
    ("cheerleading", Sport),
    ("cheerleader", Sport),
    ("minority", Kind(Minority)),
    ("minorities", Kind(Minority)),
    ("underrepresented", Kind(Minority)),
    ("under represented", Kind(Minority)),
    ("students of color", Kind(Minority)),
    ("people of color", Kind(Minority)),
    ("bipoc", Kind(Minority)),
    ("community service", Kind(CommunityService)),
    ("hours of community service", Kind(CommunityService)),
    ("volunteer", Kind(CommunityService)),
    ("volunteering", Kind(CommunityService)),
    ("volunteer work", Kind(CommunityService)),
    ("service hours", Kind(CommunityService)),
    ("low income", Need(true)),
    ("lower income", Need(true)),
    ("financial need", Need(true)),
    ("demonstrated financial need", Need(true)),
    ("demonstrated need", Need(true)),
    ("need based", Need(true)),
    ("needs based", Need(true)),
    ("based on need", Need(true)),
    ("based on financial need", Need(true)),
    ("pell", Need(true)),
    ("pell grant", Need(true)),
    ("economically disadvantaged", Need(true)),
    ("financially disadvantaged", Need(true)),
    ("disadvantaged", Need(true)),
    ("underprivileged", Need(true)),
    ("can't afford", Need(true)),
    ("cant afford", Need(true)),
    ("cannot afford", Need(true)),
    ("can not afford", Need(true)),
    ("don't have much money", Need(true)),
    ("do not have much money", Need(true)),
    ("can't pay", Need(true)),
    ("poor family", Need(true)),
    ("poor families", Need(true)),
    ("poverty", Need(true)),
    ("reduced lunch", Need(true)),
    ("free lunch", Need(true)),
    ("no financial need", Need(false)),
    ("without financial need", Need(false)),
    ("not need based", Need(false)),
    ("non need based", Need(false)),
    ("not based on need", Need(false)),
    ("not based on financial need", Need(false)),
    ("regardless of need", Need(false)),
    ("regardless of income", Need(false)),
    ("regardless of financial need", Need(false)),
    ("renewable", Renewable(true)),
    ("renews", Renewable(true)),
    ("renews every year", Renewable(true)),
    ("renewable every year", Renewable(true)),
    ("every year", Renewable(true)),
    ("each year", Renewable(true)),
    ("for four years", Renewable(true)),
    ("for 4 years", Renewable(true)),
    ("all four years", Renewable(true)),
    ("all 4 years", Renewable(true)),
    ("not renewable", Renewable(false)),
    ("non renewable", Renewable(false)),
    ("nonrenewable", Renewable(false)),
    ("one time", Renewable(false)),
    ("known amount", KnownAmount),
    ("known award amount", KnownAmount),
    ("stated amount", KnownAmount),
    ("specified amount", KnownAmount),
    ("amount listed", KnownAmount),
    ("amount is known", KnownAmount),
];

/// What comes back every year without paying the same student again.
const CONTESTS: &[&str] = &[
    "awarded", "offered", "given", "held", "opens", "deadline", "due",
];

pub(super) fn read(reading: &mut Reading<'_>) {
    let mut at = 0;
    while at < reading.len() {
        let Some((end, meaning)) = reading.longest(at, PHRASES) else {
            at += 1;
            continue;
        };
        let meaning = *meaning;
        if matches!(meaning, Renewable(_)) && reading.is_near_before(at, 2, CONTESTS) {
            at = end;
            continue;
        }
        if let Some(start) = reading.negator(at) {
            reading.take(start..end);
        } else {
            apply(reading, meaning);
            let is_sport = matches!(meaning, Sport);
            reading.set(at..end, if is_sport { Mark::Topic } else { Mark::Taken });
        }
        at = end;
    }
}

fn apply(reading: &mut Reading<'_>, meaning: Meaning) {
    let filters = &mut reading.filters;
    let types = filters.scholarship_types;
    match meaning {
        Kind(kind) => filters.scholarship_types = types.union(TermSet::of(&[kind])),
        Sport => filters.scholarship_types = types.union(TermSet::of(&[Athletic])),
        Need(need) => filters.financial_need = filters.financial_need.or(Some(need)),
        Renewable(renewable) => filters.renewable = filters.renewable.or(Some(renewable)),
        KnownAmount => filters.known_amount = true,
    }
}
