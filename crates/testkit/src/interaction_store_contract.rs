//! What every `ports::InteractionStore` promises.
//!
//! Each function takes an empty store and panics when a promise is broken; [`interaction_store_contract!`] makes a test of
//! each.
//!
//! [`interaction_store_contract!`]: macro@crate::interaction_store_contract

mod counting;
mod recording;

use std::sync::Arc;

use domain::{Interaction, InteractionKind, Timestamp};
use ports::InteractionStore;

pub use counting::*;
pub use recording::*;

use crate::scholarship_store_contract::{id, minutes_later};

type Store = Arc<dyn InteractionStore>;

/// Makes a test of each promise. `$open` is a function whose future answers `(Arc<dyn InteractionStore>, _)`, an empty store
/// and whatever must outlive it.
#[macro_export]
macro_rules! interaction_store_contract {
    ($open:expr) => {
        $crate::contract_tests!(
            interaction_store_contract,
            $open,
            [
                appending_tells_what_was_new,
                the_same_interaction_again_changes_nothing,
                a_student_s_interactions_come_newest_first,
                forgetting_a_student_leaves_the_others,
                recent_interactions_have_no_pseudonyms,
                of_the_same_interaction_sent_many_times_one_is_new,
                callers_who_go_away_leave_whole_batches,
                interactions_are_counted_by_scholarship_and_kind,
                searches_are_summed_over_days,
                searches_counted_at_once_all_count,
                the_pseudonym_key_stays_the_same,
            ]
        );
    };
}

/// A view of `scholarship`, that many minutes after noon.
fn view(pseudonym: &str, own_id: &str, scholarship: &str, minute: i64) -> Interaction {
    Interaction {
        id: own_id.to_owned(),
        kind: InteractionKind::View,
        scholarship_id: id(scholarship),
        occurred_at: at(minute),
        pseudonym: pseudonym.to_owned(),
    }
}

fn at(minute: i64) -> Timestamp {
    crate::scholarship_store_contract::kept(minutes_later(minute))
}

async fn append(store: &Store, interactions: Vec<Interaction>) -> Vec<bool> {
    store
        .append(interactions, at(0))
        .await
        .expect("is appended")
}
