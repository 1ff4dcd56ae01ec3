//! Recording what students do.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{FieldError, Interaction, InteractionKind, ScholarshipId, Timestamp};
use ports::{Clock, InteractionStore, InteractionStoreError, SearchIndex};

use crate::catalogue::Viewer;
use crate::pseudonyms::Pseudonyms;
use domain::hexadecimal;

/// Most interactions in one request.
pub const MOST_AT_ONCE: usize = 500;
/// Most interactions that one student is shown.
pub const MOST_SHOWN: usize = 1_000;

/// An interaction as a client reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInteraction {
    pub id: String,
    pub kind: InteractionKind,
    pub scholarship_id: ScholarshipId,
    pub occurred_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum InteractionError {
    /// Nothing was recorded.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Store(#[from] InteractionStoreError),
}

pub struct Interactions {
    store: Arc<dyn InteractionStore>,
    index: Arc<dyn SearchIndex>,
    clock: Arc<dyn Clock>,
    pseudonyms: Arc<Pseudonyms>,
}

impl Interactions {
    pub(crate) fn new(
        store: Arc<dyn InteractionStore>,
        index: Arc<dyn SearchIndex>,
        clock: Arc<dyn Clock>,
        pseudonyms: Arc<Pseudonyms>,
    ) -> Self {
        Self {
            store,
            index,
            clock,
            pseudonyms,
        }
    }

    /// Records all or nothing; answers, in order, whether each was new. On `Ok` the rows are durable.
    ///
    /// # Errors
    /// [`InteractionError::Invalid`] names each wrong entry as `interactions[3].scholarship_id`.
    pub async fn record(
        &self,
        subject: &str,
        new: Vec<NewInteraction>,
    ) -> Result<Vec<bool>, InteractionError> {
        let now = self.clock.now();
        let pseudonym = self.pseudonym(subject).await?;
        let mut errors = Vec::new();
        if new.is_empty() || new.len() > MOST_AT_ONCE {
            errors.push(FieldError::new(
                "interactions",
                format!("must have 1 to {MOST_AT_ONCE} entries"),
            ));
        }
        let mut rows = Vec::with_capacity(new.len().min(MOST_AT_ONCE));
        for (at, interaction) in new.into_iter().take(MOST_AT_ONCE).enumerate() {
            let mut wrong = |field: &str, message: &str| {
                errors.push(FieldError::new(
                    format!("interactions[{at}].{field}"),
                    message,
                ))
            };
            let occurred_at = interaction.occurred_at.unwrap_or(now);
            if occurred_at > now + TimeDelta::minutes(5) {
                wrong("occurred_at", "must not lie in the future");
            } else if occurred_at < now - TimeDelta::days(30) {
                wrong("occurred_at", "must not be more than 30 days ago");
            }
            if ScholarshipId::parse(&interaction.id).is_err() {
                wrong("id", "must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -");
            }
            let found = self.index.scholarship(&interaction.scholarship_id);
            if !found.is_some_and(|found| Viewer::Public.may_see(found.content.status)) {
                wrong("scholarship_id", "names no scholarship of the catalogue");
            }
            rows.push(Interaction {
                id: interaction.id,
                kind: interaction.kind,
                scholarship_id: interaction.scholarship_id,
                occurred_at,
                pseudonym: pseudonym.clone(),
            });
        }
        if !errors.is_empty() {
            return Err(InteractionError::Invalid(errors));
        }
        Ok(self.store.append(rows, now).await?)
    }

    /// What one student did, newest first, at most [`MOST_SHOWN`].
    ///
    /// # Errors
    /// [`InteractionStoreError::Unavailable`].
    pub async fn mine(&self, subject: &str) -> Result<Vec<Interaction>, InteractionStoreError> {
        let pseudonym = self.pseudonym(subject).await?;
        self.store.of_pseudonym(&pseudonym, MOST_SHOWN).await
    }

    /// Forgets one student; answers how many rows went.
    ///
    /// # Errors
    /// [`InteractionStoreError::Unavailable`].
    pub async fn forget(&self, subject: &str) -> Result<u64, InteractionStoreError> {
        let pseudonym = self.pseudonym(subject).await?;
        self.store.forget(&pseudonym).await
    }

    /// As the store keeps it: in hexadecimal digits.
    async fn pseudonym(&self, subject: &str) -> Result<String, InteractionStoreError> {
        let pseudonym = self.pseudonyms.of(subject).await?;
        Ok(hexadecimal(&pseudonym))
    }
}
