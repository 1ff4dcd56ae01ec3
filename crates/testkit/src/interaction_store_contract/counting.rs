//! Sums over interactions and searches, and the key of the pseudonyms.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::InteractionKind;
use ports::SearchCount;
use tokio::task::JoinSet;

use super::{Store, append, at, view};

pub async fn interactions_are_counted_by_scholarship_and_kind(store: Store) {
    let mut interactions = vec![
        view("ann", "1", "a", 0),
        view("bob", "1", "a", 1),
        view("ann", "2", "b", 2),
        view("ann", "3", "a", 3),
        view("ann", "4", "a", 4),
    ];
    interactions[3].kind = InteractionKind::Save;
    append(&store, interactions).await;
    let table = async |since, until| {
        let counts = store.count_by_scholarship(at(since), at(until)).await;
        let cells = counts.expect("is counted").into_iter();
        cells
            .map(|cell| ((cell.scholarship_id.to_string(), cell.kind), cell.count))
            .collect::<BTreeMap<_, _>>()
    };
    let cell = |id: &str, kind, count| ((id.to_owned(), kind), count);
    let all = BTreeMap::from([
        cell("a", InteractionKind::View, 3),
        cell("a", InteractionKind::Save, 1),
        cell("b", InteractionKind::View, 1),
    ]);
    assert_eq!(table(0, 5).await, all);
    let middle = BTreeMap::from([
        cell("a", InteractionKind::View, 1),
        cell("b", InteractionKind::View, 1),
    ]);
    assert_eq!(
        table(1, 3).await,
        middle,
        "the end is excluded, the beginning is not"
    );
    assert!(table(5, 9).await.is_empty());
}

fn day(of_november: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, of_november).expect("a day")
}

fn count(query: &str, count: u64, without_results: u64) -> SearchCount {
    SearchCount {
        query: query.to_owned(),
        count,
        without_results,
    }
}

pub async fn searches_are_summed_over_days(store: Store) {
    let add = async |on, counts| {
        let added = store.add_searches(day(on), counts).await;
        added.expect("is added");
    };
    add(9, vec![count("nursing", 100, 0)]).await;
    add(10, vec![count("nursing", 2, 1), count("stem nevada", 9, 0)]).await;
    add(10, vec![count("nursing", 3, 0), count("nursing", 1, 1)]).await;
    add(12, vec![count("nursing", 4, 2), count("diving", 1, 1)]).await;
    add(13, vec![count("stem nevada", 100, 0)]).await;
    add(13, Vec::new()).await;
    let sums = store.searches(day(10), day(12), 10).await.expect("is read");
    let expected = [
        count("nursing", 10, 4),
        count("stem nevada", 9, 0),
        count("diving", 1, 1),
    ];
    assert_eq!(sums, expected, "both ends count");
    let top = store.searches(day(10), day(12), 1).await.expect("is read");
    assert_eq!(top, expected[..1]);
    let one_day = store.searches(day(13), day(13), 10).await.expect("is read");
    assert_eq!(one_day, [count("stem nevada", 100, 0)]);
    assert!(
        store
            .searches(day(14), day(20), 10)
            .await
            .expect("is read")
            .is_empty()
    );
    assert!(
        store
            .searches(day(13), day(9), 10)
            .await
            .expect("is read")
            .is_empty()
    );
}

pub async fn searches_counted_at_once_all_count(store: Store) {
    let mut counters = JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(&store);
        counters.spawn(async move {
            let added = store.add_searches(day(10), vec![count("a", 3, 1)]).await;
            added.expect("is added");
        });
    }
    counters.join_all().await;
    let sums = store.searches(day(10), day(10), 10).await.expect("is read");
    assert_eq!(sums, [count("a", 48, 16)]);
}

pub async fn the_pseudonym_key_stays_the_same(store: Store) {
    let key = store.pseudonym_key().await.expect("is read");
    assert_ne!(key, [0; 32]);
    append(&store, vec![view("ann", "1", "a", 0)]).await;
    assert_eq!(store.pseudonym_key().await.expect("is read"), key);
}
