//! A table says what `domain` says of each document's own sets, however it came about.

use domain::eligibility::{assess, verdict_and_score};
use domain::recommendation::RankingFacts;
use domain::{Criteria, StudentProfile, Verdict};
use ports::search_index::VerdictCounts;
use proptest::prelude::*;

use super::samples::Samples;
use super::*;
use crate::bit_set::BitSet;
use crate::matching::{Verdicts, count_verdict};
use crate::recommend::Ranking;

fn table_of(sets: &[Vec<Criteria>]) -> CriteriaTable {
    let mut builder = CriteriaTableBuilder::default();
    sets.iter().for_each(|sets| builder.push(sets));
    builder.finish()
}

/// The verdicts of a table are those of the sets; returns how often each verdict came.
fn compare(
    table: &CriteriaTable,
    sets: &[Vec<Criteria>],
    profile: &StudentProfile,
) -> VerdictCounts {
    let verdicts = Verdicts::of(table, profile);
    let ranking = Ranking::of(table, verdicts.judgement());
    let mut every_third = BitSet::of_size(sets.len() as u32);
    let (mut counts, mut all) = (VerdictCounts::default(), VerdictCounts::default());
    for (document, sets) in (0..).zip(sets) {
        let (verdict, score) = verdict_and_score(sets, profile);
        assert_eq!(verdicts.verdict(document), verdict, "{sets:?}");
        let (outcome, facts) = ranking.facts(document, Some(1.5), None);
        assert_eq!(outcome.verdict(), verdict);
        assert_eq!(outcome.match_score().to_bits(), score.to_bits());
        assert_eq!(facts, RankingFacts::of_sets(sets, Some(1.5), None));
        assert_eq!(
            assess(&table.criteria(document), profile),
            assess(sets, profile)
        );
        count_verdict(&mut all, verdict);
        if document % 3 == 0 {
            every_third.insert(document);
            count_verdict(&mut counts, verdict);
        }
    }
    let mut counted = VerdictCounts::default();
    verdicts.count(&every_third, &mut counted);
    assert_eq!(counted, counts);
    assert_eq!(u64::from(verdicts.eligible().count()), all.eligible);
    assert_eq!(u64::from(verdicts.possible().count()), all.possible);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_table_agrees_with_the_sets_that_it_was_made_of(seed: u64, size in 0_usize..400, variety in 1_usize..30, stated in 0.0..1.0) {
        let mut samples = Samples::of(seed, variety);
        let sets: Vec<Vec<Criteria>> = (0..size).map(|_| samples.sets()).collect();
        let table = table_of(&sets);
        for _ in 0..4 {
            compare(&table, &sets, &samples.profile(stated));
        }
    }

    #[test]
    fn a_gathered_table_is_the_one_made_at_once(seed: u64, sizes in proptest::collection::vec(0_usize..150, 1..4), variety in 1_usize..30) {
        let mut samples = Samples::of(seed, variety);
        let sources: Vec<Vec<Vec<Criteria>>> =
            sizes.iter().map(|size| (0..*size).map(|_| samples.sets()).collect()).collect();
        let tables: Vec<CriteriaTable> = sources.iter().map(|sets| table_of(sets)).collect();
        let mut order: Vec<(u32, u32)> = Vec::new();
        for (source, sets) in (0..).zip(&sources) {
            order.extend((0..).zip(sets).map(|(document, _)| (source, document)));
        }
        // Some are dead, and the others come in any order.
        order.retain(|_| samples.chance(0.7));
        for at in 1..order.len() {
            order.swap(at, samples.below(at + 1));
        }
        let sets: Vec<Vec<Criteria>> = order
            .iter()
            .map(|(source, document)| sources[*source as usize][*document as usize].clone())
            .collect();
        let gathered = CriteriaTable::gathered(&tables.iter().collect::<Vec<_>>(), &order);
        prop_assert_eq!(gathered.parts().expect("parts"), table_of(&sets).parts().expect("parts"));
        compare(&gathered, &sets, &samples.profile(0.8));
    }

    #[test]
    fn a_stored_table_comes_back(seed: u64, size in 0_usize..300, variety in 1_usize..30) {
        let mut samples = Samples::of(seed, variety);
        let sets: Vec<Vec<Criteria>> = (0..size).map(|_| samples.sets()).collect();
        let parts = table_of(&sets).parts().expect("parts");
        let again = parts.clone().table().expect("a table");
        prop_assert_eq!(again.parts().expect("parts"), parts);
        compare(&again, &sets, &samples.profile(0.8));
    }

    #[test]
    fn damaged_parts_are_refused_or_are_another_table(seed: u64, size in 1_usize..100, array in 0..5, at: prop::sample::Index, number: u32) {
        let mut samples = Samples::of(seed, 5);
        let sets: Vec<Vec<Criteria>> = (0..size).map(|_| samples.sets()).collect();
        let mut parts = table_of(&sets).parts().expect("parts");
        match array {
            0 => parts.documents = number % 200,
            1 => {
                let at = at.index(parts.values.len());
                parts.values[at] = number.to_le_bytes()[0];
            }
            2 => {
                let at = at.index(parts.row_starts.len());
                parts.row_starts[at] = number % 400;
            }
            3 if !parts.row_values.is_empty() => {
                let at = at.index(parts.row_values.len());
                parts.row_values[at] = number % 100;
            }
            _ if !parts.alternatives.is_empty() => {
                let at = at.index(parts.alternatives.len());
                parts.alternatives[at] = number % 200;
            }
            _ => parts.alternatives.push(number % 200),
        }
        // What is not refused works like any table: nothing here panics.
        if let Ok(table) = parts.table() {
            let sets: Vec<Vec<Criteria>> = (0..table.documents).map(|document| table.criteria(document)).collect();
            compare(&table, &sets, &samples.profile(0.8));
        }
    }
}

#[test]
fn many_documents_give_every_verdict_by_lists_and_by_bitmaps() {
    let mut samples = Samples::of(7, usize::MAX);
    let sets: Vec<Vec<Criteria>> = (0..10_000).map(|_| samples.sets()).collect();
    let table = table_of(&sets);
    let lists = (0..table.values().len() as u32).map(|value| table.rows_with(value));
    let few = lists.filter(|rows| matches!(rows, Rows::Few(_))).count();
    let many = table.values().len() - few;
    assert!(few > 500 && many > 10, "{few} {many}");
    for _ in 0..10 {
        let counts = compare(&table, &sets, &samples.profile(0.7));
        assert!(counts.eligible.min(counts.possible).min(counts.ineligible) > 0);
    }
}

#[test]
fn a_document_without_sets_is_open_to_all() {
    let table = table_of(&[Vec::new()]);
    let verdicts = Verdicts::of(&table, &StudentProfile::default());
    assert_eq!(verdicts.verdict(0), Verdict::Eligible);
    assert_eq!(table.criteria(0), [Criteria::default()]);
    assert_eq!(verdicts.eligible().count(), 1);
}
