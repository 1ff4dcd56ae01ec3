//! What is not published yet leaves no trace in what the public gets.

use adapter_search::InProcessIndex;
use domain::{EditorialStatus, Scholarship, ScholarshipId, TermSet};
use ports::search_index::{Filters, SearchAnswer, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};

use crate::agreement;
use crate::behaviour::{index_of, record};
use crate::catalogue::now;

fn published() -> Vec<Scholarship> {
    vec![
        record(
            "a",
            "Harbor Grant",
            "Pier Club",
            "For sailors of the harbor.",
        ),
        record("b", "Meadow Award", "Farm Club", "For farmers."),
    ]
}

fn draft() -> Scholarship {
    let mut draft = record(
        "z",
        "Quasarium Harbor Prize",
        "Zephyrine Trust",
        "For sailors.",
    );
    draft.content.status = EditorialStatus::Draft;
    draft
}

fn answer(index: &InProcessIndex, query: &str, status: &[EditorialStatus]) -> SearchAnswer {
    let request = SearchRequest {
        query: query.to_owned(),
        filters: Filters {
            status: TermSet::of(status),
            ..Filters::default()
        },
        highlight: true,
        limit: 10,
        ..SearchRequest::default()
    };
    index.search(&request, now()).expect("an answer")
}

fn ids_of(answer: &SearchAnswer) -> Vec<String> {
    let ids = agreement::ids_of(answer);
    ids.iter().map(ToString::to_string).collect()
}

/// Both ways in which a draft can stand beside the public: in a segment with it, and in one of its own.
fn with_draft() -> [InProcessIndex; 2] {
    let together = index_of(published().into_iter().chain([draft()]));
    let later = index_of(published());
    later.apply(
        vec![Change::Upserted(Box::new(draft()))],
        FeedPosition::default(),
    );
    [together, later]
}

#[test]
fn the_public_gets_the_same_answers_with_and_without_drafts() {
    let without = index_of(published());
    for index in with_draft() {
        for query in [
            "quasarium",
            "quasarum",
            "zephyrin",
            "harbor quasarium",
            "sailors",
            "harbor",
            "harbour prizes",
        ] {
            assert_eq!(
                answer(&index, query, &[]),
                answer(&without, query, &[]),
                "{query}"
            );
            assert_eq!(index.public_words(query), without.public_words(query));
            assert_eq!(
                index.suggest(query, 10, now()),
                without.suggest(query, 10, now())
            );
        }
        let id = ScholarshipId::parse("a").expect("an id");
        assert_eq!(
            index.similar(&id, 10, now()),
            without.similar(&id, 10, now())
        );
    }
}

#[test]
fn editors_find_drafts_and_what_is_like_them() {
    for index in with_draft() {
        let found = answer(&index, "quasarum", &[EditorialStatus::Draft]);
        assert_eq!(ids_of(&found), ["z"]);
        assert_eq!(found.corrected.len(), 1);
        let id = ScholarshipId::parse("z").expect("an id");
        let similar = index.similar(&id, 10, now()).expect("the draft is there");
        assert_eq!(ids_of(&similar), ["a"]);
    }
}

#[test]
fn a_draft_that_is_published_or_deleted_changes_sides() {
    for index in with_draft() {
        let mut published = draft();
        published.content.status = EditorialStatus::Active;
        index.apply(
            vec![Change::Upserted(Box::new(published))],
            FeedPosition::default(),
        );
        assert_eq!(ids_of(&answer(&index, "quasarium", &[])), ["z"]);
        index.apply(
            vec![Change::Upserted(Box::new(draft()))],
            FeedPosition::default(),
        );
        assert_eq!(answer(&index, "quasarium", &[]).total, 0);
        let id = ScholarshipId::parse("z").expect("an id");
        let gone = Change::Deleted { id, at: now() };
        index.apply(vec![gone], FeedPosition::default());
        assert_eq!(
            answer(&index, "quasarium", &[EditorialStatus::Draft]).total,
            0
        );
    }
}
