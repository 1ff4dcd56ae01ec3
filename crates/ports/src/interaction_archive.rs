//! Moving old interactions out of a store.

use async_trait::async_trait;
use domain::{Interaction, Timestamp};

use crate::InteractionStoreError;

/// Hands out the interactions that have become old, and forgets those that were kept elsewhere.
#[async_trait]
pub trait InteractionArchive: Send + Sync {
    /// Keeps all others from archiving out of this store, in whatever process, until the answer is dropped: two at once would
    /// keep the same interactions twice. `None` while somebody else has the turn, or had it a moment ago.
    async fn take_turn(&self) -> Result<Option<Box<dyn ArchiveTurn>>, InteractionStoreError>;

    /// At most `limit` interactions that occurred before `until`, oldest first, behind `after`.
    async fn older_than(
        &self,
        until: Timestamp,
        after: Option<ArchivePlace>,
        limit: usize,
    ) -> Result<Vec<KeptInteraction>, InteractionStoreError>;

    /// Removes exactly these rows, in one transaction. Those that are gone, or whose number now belongs to another
    /// interaction, are passed over. Answers how many went.
    async fn remove(&self, kept: &[KeptInteraction]) -> Result<u64, InteractionStoreError>;
}

/// That nobody else archives.
#[async_trait]
pub trait ArchiveTurn: Send {
    /// Whether it still keeps others out: with a connection that was lost, the turn is lost as well.
    async fn is_held(&mut self) -> bool;
}

/// A place in the order of [`InteractionArchive::older_than`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArchivePlace {
    pub occurred_at: Timestamp,
    pub sequence: u64,
}

/// An interaction as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptInteraction {
    /// The number that the store gave it.
    pub sequence: u64,
    pub interaction: Interaction,
    pub recorded_at: Timestamp,
}

impl KeptInteraction {
    pub fn place(&self) -> ArchivePlace {
        ArchivePlace {
            occurred_at: self.interaction.occurred_at,
            sequence: self.sequence,
        }
    }
}
