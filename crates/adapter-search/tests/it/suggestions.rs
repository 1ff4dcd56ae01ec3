//! Completions while somebody types.

use adapter_search::InProcessIndex;
use domain::{Deadline, EditorialStatus};
use ports::SearchIndex;
use ports::search_index::SuggestionKind;

use crate::behaviour::{index_of, record, small_catalogue};
use crate::catalogue::now;

fn texts(index: &InProcessIndex, typed: &str) -> Vec<String> {
    let suggestions = index.suggest(typed, 10, now());
    suggestions.into_iter().map(|one| one.text).collect()
}

#[test]
fn names_organizations_and_words_are_completed() {
    let index = small_catalogue();
    let found = texts(&index, "nev");
    for expected in ["nevada", "State of Nevada", "Nevada Engineers Society"] {
        assert!(found.contains(&expected.to_owned()), "{found:?}");
    }
    let found = texts(&index, "governor gu");
    assert!(
        found.contains(&"Governor Guinn Millennium Scholarship".to_owned()),
        "{found:?}"
    );
    assert!(found.contains(&"governor guinn".to_owned()), "{found:?}");
    assert!(texts(&index, "").is_empty());
    assert!(texts(&index, "qqqq").is_empty());
    assert!(index.suggest("nev", 0, now()).is_empty());
}

#[test]
fn mistyped_beginnings_are_corrected() {
    let index = small_catalogue();
    for typed in [
        "millenium",
        "milennium sch",
        "goverenor",
        "nusres",
        "engnee",
    ] {
        assert!(!texts(&index, typed).is_empty(), "{typed}");
    }
}

#[test]
fn equal_texts_are_one_suggestion_with_their_number_and_closed_ones_do_not_count() {
    let mut closed = record("c", "Harbor Grant", "Pier Club", "x");
    closed.content.status = EditorialStatus::Archived;
    let mut past = record("d", "Harbor Grant", "Pier Club", "x");
    past.content.deadline =
        Deadline::fixed(chrono::NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date"));
    let index = index_of([
        record("a", "Harbor Grant", "Pier Club", "x"),
        record("b", "HARBOR  Grant", "Pier Club", "x"),
        closed,
        past,
    ]);
    let names: Vec<_> = index
        .suggest("harbor", 10, now())
        .into_iter()
        .filter(|one| one.kind == SuggestionKind::Scholarship)
        .collect();
    assert_eq!(names.len(), 1);
    assert_eq!(
        (names[0].text.as_str(), names[0].count),
        ("Harbor Grant", 2)
    );
    let organizations = index.suggest("pie", 10, now());
    assert!(
        organizations
            .iter()
            .any(|one| one.text == "Pier Club" && one.count == 2)
    );
}

#[test]
fn there_are_never_more_than_asked_for_nor_two_alike() {
    let index = small_catalogue();
    for typed in ["e", "n", "w", "s", "engineering", "the"] {
        for limit in 1..12 {
            let suggestions = index.suggest(typed, limit, now());
            assert!(suggestions.len() <= limit);
            for (at, one) in suggestions.iter().enumerate() {
                let alike = |other: &&ports::search_index::Suggestion| {
                    other.kind == one.kind && other.text == one.text
                };
                assert_eq!(suggestions[..at].iter().find(alike), None);
                assert!(one.count > 0);
            }
        }
    }
}
