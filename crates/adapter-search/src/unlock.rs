//! What single changes of a profile would open.
//!
//! A change can open a scholarship only if one of its criteria sets fails at nothing else: all that is unmet in there must
//! be of the kinds that the change touches. One pass over the open scholarships finds those near misses, and only for them
//! and the changes of that kind the verdict after the change is computed, by the rules of `domain`.

use std::collections::HashMap;

use domain::eligibility::{CriterionKind, statuses, verdict};
use domain::unlock::{CriteriaValues, ProfileChange, candidates};
use domain::{
    Criteria, CriterionStatus, Currency, FieldOfStudy, ScholarshipId, StudentProfile, Timestamp,
    Verdict,
};
use ports::search_index::{Unlock, UnlockAnswer};

use crate::card_texts::CardTexts;
use crate::matching::count_verdict;
use crate::snapshot::{Place, Snapshot};

const MOST_EXAMPLES: usize = 5;

/// The criteria that one change can meet together.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    Gpa,
    GradeLevel,
    FieldOfStudy,
    Citizenship,
    /// States and countries.
    Residence,
    Age,
    FinancialNeed,
    Attribute(String),
}

impl Group {
    fn of_change(change: &ProfileChange) -> Self {
        match change {
            ProfileChange::Gpa(_) => Self::Gpa,
            ProfileChange::GradeLevel(_) => Self::GradeLevel,
            ProfileChange::FieldOfStudy(_) => Self::FieldOfStudy,
            ProfileChange::Citizenship(_) => Self::Citizenship,
            ProfileChange::StateOfResidence(_) | ProfileChange::CountryOfResidence(_) => {
                Self::Residence
            }
            ProfileChange::Age(_) => Self::Age,
            ProfileChange::FinancialNeed => Self::FinancialNeed,
            ProfileChange::Attribute { kind, .. } => Self::Attribute(kind.clone()),
        }
    }

    fn holds(&self, kind: CriterionKind, attribute: Option<&str>) -> bool {
        match kind {
            CriterionKind::MinGpa | CriterionKind::MaxGpa => *self == Self::Gpa,
            CriterionKind::GradeLevels => *self == Self::GradeLevel,
            CriterionKind::FieldsOfStudy => *self == Self::FieldOfStudy,
            CriterionKind::CitizenshipRequired => *self == Self::Citizenship,
            CriterionKind::ResidencyStates | CriterionKind::Countries => *self == Self::Residence,
            CriterionKind::MinAge | CriterionKind::MaxAge => *self == Self::Age,
            CriterionKind::FinancialNeed => *self == Self::FinancialNeed,
            // Nobody is told to earn less.
            CriterionKind::MaxHouseholdIncome => false,
            CriterionKind::Attributes => {
                matches!(self, Self::Attribute(kind) if Some(kind.as_str()) == attribute)
            }
        }
    }
}

/// The changes of one group.
struct GroupOpenings {
    group: Group,
    openings: Vec<Opening>,
    /// Value -> opening, of attributes: a catalogue may name thousands of memberships or employers.
    by_value: HashMap<String, usize>,
}

impl GroupOpenings {
    /// Adds a scholarship of these criteria to every change that opens it.
    fn try_on(&mut self, sets: &[Criteria], mut open: impl FnMut(&mut Opening)) {
        let Group::Attribute(kind) = &self.group else {
            for opening in &mut self.openings {
                if could_open(&opening.change, sets) {
                    open(opening);
                }
            }
            return;
        };
        let accepted = sets.iter().filter_map(|set| set.attributes.get(kind));
        let mut touched: Vec<usize> = accepted
            .flatten()
            .filter_map(|value| self.by_value.get(value).copied())
            .collect();
        touched.sort_unstable();
        touched.dedup();
        for at in touched {
            open(&mut self.openings[at]);
        }
    }
}

/// One change with what it opens so far.
struct Opening {
    change: ProfileChange,
    after: StudentProfile,
    eligible: u64,
    possible: u64,
    sum: i64,
    unknown_amounts: u64,
    /// Dearest first, at most [`MOST_EXAMPLES`].
    examples: Vec<(Option<i64>, Place)>,
}

