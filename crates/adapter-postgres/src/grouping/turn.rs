//! Whether the insert of a call has begun, or its caller has given up before: never both.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Waiting,
    Begun,
    GivenUp,
}

#[derive(Debug, Default)]
pub(super) struct Turn {
    stage: Mutex<Stage>,
    begun: Notify,
}

impl Turn {
    /// The insert begins, or is begun again; answers whether the caller still wants it.
    pub(super) fn begin(&self) -> bool {
        self.begun.notify_one();
        self.move_to(Stage::Begun)
    }

    /// The caller waits no longer; answers whether nothing is done for it.
    pub(super) fn give_up(&self) -> bool {
        self.move_to(Stage::GivenUp)
    }

    /// Returns once the insert has begun.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Who comes first decides.
    fn move_to(&self, next: Stage) -> bool {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if *stage == Stage::Waiting {
            *stage = next;
        }
        *stage == next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_that_has_begun_cannot_be_given_up_and_the_other_way_round() {
        let begun = Turn::default();
        assert!(begun.begin());
        assert!(!begun.give_up());
        assert!(begun.begin(), "a transaction may be tried again");
        let given_up = Turn::default();
        assert!(given_up.give_up());
        assert!(!given_up.begin());
    }
}
