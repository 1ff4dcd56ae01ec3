//! How every value of a table stands for one student, and what that means for the rows.

use std::ops::Range;

use domain::eligibility::CriterionStatus;
use domain::{Criterion, StudentProfile};

use crate::bit_set::combine;
use crate::criteria_table::CriteriaTable;

pub(crate) struct Judgement<'a> {
    table: &'a CriteriaTable,
    /// By value.
    statuses: Vec<CriterionStatus>,
    /// By kind.
    kinds: Vec<KindJudgement>,
    exceptions: Vec<u32>,
}

/// All values of a kind have one status, but for some.
struct KindJudgement {
    rest: CriterionStatus,
    /// Where in the list of exceptions those of the kind stand.
    exceptions: Range<usize>,
}

impl<'a> Judgement<'a> {
    pub(crate) fn of(table: &'a CriteriaTable, profile: &StudentProfile) -> Self {
        let mut judgement = Self {
            table,
            statuses: vec![CriterionStatus::Unknown; table.values().len()],
            kinds: Vec::with_capacity(table.kinds().len()),
            exceptions: Vec::new(),
        };
        for kind in 0..table.kinds().len() {
            let start = judgement.exceptions.len();
            let rest = judgement.judge(kind, profile);
            judgement.kinds.push(KindJudgement {
                rest,
                exceptions: start..judgement.exceptions.len(),
            });
        }
        judgement
    }

    /// By value of the table.
    pub(crate) fn statuses(&self) -> &[CriterionStatus] {
        &self.statuses
    }

    /// Whether any value of the kind is unmet.
    pub(crate) fn closes(&self, kind: usize) -> bool {
        let values = self.table.kinds()[kind].values.clone();
        self.statuses[values.start as usize..values.end as usize].contains(&CriterionStatus::Unmet)
    }

    /// Notes the statuses of a kind's values, and which of them differ from the one that is returned.
    fn judge(&mut self, kind: usize, profile: &StudentProfile) -> CriterionStatus {
        let values = self.table.kinds()[kind].values.clone();
        let all = values.start as usize..values.end as usize;
        let first = &self.table.values()[all.start];
        if !first.concerns(profile) {
            // As they were set before.
            return CriterionStatus::Unknown;
        }
        if let Criterion::Attribute { kind: name, .. } = first {
            let nothing = Criterion::Attribute {
                kind: name.as_ref().into(),
                accepted: [].as_slice().into(),
            };
            let rest = nothing.status(profile);
            self.statuses[all].fill(rest);
            // There may be thousands, but what accepts no word of the student's stands like what accepts nothing.
            for word in profile.attributes.get(&**name).into_iter().flatten() {
                for value in self.table.accepting(kind, word) {
                    let status = self.table.values()[value as usize].status(profile);
                    if self.statuses[value as usize] != status {
                        self.statuses[value as usize] = status;
                        self.exceptions.push(value);
                    }
                }
            }
            return rest;
        }
        let mut costs = [0; 3];
        for value in values.clone() {
            let status = self.table.values()[value as usize].status(profile);
            self.statuses[value as usize] = status;
            costs[status as usize] += self.table.rows_with(value).cost();
        }
        let rest = self.cheapest_rest(kind, costs);
        let exceptions = values.filter(|value| self.statuses[*value as usize] != rest);
        self.exceptions.extend(exceptions);
        rest
    }

    /// The status from which the rows of a kind are found with the least work, given what going through the rows of each
    /// status takes: none need to be found of what is met.
    fn cheapest_rest(&self, kind: usize, costs: [usize; 3]) -> CriterionStatus {
        let cost = |status: CriterionStatus| costs[status as usize];
        let [met, unmet, unknown] = [
            CriterionStatus::Met,
            CriterionStatus::Unmet,
            CriterionStatus::Unknown,
        ]
        .map(cost);
        // All rows of the kind on a clean bitmap, which is then added up.
        let all = self.table.rows_with_kind(kind).cost() + 2 * self.table.row_words();
        let ways = [
            (unmet + unknown, CriterionStatus::Met),
            (all + met + 2 * unknown, CriterionStatus::Unmet),
            (all + met + 2 * unmet, CriterionStatus::Unknown),
        ];
        let cheapest = ways.into_iter().min_by_key(|(cost, _)| *cost);
        cheapest.map_or(CriterionStatus::Met, |(_, rest)| rest)
    }

    /// Adds the rows in which the criterion of one kind is unmet, and those in which it is unknown. `scratch` is as long as
    /// the others and may hold anything.
    ///
    /// A row that has the kind at all has one value of it. So the rows of the rest are those of the whole kind without
    /// those of the exceptions.
    pub(crate) fn add_rows(
        &self,
        kind: usize,
        unmet: &mut [u64],
        unknown: &mut [u64],
        scratch: &mut [u64],
    ) {
        let KindJudgement { rest, exceptions } = &self.kinds[kind];
        let all = self.table.rows_with_kind(kind);
        let exceptions = &self.exceptions[exceptions.clone()];
        for value in exceptions {
            let rows = self.table.rows_with(*value);
            match self.statuses[*value as usize] {
                CriterionStatus::Met => {}
                CriterionStatus::Unmet => rows.add_to(unmet),
                CriterionStatus::Unknown => rows.add_to(unknown),
            }
        }
        let target = match rest {
            CriterionStatus::Met => return,
            CriterionStatus::Unmet => unmet,
            CriterionStatus::Unknown => unknown,
        };
        if exceptions.is_empty() {
            all.add_to(target);
            return;
        }
        scratch.fill(0);
        all.add_to(scratch);
        for value in exceptions {
            self.table.rows_with(*value).remove_from(scratch);
        }
        combine(target, scratch, |target, word| target | word);
    }
}
