//! Nothing that anybody sends makes the index panic or answer nonsense.

use adapter_search::{InProcessIndex, SearchSettings};
use domain::{Term, TermSet};
use ports::search_index::{FacetKind, SearchError, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};
use proptest::prelude::*;

use crate::catalogue::{Generator, now};
use crate::fuzz::check_answer;

fn index() -> InProcessIndex {
    let mut generator = Generator::of(5);
    let index = InProcessIndex::new(SearchSettings::default());
    let mut changes = Vec::new();
    for number in 0..80 {
        let mut scholarship = generator.scholarship(500);
        if number % 3 == 0 {
            scholarship.content.name = [
                "奨学金プログラム",
                "منحة دراسية",
                "🎓 <b>Prize</b> \u{202e}evil",
                "ทุนการศึกษา",
                "Łódź & Ångström's École",
                "한국 장학금",
                "…",
            ][number / 3 % 7]
                .to_owned();
        }
        changes.push(Change::Upserted(Box::new(scholarship)));
    }
    index.apply(changes, FeedPosition::default());
    index
}

fn everything_with(index: &InProcessIndex, query: &str) {
    let request = SearchRequest {
        query: query.to_owned(),
        facets: TermSet::of(FacetKind::ALL),
        highlight: true,
        limit: 20,
        ..SearchRequest::default()
    };
    let answer = index.search(&request, now()).expect("an answer");
    check_answer(&request, &answer);
    index.suggest(query, 10, now());
    index.public_words(query);
}

#[test]
fn strange_queries_are_answered() {
    let index = index();
    for query in [
        "",
        " ",
        "?!",
        "\u{0}\u{1}\u{7f}",
        "\u{301}",
        "\u{202e}\u{2066}",
        "🎓🎓🎓",
        "👩‍👩‍👧‍👦",
        "منحة",
        "奨",
        "奨学金",
        "ทุน",
        "İ ı ſ ﬁ Ⅻ ½",
        "e\u{301}cole",
        "a\u{300}\u{301}\u{302}\u{303}",
        "' OR 1=1 --",
        "name:x^2 +(y | -z) \"q\"~2 *",
        "the for of",
        "%00%ff",
    ] {
        everything_with(&index, query);
    }
    let long = "nursing ".repeat(2_000);
    everything_with(&index, &long);
    everything_with(&index, &"x".repeat(10_000));
    everything_with(&index, &"奨".repeat(10_000));
    everything_with(&index, &"\u{301}".repeat(10_000));
    everything_with(
        &index,
        &(0..5_000).map(|n| format!("w{n} ")).collect::<String>(),
    );
}

#[test]
fn only_punctuation_asks_for_everything() {
    let index = index();
    let total = |query: &str| {
        let request = SearchRequest {
            query: query.to_owned(),
            ..SearchRequest::default()
        };
        index.search(&request, now()).expect("an answer").total
    };
    assert_eq!(total("?! --"), total(""));
    assert!(total("") > 0);
}

#[test]
fn other_scripts_are_found() {
    let index = index();
    for query in [
        "奨学",
        "奨学金",
        "منحة",
        "lodz",
        "ANGSTROM",
        "ecole",
        "장학금",
    ] {
        let request = SearchRequest {
            query: query.to_owned(),
            limit: 1,
            ..SearchRequest::default()
        };
        let mut all = request.clone();
        all.filters.status = TermSet::of(domain::EditorialStatus::ALL);
        all.filters.include_expired = true;
        let answer = index.search(&all, now()).expect("an answer");
        assert!(answer.total > 0 && answer.relaxed.is_empty(), "{query}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_query_and_no_cursor_makes_it_panic(query in "\\PC{0,60}", control in any::<String>(), cursor in ".{0,120}") {
        thread_local!(static INDEX: InProcessIndex = index());
        INDEX.with(|index| {
            everything_with(index, &query);
            everything_with(index, &control);
            let request = SearchRequest { cursor: Some(cursor.clone()), ..SearchRequest::default() };
            prop_assert!(matches!(index.search(&request, now()), Err(SearchError::InvalidCursor(_))));
            Ok(())
        })?;
    }
}
