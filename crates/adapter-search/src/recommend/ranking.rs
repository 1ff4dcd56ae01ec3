//! What `domain` ranks scholarships by, put together from the values that their rows state.

use std::ops::Range;

use domain::eligibility::{CriterionKind, Outcome};
use domain::recommendation::RankingFacts;
use domain::{Criterion, TermSet, Timestamp};

use crate::criteria_table::CriteriaTable;
use crate::matching::Judgement;

/// Ranks the documents of one segment for one student.
pub(crate) struct Ranking<'a> {
    table: &'a CriteriaTable,
    /// By value, what it adds to the outcome of a set.
    outcomes: Vec<Outcome>,
    fields_of_study: Range<u32>,
    /// By value, whether it [`Criterion::asks_for_need`].
    asks_for_need: Vec<bool>,
}

impl<'a> Ranking<'a> {
    pub(crate) fn of(table: &'a CriteriaTable, judgement: &Judgement<'_>) -> Self {
        let mut ranking = Self {
            table,
            outcomes: Vec::with_capacity(table.values().len()),
            fields_of_study: 0..0,
            asks_for_need: Vec::with_capacity(table.values().len()),
        };
        for kind in table.kinds() {
            let values = kind.values.start as usize..kind.values.end as usize;
            if kind.kind == CriterionKind::FieldsOfStudy {
                ranking.fields_of_study = kind.values.clone();
            }
            for (value, status) in table.values()[values.clone()]
                .iter()
                .zip(&judgement.statuses()[values])
            {
                ranking.outcomes.push(Outcome::of(kind.kind, *status));
                ranking.asks_for_need.push(value.asks_for_need());
            }
        }
        ranking
    }

    /// The outcome of the document's best set, and what else the ranking looks at: the same as [`RankingFacts::of_sets`] all
    /// its criteria sets.
    pub(crate) fn facts(
        &self,
        document: u32,
        dollars: Option<f64>,
        due: Option<Timestamp>,
    ) -> (Outcome, RankingFacts) {
        let mut facts = RankingFacts {
            named_fields: TermSet::default(),
            open_to_all_fields: false,
            asks_for_need: false,
            dollars,
            due,
        };
        let mut best: Option<Outcome> = None;
        for row in self.table.rows_of(document) {
            let mut outcome = Outcome::OPEN;
            let mut names_fields = false;
            for value in self.table.values_of(row) {
                let at = *value as usize;
                outcome = outcome.and(self.outcomes[at]);
                facts.asks_for_need |= self.asks_for_need[at];
                if self.fields_of_study.contains(value)
                    && let Criterion::FieldsOfStudy(fields) = self.table.values()[at]
                {
                    names_fields = true;
                    facts.named_fields = facts.named_fields.union(fields);
                }
            }
            facts.open_to_all_fields |= !names_fields;
            best = Some(best.map_or(outcome, |best| best.or(outcome)));
        }
        (best.unwrap_or(Outcome::OPEN), facts)
    }
}
