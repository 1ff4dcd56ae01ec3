//! Interactions are kept once, whole batches at a time, and can be forgotten.

use std::sync::Arc;
use std::time::Duration;

use domain::{Interaction, InteractionKind};
use tokio::task::JoinSet;

use super::{Store, append, at, view};

fn ids(interactions: &[Interaction]) -> Vec<&str> {
    interactions.iter().map(|one| one.id.as_str()).collect()
}

pub async fn appending_tells_what_was_new(store: Store) {
    let first = append(
        &store,
        vec![view("ann", "1", "a", 0), view("ann", "2", "a", 1)],
    )
    .await;
    assert_eq!(first, [true, true]);
    let mixed = vec![
        view("ann", "2", "a", 1),
        view("ann", "3", "a", 2),
        view("ann", "3", "a", 2),
        view("bob", "2", "a", 1),
    ];
    assert_eq!(append(&store, mixed).await, [false, true, false, true]);
    assert_eq!(append(&store, Vec::new()).await, [] as [bool; 0]);
}

pub async fn the_same_interaction_again_changes_nothing(store: Store) {
    let first = view("ann", "1", "a", 0);
    append(&store, vec![first.clone()]).await;
    let mut other = view("ann", "1", "b", 5);
    other.kind = InteractionKind::ApplyClick;
    assert_eq!(append(&store, vec![other]).await, [false]);
    let kept = store.of_pseudonym("ann", 10).await.expect("is read");
    assert_eq!(kept, [first]);
}

pub async fn a_student_s_interactions_come_newest_first(store: Store) {
    let interactions = [("1", 5), ("2", 9), ("3", 1), ("4", 5), ("5", 5)]
        .map(|(own_id, minute)| view("ann", own_id, "a", minute));
    append(&store, interactions.to_vec()).await;
    append(&store, vec![view("bob", "x", "a", 7)]).await;
    let all = store.of_pseudonym("ann", 10).await.expect("is read");
    assert_eq!(
        ids(&all),
        ["2", "5", "4", "1", "3"],
        "of one instant, the last recorded first"
    );
    assert_eq!(all[0], interactions[1]);
    let two = store.of_pseudonym("ann", 2).await.expect("is read");
    assert_eq!(ids(&two), ["2", "5"]);
    assert!(
        store
            .of_pseudonym("eve", 10)
            .await
            .expect("is read")
            .is_empty()
    );
    assert!(
        store
            .of_pseudonym("ann", 0)
            .await
            .expect("is read")
            .is_empty()
    );
}

pub async fn forgetting_a_student_leaves_the_others(store: Store) {
    let interactions = vec![
        view("ann", "1", "a", 0),
        view("bob", "1", "a", 0),
        view("ann", "2", "b", 0),
    ];
    append(&store, interactions).await;
    assert_eq!(store.forget("ann").await.expect("is forgotten"), 2);
    assert!(
        store
            .of_pseudonym("ann", 10)
            .await
            .expect("is read")
            .is_empty()
    );
    let recent = store.recent(at(0), at(1), 10).await.expect("is read");
    assert_eq!(recent.len(), 1);
    assert_eq!(
        store.of_pseudonym("bob", 10).await.expect("is read").len(),
        1
    );
    assert_eq!(store.forget("ann").await.expect("is forgotten"), 0);
    assert_eq!(append(&store, vec![view("ann", "1", "a", 0)]).await, [true]);
}

pub async fn recent_interactions_have_no_pseudonyms(store: Store) {
    let minutes = [3, 0, 2, 1, 4].map(|minute| view("ann", &format!("m{minute}"), "a", minute));
    append(&store, minutes.to_vec()).await;
    let recent = store.recent(at(1), at(4), 10).await.expect("is read");
    assert_eq!(
        ids(&recent),
        ["m3", "m2", "m1"],
        "the end is excluded, the beginning is not"
    );
    assert!(recent.iter().all(|one| one.pseudonym.is_empty()));
    assert_eq!(recent[0].occurred_at, at(3));
    let newest = store.recent(at(0), at(9), 2).await.expect("is read");
    assert_eq!(ids(&newest), ["m4", "m3"]);
    assert!(
        store
            .recent(at(2), at(2), 10)
            .await
            .expect("is read")
            .is_empty()
    );
}

pub async fn of_the_same_interaction_sent_many_times_one_is_new(store: Store) {
    let mut senders = JoinSet::new();
    for _ in 0..32 {
        let store = Arc::clone(&store);
        senders.spawn(async move {
            let batch = (0..5).map(|own_id| view("ann", &own_id.to_string(), "a", own_id));
            append(&store, batch.collect()).await
        });
    }
    let answers = senders.join_all().await;
    for own_id in 0..5 {
        let new = answers.iter().filter(|answer| answer[own_id]).count();
        assert_eq!(new, 1, "interaction {own_id}");
    }
    assert_eq!(
        store.of_pseudonym("ann", 100).await.expect("is read").len(),
        5
    );
}

/// Whatever a caller had been told when it went away, its batch is there as a whole or not at all.
pub async fn callers_who_go_away_leave_whole_batches(store: Store) {
    for round in 0..50 {
        let pseudonym = format!("student {round}");
        let batch = (0..4).map(|own_id| view(&pseudonym, &own_id.to_string(), "a", own_id));
        let appended = store.append(batch.collect(), at(0));
        let patience = Duration::from_micros(round * 80);
        if tokio::time::timeout(patience, appended).await.is_ok() {
            let kept = store.of_pseudonym(&pseudonym, 10).await.expect("is read");
            assert_eq!(kept.len(), 4, "round {round} was acknowledged");
        }
    }
    // Writes go through in order: once this one is done, so are those that nobody waited for.
    append(&store, vec![view("last", "1", "a", 0)]).await;
    for round in 0..50 {
        let kept = store.of_pseudonym(&format!("student {round}"), 10).await;
        assert!(
            matches!(kept.expect("is read").len(), 0 | 4),
            "round {round}"
        );
    }
}
