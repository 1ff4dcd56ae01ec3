//! What every `ports::InteractionArchive` promises.
//!
//! Each function takes an empty store as both its ports and panics when a promise is broken;
//! [`interaction_archive_contract!`] makes a test of each.
//!
//! [`interaction_archive_contract!`]: macro@crate::interaction_archive_contract

use std::sync::Arc;
use std::time::Duration;

use domain::{Interaction, InteractionKind, Timestamp};
use ports::{InteractionArchive, InteractionStore, KeptInteraction};

use crate::scholarship_store_contract::{id, kept, minutes_later};

type Store = (Arc<dyn InteractionStore>, Arc<dyn InteractionArchive>);

/// Makes a test of each promise. `$open` is a function whose future answers both ports of one empty store, and whatever must
/// outlive it.
#[macro_export]
macro_rules! interaction_archive_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            interaction_archive_contract,
            $open,
            [
                old_interactions_come_in_pages_oldest_first,
                what_is_removed_is_exactly_what_was_named,
                one_archives_at_a_time,
            ]
        );
    };
}

fn at(minute: i64) -> Timestamp {
    kept(minutes_later(minute))
}

/// Interactions of these minutes, in this order.
async fn append(store: &Store, minutes: &[i64]) {
    let interactions = minutes
        .iter()
        .enumerate()
        .map(|(number, minute)| Interaction {
            id: format!("i{number}"),
            kind: InteractionKind::Save,
            scholarship_id: id("a"),
            occurred_at: at(*minute),
            pseudonym: "ann".to_owned(),
        });
    let appended = store.0.append(interactions.collect(), at(100)).await;
    appended.expect("is appended");
}

async fn walk(store: &Store, until: Timestamp, limit: usize) -> Vec<KeptInteraction> {
    let (mut after, mut walked) = (None, Vec::new());
    loop {
        let page = store
            .1
            .older_than(until, after, limit)
            .await
            .expect("is read");
        assert!(page.len() <= limit);
        match page.last() {
            Some(last) => after = Some(last.place()),
            None => return walked,
        }
        walked.extend(page);
    }
}

pub async fn old_interactions_come_in_pages_oldest_first(store: Store) {
    // Several at one instant, and one at the instant asked for.
    append(&store, &[5, 3, 3, 3, 9, 1, 7, 3]).await;
    for limit in [1, 2, 3, 100] {
        let walked = walk(&store, at(7), limit).await;
        let ids: Vec<&str> = walked
            .iter()
            .map(|kept| kept.interaction.id.as_str())
            .collect();
        assert_eq!(ids, ["i5", "i1", "i2", "i3", "i7", "i0"]);
        let first = &walked[0];
        assert_eq!(first.interaction.occurred_at, at(1));
        assert_eq!(first.recorded_at, at(100));
        assert_eq!(first.interaction.pseudonym, "ann");
        assert_eq!(first.interaction.kind, InteractionKind::Save);
    }
}

pub async fn what_is_removed_is_exactly_what_was_named(store: Store) {
    append(&store, &[1, 2, 3, 4, 5]).await;
    let walked = walk(&store, at(100), 100).await;
    assert_eq!(store.1.remove(&[]).await.expect("is nothing"), 0);
    assert_eq!(store.1.remove(&walked[..2]).await.expect("is removed"), 2);
    assert_eq!(store.1.remove(&walked[..3]).await.expect("is removed"), 1);
    // As in a store that was put back: the number is there, and another interaction has it.
    let mut other = walked[3].clone();
    other.interaction.id = "another".to_owned();
    let mut of_another = walked[4].clone();
    of_another.interaction.pseudonym = "bob".to_owned();
    assert_eq!(
        store
            .1
            .remove(&[other, of_another])
            .await
            .expect("is passed over"),
        0
    );
    assert_eq!(walk(&store, at(100), 100).await, walked[3..]);
}

pub async fn one_archives_at_a_time(store: Store) {
    let take = async || store.1.take_turn().await.expect("is asked");
    let mut first = take().await.expect("nobody has it");
    assert!(take().await.is_none(), "somebody has it");
    assert!(first.is_held().await);
    append(&store, &[1, 2]).await;
    let walked = walk(&store, at(100), 1).await;
    assert_eq!(store.1.remove(&walked).await.expect("is removed"), 2);
    assert!(first.is_held().await);
    drop(first);
    let given_back = async {
        while take().await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), given_back).await;
    waited.expect("it is free soon");
}
