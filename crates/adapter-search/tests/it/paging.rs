//! Pages by offset and by cursor.

use std::collections::BTreeSet;

use adapter_search::InProcessIndex;
use chrono::TimeDelta;
use domain::{ScholarshipId, StudentProfile, Term, TermSet, Verdict};
use ports::search_index::{ProfileFilter, SearchError, SearchRequest, SortOrder};
use ports::{Change, FeedPosition, SearchIndex};

use crate::agreement::{ids_of, settings};
use crate::catalogue::{Generator, now};

fn filled(seed: u64, count: usize) -> (Generator, InProcessIndex) {
    let mut generator = Generator::of(seed);
    let index = InProcessIndex::new(settings(3));
    for _ in 0..count.div_ceil(10) {
        let changes = (0..10).map(|_| Change::Upserted(Box::new(generator.scholarship(300))));
        index.apply(changes.collect(), FeedPosition::default());
    }
    (generator, index)
}

/// All ids in the order of the pages; `between` runs after each page.
fn walk(
    index: &InProcessIndex,
    request: &SearchRequest,
    mut between: impl FnMut(),
) -> Vec<ScholarshipId> {
    let mut request = request.clone();
    let mut ids = Vec::new();
    loop {
        let answer = index.search(&request, now()).expect("a page");
        ids.extend(ids_of(&answer));
        assert_eq!(answer.has_next, answer.next_cursor.is_some());
        request.cursor = answer.next_cursor;
        if request.cursor.is_none() {
            return ids;
        }
        assert!(ids.len() < 1_000, "pages without end");
        between();
    }
}

#[test]
fn pages_by_cursor_and_by_offset_are_the_whole_list_in_every_order() {
    let (mut generator, index) = filled(1, 120);
    for round in 0..60 {
        let mut request = generator.request();
        request.sort = SortOrder::ALL[round % SortOrder::ALL.len()];
        let whole = ids_of(&index.search(&request, now()).expect("an answer"));
        request.limit = 1 + generator.below(7);
        assert_eq!(walk(&index, &request, || ()), whole, "{request:?}");
        for offset in (0..whole.len() + 3).step_by(5) {
            request.offset = offset;
            let page = index.search(&request, now()).expect("a page");
            let end = (offset + request.limit).min(whole.len());
            let expected = whole.get(offset.min(end)..end).expect("in range");
            assert_eq!(ids_of(&page), expected);
            assert_eq!(page.has_next, end < whole.len());
            assert_eq!(page.total, whole.len() as u64);
        }
    }
}

#[test]
fn cursors_survive_concurrent_writes() {
    for sort in SortOrder::ALL {
        for (seed, query) in [
            (2, ""),
            (12, "nursing"),
            (22, "women engineering"),
            (32, "stem nev"),
        ] {
            a_walk_survives_writes(seed, query, *sort);
        }
    }
}

/// Whoever is not written to is shown exactly once, whatever happens to others, although they change how rare words are.
fn a_walk_survives_writes(seed: u64, query: &str, sort: SortOrder) {
    let (mut generator, index) = filled(seed, 400);
    let request = SearchRequest {
        query: query.to_owned(),
        sort,
        limit: 4,
        ..SearchRequest::default()
    };
    let everything = SearchRequest {
        limit: 100,
        ..request.clone()
    };
    let before: BTreeSet<_> = walk(&index, &everything, || ()).into_iter().collect();
    assert!(before.len() > 8, "{query}: {}", before.len());
    let mut touched = BTreeSet::new();
    let walked = walk(&index, &request, || {
        for _ in 0..3 {
            let written = generator.scholarship(300);
            let deleted = generator.scholarship(300).id;
            touched.extend([written.id.clone(), deleted.clone()]);
            let deleted = Change::Deleted {
                id: deleted,
                at: now(),
            };
            let changes = vec![Change::Upserted(Box::new(written)), deleted];
            index.apply(changes, FeedPosition::default());
        }
    });
    let untouched: Vec<_> = walked.iter().filter(|id| !touched.contains(*id)).collect();
    let distinct: BTreeSet<_> = untouched.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        untouched.len(),
        "{query}, {sort:?} showed one twice"
    );
    let expected: BTreeSet<_> = before.iter().filter(|id| !touched.contains(*id)).collect();
    assert_eq!(distinct, expected, "{query}, {sort:?}");
}

#[test]
fn later_pages_are_evaluated_as_of_the_first_ones_instant() {
    let (_, index) = filled(3, 120);
    let request = SearchRequest {
        limit: 5,
        sort: SortOrder::Deadline,
        ..SearchRequest::default()
    };
    let first = index.search(&request, now()).expect("a page");
    let next = SearchRequest {
        cursor: first.next_cursor.clone(),
        ..request
    };
    let at_once = index.search(&next, now()).expect("a page");
    let later = index
        .search(&next, now() + TimeDelta::hours(23))
        .expect("a page");
    assert_eq!(at_once, later);
    let too_late = index.search(&next, now() + TimeDelta::hours(25));
    assert!(matches!(too_late, Err(SearchError::InvalidCursor(_))));
}

#[test]
fn a_cursor_belongs_to_its_request() {
    let (mut generator, index) = filled(4, 120);
    let profile = |gpa| ProfileFilter {
        profile: StudentProfile {
            gpa: domain::Gpa::from_hundredths(gpa).ok(),
            ..StudentProfile::default()
        },
        verdicts: TermSet::of(Verdict::ALL),
    };
    let request = SearchRequest {
        limit: 2,
        profile: Some(profile(300)),
        ..SearchRequest::default()
    };
    let cursor = index.search(&request, now()).expect("a page").next_cursor;
    assert!(cursor.is_some());
    let mut others = vec![
        SearchRequest {
            query: "nursing".to_owned(),
            ..request.clone()
        },
        SearchRequest {
            sort: SortOrder::Newest,
            ..request.clone()
        },
        SearchRequest {
            profile: Some(profile(301)),
            ..request.clone()
        },
        SearchRequest {
            profile: None,
            ..request.clone()
        },
    ];
    let mut filtered = request.clone();
    filtered.filters.renewable = Some(true);
    others.push(filtered);
    for other in others {
        let foreign = SearchRequest {
            cursor: cursor.clone(),
            ..other
        };
        let answer = index.search(&foreign, now());
        assert!(matches!(answer, Err(SearchError::InvalidCursor(_))));
    }
    // The size of pages may change on the way.
    let wider = SearchRequest {
        cursor,
        limit: 1 + generator.below(50),
        highlight: true,
        ..request
    };
    assert!(index.search(&wider, now()).is_ok());
}

#[test]
fn a_page_of_nothing_still_counts() {
    let (_, index) = filled(5, 50);
    let answer = index
        .search(&SearchRequest::default(), now())
        .expect("an answer");
    assert!(answer.hits.is_empty() && answer.cards.is_empty() && answer.total > 0);
    assert!(answer.has_next && answer.next_cursor.is_none());
}
