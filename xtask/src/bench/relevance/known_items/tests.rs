//! Known items are what they say, and mean their record.

use proptest::prelude::*;

use super::*;

fn sample() -> (&'static Catalogue, Vec<KnownItem>) {
    let catalogue = Catalogue::shared_sample();
    let queries = queries(catalogue);
    (catalogue, queries)
}

#[test]
fn the_same_catalogue_gives_the_same_queries_and_nearly_all_of_each_kind() {
    let (catalogue, first) = sample();
    assert_eq!(first, queries(catalogue));
    for memory in Memory::ALL {
        let count = first.iter().filter(|item| item.memory == memory).count();
        let records = catalogue.scholarships().len();
        assert!(
            count <= records && count * 10 >= records * 9,
            "{count} queries with {}",
            memory.label()
        );
    }
}

#[test]
fn a_query_of_words_alone_means_one_record() {
    let (catalogue, items) = sample();
    let lists = WordLists::of(catalogue.scholarships());
    for item in items {
        let words = words_of(&item.query);
        match item.memory {
            Memory::NameAndOrganization => assert!(lists.only_heading(item.targets[0], &words)),
            Memory::RareWords => {
                assert!((2..=8).contains(&words.len()), "{}", item.query);
                assert!(lists.only_text(item.targets[0], &words));
            }
            _ => {}
        }
    }
}

#[test]
fn records_of_the_same_name_are_right_as_well() {
    let names = [
        "Oak Prize",
        "Elm Prize",
        "oak  prize",
        "Prize Oak",
        "Oak Prizes",
    ];
    assert_eq!(targets(Memory::ExactName, "Oak Prize", &names, 0), [0, 2]);
    assert_eq!(targets(Memory::AnyOrder, "Prize Oak", &names, 0), [0, 2, 3]);
    assert_eq!(targets(Memory::CutName, "Oak Pri", &names, 0), [0, 4]);
}

/// Damerau and Levenshtein's distance with adjacent swaps, the plain table.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let best = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                let swapped =
                    i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                if swapped {
                    best.min(table[i - 2][j - 2] + 1)
                } else {
                    best
                }
            };
        }
    }
    table[one.len()][other.len()]
}

proptest! {
    #[test]
    fn a_typing_error_is_one_error(name in "[A-Za-z]{4,12}( [A-Za-zé]{1,9}){0,4}", place in 0_usize..1_000) {
        let typed = typing_error::with_one(&name, &mut Chance::new(3, place)).expect("a long word");
        prop_assert_eq!(distance(&name, &typed), 1, "{} for {}", typed, name);
    }

    #[test]
    fn a_cut_name_is_a_true_beginning_that_ends_in_its_last_word(name in "\\PC{0,20}[ ]?\\w{1,12}", place in 0_usize..1_000) {
        if let Some(cut) = cut_name(&name, &mut Chance::new(5, place)) {
            prop_assert!(name.starts_with(&cut) && cut.len() < name.len());
            let last = name.split_whitespace().last().expect("a word");
            prop_assert!(cut.len() > name.len() - last.len());
        }
    }

    #[test]
    fn another_order_has_the_same_words(name in "[a-c]{1,3}( [a-c]{1,3}){0,5}", place in 0_usize..1_000) {
        if let Some(mixed) = any_order(&name, &mut Chance::new(2, place)) {
            prop_assert_ne!(&mixed, &name);
            let (mut one, mut other) = (words_of(&name), words_of(&mixed));
            one.sort_unstable();
            other.sort_unstable();
            prop_assert_eq!(one, other);
        }
    }
}
