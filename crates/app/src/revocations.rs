//! Which tokens are refused although they have not expired, as every replica knows it soon after somebody said so.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::Timestamp;
use ports::{
    Clock, InteractionStoreError, Revocation, RevocationStore, RevocationStoreError, RevokedKind,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::pseudonyms::{PseudonymKey, Pseudonyms};

/// How long the store may take to tell the list: on a connection that died in silence, an answer never comes.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What is to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked<'a> {
    /// The token with this `jti`.
    Token(&'a str),
    /// All tokens of this `sub` that were issued until now.
    Subject(&'a str),
}

#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    #[error(transparent)]
    Store(#[from] RevocationStoreError),
    #[error("the key of the pseudonyms is not to be had")]
    Key(#[from] InteractionStoreError),
    #[error("the list of revoked tokens did not come in {0:?}")]
    Silent(Duration),
}

pub struct Revocations {
    store: Arc<dyn RevocationStore>,
    pseudonyms: Arc<Pseudonyms>,
    clock: Arc<dyn Clock>,
    listed: ArcSwap<Listed>,
    /// The list is not that of the store: it could not be read lately.
    is_cut_off: AtomicBool,
}

/// The list as the store last told it.
#[derive(Default)]
struct Listed {
    tokens: HashSet<[u8; 32]>,
    /// With the key that makes their names, when there are any.
    subjects: Option<(PseudonymKey, HashMap<[u8; 32], Timestamp>)>,
}

impl Revocations {
    pub fn new(
        store: Arc<dyn RevocationStore>,
        pseudonyms: Arc<Pseudonyms>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            pseudonyms,
            clock,
            listed: ArcSwap::default(),
            is_cut_off: AtomicBool::new(false),
        }
    }

    /// Whether a token was revoked: itself, or its subject at or after the second in which it was issued.
    ///
    /// Asks the list in memory only, which is empty until the store has told one.
    pub fn is_revoked(&self, token_id: Option<&str>, subject: &str, issued_at: Timestamp) -> bool {
        let listed = self.listed.load();
        let by_id = || {
            let id = token_id.filter(|_| !listed.tokens.is_empty());
            id.is_some_and(|id| listed.tokens.contains(&digest(id)))
        };
        let by_subject = || {
            let (key, subjects) = listed.subjects.as_ref()?;
            subjects.get(&key.pseudonym(subject))
        };
        by_id() || by_subject().is_some_and(|revoked_at| *revoked_at >= issued_at)
    }

    /// Writes a revocation that lasts for `lasting`. Replicas find it when they next read the list.
    ///
    /// # Errors
    /// [`RevocationError`]; revoking again is harmless.
    pub async fn revoke(
        &self,
        revoked: Revoked<'_>,
        lasting: Duration,
    ) -> Result<Revocation, RevocationError> {
        let (kind, digest) = match revoked {
            Revoked::Token(id) => (RevokedKind::Token, digest(id)),
            Revoked::Subject(subject) => (RevokedKind::Subject, self.pseudonyms.of(subject).await?),
        };
        let revoked_at = self.clock.now();
        let revocation = Revocation {
            kind,
            digest,
            revoked_at,
            expires_at: revoked_at + lasting,
        };
        self.store.revoke(revocation).await?;
        Ok(revocation)
    }

    /// Reads the list.
    ///
    /// # Errors
    /// [`RevocationError`]; the last list stays in force.
    pub async fn refresh(&self) -> Result<(), RevocationError> {
        let reading = timeout(ANSWER_WITHIN, self.read()).await;
        let listed = reading.unwrap_or(Err(RevocationError::Silent(ANSWER_WITHIN)))?;
        self.listed.store(Arc::new(listed));
        Ok(())
    }

    async fn read(&self) -> Result<Listed, RevocationError> {
        let mut listed = Listed::default();
        let mut subjects = HashMap::new();
        for revocation in self.store.revocations(self.clock.now()).await? {
            match revocation.kind {
                RevokedKind::Token => {
                    listed.tokens.insert(revocation.digest);
                }
                RevokedKind::Subject => {
                    subjects.insert(revocation.digest, revocation.revoked_at);
                }
            }
        }
        if !subjects.is_empty() {
            listed.subjects = Some((self.pseudonyms.key().await?, subjects));
        }
        Ok(listed)
    }

    /// Reads the list at once and then every `period`, until `stop` turns true.
    pub async fn run(self: Arc<Self>, period: Duration, mut stop: watch::Receiver<bool>) {
        let reading = async {
            loop {
                self.refresh_and_say().await;
                tokio::time::sleep(period).await;
            }
        };
        tokio::select! {
            () = reading => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    /// Says once that the list cannot be read, and once that it can again.
    pub async fn refresh_and_say(&self) {
        match self.refresh().await {
            Ok(()) => {
                if self.is_cut_off.swap(false, Ordering::Relaxed) {
                    tracing::info!("the list of revoked tokens is read again");
                }
            }
            Err(error) => {
                if !self.is_cut_off.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the list of revoked tokens cannot be read; the last one stays in force"
                    );
                }
            }
        }
    }
}

/// Ids of tokens are long and random, so that a plain digest gives nothing away.
fn digest(token_id: &str) -> [u8; 32] {
    Sha256::digest(token_id.as_bytes()).into()
}