pub(crate) fn unlocks(
    snapshot: &Snapshot,
    profile: &StudentProfile,
    currency: Currency,
    now: Timestamp,
) -> UnlockAnswer {
    let mut named = CriteriaValues::default();
    for place in snapshot.open_places(now) {
        snapshot.criteria(place).iter().for_each(|set| named.include(set));
    }
    let mut groups = grouped(candidates(profile, &named), profile);
    let mut answer = UnlockAnswer::default();
    for place in snapshot.open_places(now) {
        let criteria = snapshot.criteria(place);
        let present = verdict(criteria, profile);
        count_verdict(&mut answer.verdicts, present);
        if present != Verdict::Ineligible {
            continue;
        }
        for group in &mut groups {
            if is_near_miss(criteria, profile, &group.group) {
                group.try_on(criteria, |opening| {
                    opening.try_on(snapshot, place, currency);
                });
            }
        }
    }
    answer.unlocks = groups
        .into_iter()
        .flat_map(|group| group.openings)
        .filter(|opening| opening.eligible + opening.possible > 0)
        .map(|opening| opening.finished(snapshot))
        .collect();
    // Stable: what is equal stays in the order of the candidates.
    answer
        .unlocks
        .sort_by_key(|unlock| std::cmp::Reverse((unlock.sum, unlock.eligible + unlock.possible)));
    answer
}

fn grouped(changes: Vec<ProfileChange>, profile: &StudentProfile) -> Vec<GroupOpenings> {
    let mut groups: Vec<GroupOpenings> = Vec::new();
    for change in changes {
        let group = Group::of_change(&change);
        let known = groups.iter().position(|known| known.group == group);
        let at = known.unwrap_or_else(|| {
            groups.push(GroupOpenings {
                group,
                openings: Vec::new(),
                by_value: HashMap::new(),
            });
            groups.len() - 1
        });
        let openings = &mut groups[at].openings;
        let number = openings.len();
        openings.push(Opening {
            after: change.applied_to(profile),
            change: change.clone(),
            eligible: 0,
            possible: 0,
            sum: 0,
            unknown_amounts: 0,
            examples: Vec::new(),
        });
        if let ProfileChange::Attribute { value, .. } = change {
            groups[at].by_value.insert(value, number);
        }
    }
    groups
}

/// Whether some set's unmet criteria all belong to the group.
fn is_near_miss(sets: &[Criteria], profile: &StudentProfile, group: &Group) -> bool {
    sets.iter().any(|set| {
        let mut only_these = true;
        statuses(set, profile, |kind, attribute, status| {
            if status == CriterionStatus::Unmet && !group.holds(kind, attribute) {
                only_these = false;
            }
        });
        only_these
    })
}

/// Cheap and never wrongly false: whether any set accepts the new value where it asks for one of a few.
fn could_open(change: &ProfileChange, sets: &[Criteria]) -> bool {
    sets.iter().any(|set| match change {
        ProfileChange::Gpa(gpa) => set.min_gpa.is_none_or(|minimum| minimum <= *gpa),
        ProfileChange::GradeLevel(level) => set.grade_levels.contains(*level),
        ProfileChange::FieldOfStudy(field) => {
            set.fields_of_study.contains(*field)
                || set.fields_of_study.contains(FieldOfStudy::Other)
        }
        ProfileChange::StateOfResidence(state) => {
            set.residency_states.is_empty() || set.residency_states.contains(*state)
        }
        ProfileChange::CountryOfResidence(country) => {
            set.countries.is_empty() || set.countries.contains(country)
        }
        ProfileChange::Age(age) => set.min_age.is_none_or(|minimum| minimum <= *age),
        ProfileChange::Citizenship(_) | ProfileChange::FinancialNeed => true,
        // Found by their values.
        ProfileChange::Attribute { .. } => true,
    })
}

impl Opening {
    fn try_on(&mut self, snapshot: &Snapshot, place: Place, currency: Currency) {
        match verdict(snapshot.criteria(place), &self.after) {
            Verdict::Eligible => self.eligible += 1,
            Verdict::Possible => self.possible += 1,
            Verdict::Ineligible => return,
        }
        let amount = snapshot.facts(place).most_in(crate::facts::currency_bits(currency) as u32);
        match amount {
            Some(amount) => self.sum = self.sum.saturating_add(amount),
            None => self.unknown_amounts += 1,
        }
        let entry = (amount, place);
        // Unknown amounts are the smallest.
        let at = self.examples.partition_point(|(other, other_place)| {
            *other > amount || (*other == amount && snapshot.id(*other_place) < snapshot.id(place))
        });
        if at < MOST_EXAMPLES {
            self.examples.insert(at, entry);
            self.examples.truncate(MOST_EXAMPLES);
        }
    }

    fn finished(self, snapshot: &Snapshot) -> Unlock {
        let example = |(_, place): &(Option<i64>, Place)| {
            let id = ScholarshipId::parse(snapshot.id(*place)).ok()?;
            Some((id, CardTexts::of(snapshot.card(*place)).name.into_owned()))
        };
        Unlock {
            change: self.change,
            eligible: self.eligible,
            possible: self.possible,
            sum: self.sum,
            unknown_amounts: self.unknown_amounts,
            examples: self
                .examples
                .iter()
                .filter_map(example)
                .collect::<Vec<(ScholarshipId, String)>>(),
        }
    }
}
