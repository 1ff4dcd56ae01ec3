//! Interactions are checked, pseudonymous, and counted; searches are counted without anything personal.

use app::interactions::{InteractionError, NewInteraction};
use chrono::TimeDelta;
use domain::{EditorialStatus, InteractionKind};
use ports::InteractionStore;
use testkit::{instant, scholarship};

use crate::world::{World, id};

fn saved(name: &str, scholarship: &str) -> NewInteraction {
    NewInteraction {
        id: name.to_owned(),
        kind: InteractionKind::Save,
        scholarship_id: id(scholarship),
        occurred_at: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_sees_and_deletes_only_their_own() {
    let world = World::with(vec![("a", scholarship("A").content())]).await;
    let interactions = &world.application.interactions;
    let new = interactions
        .record("lou", vec![saved("1", "a"), saved("2", "a")])
        .await
        .expect("recorded");
    assert_eq!(new, [true, true]);
    let repeated = interactions
        .record("lou", vec![saved("2", "a")])
        .await
        .expect("recorded");
    assert_eq!(repeated, [false]);
    interactions
        .record("ben", vec![saved("1", "a")])
        .await
        .expect("recorded");
    let mine = interactions.mine("lou").await.expect("listed");
    assert_eq!(mine.len(), 2);
    // Letters that no hexadecimal number has.
    assert!(
        mine.iter()
            .all(|row| row.pseudonym.len() == 64 && !row.pseudonym.contains("lou"))
    );
    assert_eq!(interactions.forget("lou").await.expect("forgotten"), 2);
    assert!(interactions.mine("lou").await.expect("listed").is_empty());
    assert_eq!(interactions.mine("ben").await.expect("listed").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_entry_refuses_all_and_is_named() {
    let world = World::with(vec![("a", scholarship("A").content())]).await;
    let interactions = &world.application.interactions;
    let now = instant("2026-11-23T12:00:00Z");
    let future = NewInteraction {
        occurred_at: Some(now + TimeDelta::hours(1)),
        ..saved("2", "a")
    };
    let outcome = interactions
        .record(
            "ada",
            vec![saved("1", "a"), future, saved("no spaces", "b")],
        )
        .await;
    let Err(InteractionError::Invalid(errors)) = outcome else {
        panic!("must be refused")
    };
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "interactions[1].occurred_at",
            "interactions[2].id",
            "interactions[2].scholarship_id"
        ]
    );
    assert!(interactions.mine("ada").await.expect("listed").is_empty());
    assert!(interactions.record("ada", Vec::new()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn popularity_and_analytics_follow_the_interactions() {
    let contents = vec![
        ("a", scholarship("A").content()),
        ("b", scholarship("B").content()),
    ];
    let world = World::with(contents).await;
    let batch = vec![saved("1", "a"), saved("2", "a"), saved("3", "b")];
    world
        .application
        .interactions
        .record("ada", batch)
        .await
        .expect("recorded");
    world.pass(TimeDelta::seconds(1));
    world
        .application
        .popularity
        .refresh()
        .await
        .expect("refreshed");
    let scores = world.application.popularity.scores();
    assert!((scores[&id("a")] - 1.0).abs() < 1e-6);
    assert!(scores[&id("b")] < 1.0);
    let popular = world
        .application
        .analytics
        .popular(30, 10)
        .await
        .expect("counted");
    assert_eq!(popular[0].name.as_deref(), Some("A"));
    assert_eq!((popular[0].saves, popular[1].saves), (2, 1));
    let summary = world
        .application
        .analytics
        .summary(30)
        .await
        .expect("counted");
    assert_eq!(summary.interactions[&InteractionKind::Save], 3);
    assert_eq!(summary.scholarships, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_searches_for_words_of_the_catalogue_are_counted() {
    let world = World::with(vec![("a", scholarship("Zebra Grant").content())]).await;
    for query in ["zebra", "Zebra!", "zebra 555-12-3456", "john doe zebra"] {
        world.total(query);
    }
    world.application.trends.flush().await;
    let day = instant("2026-11-23T12:00:00Z").date_naive();
    let counted = world
        .interactions
        .searches(day, day, 10)
        .await
        .expect("counted");
    assert_eq!(counted.len(), 1, "{counted:?}");
    assert_eq!((counted[0].query.as_str(), counted[0].count), ("zebra", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_survive_an_outage_of_the_store() {
    let world = World::with(vec![("a", scholarship("Zebra Grant").content())]).await;
    world.total("zebra");
    world.outage.begin();
    world.application.trends.flush().await;
    world.outage.end();
    world.total("zebra");
    world.application.trends.flush().await;
    let trends = world
        .application
        .analytics
        .search_trends(1, 10)
        .await
        .expect("counted");
    assert_eq!(trends[0].count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_day_counts_a_bounded_number_of_distinct_queries() {
    let words: Vec<String> = (0..120).map(|number| format!("word{number}")).collect();
    let content = scholarship("Words").description(&words.join(" ")).content();
    let world = World::with(vec![("a", content)]).await;
    // Pairs of words of the catalogue: more than ten thousand different ones.
    for first in &words {
        for second in &words[..90] {
            world.total(&format!("{first} {second}"));
        }
    }
    world.application.trends.flush().await;
    let day = instant("2026-11-23T12:00:00Z").date_naive();
    let counted = |day| world.interactions.searches(day, day, usize::MAX);
    assert_eq!(counted(day).await.expect("counted").len(), 10_000);
    world.pass(TimeDelta::days(1));
    world.total("word1 word2");
    world.application.trends.flush().await;
    let next = day.succ_opt().expect("a day");
    assert_eq!(counted(next).await.expect("counted").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_answered_like_a_scholarship_that_does_not_exist() {
    let draft = scholarship("Draft").status(EditorialStatus::Draft);
    let world = World::with(vec![("draft", draft.content())]).await;
    let refusal = async |scholarship: &str| {
        let outcome = world
            .application
            .interactions
            .record("ada", vec![saved("1", scholarship)])
            .await;
        match outcome {
            Err(InteractionError::Invalid(errors)) => errors,
            other => panic!("must be refused, not {other:?}"),
        }
    };
    assert_eq!(refusal("draft").await, refusal("missing").await);
}
